"""What an answer says: what was asked, from the page that tells it, with code that runs; and less sure where not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import CHECKOUT
from kb.answer import ARGUMENTS_NOW, LONGEST_TEXT, SEE_ALSO_TITLE
from kb.definitions import definition
from kb.glossary import edited
from kb.knowledge import KnowledgeBase
from kb.sources.keras_io import page_url
from runner.job import Job, Limits
from runner.runner import Runner


def told(text: str) -> str:
    return text.partition(SEE_ALSO_TITLE)[0]


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("freezing layers of a pretrained model", "trainable = False"),
        ("怎么冻结预训练模型的层？", "trainable = False"),
        ("my classes are unbalanced, what can I pass to model.fit?", "`class_weight="),
        ("Keras 二分类模型里的类别权重怎么设", "class_weight="),
        ("Why weight restoring is not the default option in EarlyStopping?", "restore_best_weights"),
        ("Keras: does save_model really save all optimizer weights?", "optimizer state"),
        ("Keras: ¿Convolution2D puede trabajar con imágenes rectangulares?", "height"),
        ("Comment sauvegarder un modèle avec une couche personnalisée ?", "get_config"),
        ("default learning rate of Adam", "1e-3"),
        ("what does return_sequences do in LSTM", "`return_sequences`: Boolean"),
        ("what is the momentum argument of SGD", "accelerates gradient descent"),
        ("TextVectorization output_sequence_length", "padded or truncated"),
        ("image_dataset_from_directory label_mode binary", "there can be only 2"),
        ("¿Qué hace padding='same' en Conv2D?", '`"same"` results in padding evenly'),
        ("RandomRotation fill_mode", "`fill_mode`: Points outside the boundaries"),
        ("Permute layer usage", "`dims`: Tuple of integers"),
        ("what does model.compile do", "`optimizer`: String"),
        ("Bidirectional merge_mode options", "`merge_mode`: Mode by which"),
        ("StringLookup num_oov_indices", "`num_oov_indices`: The number of out-of-vocabulary tokens"),
        ("keras.layers.Dense", "densely-connected"),
    ],
)
def test_the_text_tells_what_was_asked(knowledge: KnowledgeBase, question: str, says: str) -> None:
    answer = knowledge.ask(question)
    assert answer.answered
    assert says in told(answer.text)
    assert len(answer.text) <= LONGEST_TEXT


@pytest.mark.parametrize(
    ("question", "answered"),
    [
        ("custom training loop with torch backend", True),
        ("log metrics to a csv file", True),
        ("one training loop that works for tf, torch and jax alike", True),
        ("how do I sort a list in python", False),
        ("how do I freeze layers in pytorch", False),
    ],
)
def test_other_tools_are_for_others_unless_keras_does_it(
    knowledge: KnowledgeBase, question: str, answered: bool
) -> None:
    assert knowledge.ask(question).answered is answered


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        (
            "what does keras.layers.SuperDense do",
            "There is no `keras.layers.SuperDense`. Did you mean `keras.layers.Dense`",
        ),
        (
            "keras.layers.BatchNormalisation momentum",
            "There is no `keras.layers.BatchNormalisation`. Did you mean `keras.layers.BatchNormalization`",
        ),
        ("keras.callbacks.StopEarly", "There is no `keras.callbacks.StopEarly`."),
    ],
)
def test_a_class_that_does_not_exist_is_said_to(knowledge: KnowledgeBase, question: str, begins: str) -> None:
    assert knowledge.ask(question).text.startswith(begins)


@pytest.mark.parametrize(
    "question",
    [
        "tf.keras.layers.Dense units",
        "from keras.layers.core import Dense",
        "keras.layers.Convolution2D arguments",
        "what metrics can be used in keras. Most examples use accuracy",
        "keras.Model.Foo and my.layers.Bar",
    ],
)
def test_what_exists_or_existed_is_not_said_to_be_missing(knowledge: KnowledgeBase, question: str) -> None:
    assert "There is no" not in knowledge.ask(question).text


def test_freezing_layers_of_a_named_network_is_told_by_the_entry_on_freezing(knowledge: KnowledgeBase) -> None:
    assert "trainable" in knowledge.ask("freeze first layers of vgg16 and train the rest").text


def test_an_argument_of_old_is_told_by_its_name_of_today(knowledge: KnowledgeBase) -> None:
    for old in ARGUMENTS_NOW:
        said = knowledge.ask(f"what is {old} in keras").text
        assert f"`{old}` is from older Keras; today use" not in said, old
    assert "called `learning_rate`" in knowledge.ask("Adam lr argument").text


@pytest.mark.parametrize("question", ["how to tune a guitar", "attention deficit"])
def test_words_of_another_world_are_refused(knowledge: KnowledgeBase, question: str) -> None:
    assert not knowledge.ask(question).answered


def test_a_name_asked_for_alone_begins_with_its_own_page(knowledge: KnowledgeBase) -> None:
    for name in ("keras.layers.Dense", "what is EarlyStopping?", "UnitNormalization"):
        answer = knowledge.ask(name)
        assert answer.text.startswith(f"**`{answer.sources[0].symbol}`** — ")


def test_an_argument_of_todays_is_not_called_old(knowledge: KnowledgeBase) -> None:
    assert "older Keras" not in knowledge.ask("difference between validation_split and validation_data").text


@pytest.mark.parametrize(
    "question",
    [
        "get_file() - reducing limitations",
        "can a keras model run on a specific device?",
    ],
)
def test_confidence_falls_where_the_text_is_likely_beside_the_question(knowledge: KnowledgeBase, question: str) -> None:
    answer = knowledge.ask(question)
    found, _ = knowledge.explain_search(question)
    assert answer.answered and answer.confidence < 0.8 * found.confidence


def test_what_is_told_announces_nothing_that_does_not_come(knowledge: KnowledgeBase) -> None:
    for page in knowledge.pages("faq")[::4]:
        answer = knowledge.ask(page.title)
        assert not re.search(r"[:：]\**\s*\Z", told(answer.text)), page.id
        assert answer.text.count("```") % 2 == 0
        for source in answer.sources:
            assert not source.excerpt.endswith(":") and "```" not in source.excerpt


@pytest.mark.parametrize(
    ("symbol", "page"),
    [
        ("keras.callbacks.TerminateOnNaN", "callbacks/terminate_on_nan/"),
        ("keras.optimizers.LossScaleOptimizer", "optimizers/loss_scale_optimizer/"),
        ("keras.optimizers.Nadam", "optimizers/Nadam/"),
        ("keras.optimizers.AdamW", "optimizers/adamw/"),
        ("keras.callbacks.ReduceLROnPlateau", "callbacks/reduce_lr_on_plateau/"),
        ("keras.callbacks.SwapEMAWeights", "callbacks/swap_ema_weights/"),
        ("keras.layers.GlobalMaxPooling1D", "layers/pooling_layers/global_max_pooling1d/"),
        ("keras.layers.TFSMLayer", "layers/backend_specific_layers/tfsm_layer/"),
        ("keras.applications.VGG16", "applications/vgg/"),
    ],
)
def test_addresses_are_those_of_the_site(symbol: str, page: str) -> None:
    assert page_url(symbol) == f"https://keras.io/api/{page}"


def test_what_the_site_has_no_page_for_is_linked_to_its_source(knowledge: KnowledgeBase) -> None:
    for symbol in ("keras.layers.RandomShear", "keras.config.set_backend"):
        page = knowledge.page(symbol)
        assert page is not None and page_url(symbol) is None and page.url.startswith("https://github.com/")


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    opened = Runner(tmp_path_factory.mktemp("answers"))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "question",
    [
        "how do I use keras.Layer?",  # names `Layer` without importing it
        "how do I use keras.layers.TextVectorization?",
        "how do I use keras.random.SeedGenerator?",
        "keras.metrics.F1Score",
        "keras.ops.scatter_update",
        "keras.utils.pad_sequences",
        "keras.callbacks.LambdaCallback",
        "keras.optimizers.schedules.PiecewiseConstantDecay",
        "Could not locate function 'my_loss' when loading a model",
        "freezing layers of a pretrained model",
        "how do I get the output of an intermediate layer",
        "keras.initializers.RandomNormal",
        "Received an invalid value for `units`, expected a positive integer",  # a cure after code that fails
        "You must call `compile()` before using the model.",
    ],
)
def test_the_code_of_an_answer_runs(knowledge: KnowledgeBase, runner: Runner, question: str) -> None:
    code = knowledge.ask(question).code
    assert code is not None
    result = runner.run(Job(code, limits=Limits(wall_s=120.0)))
    assert result.status == "ok", result.error


def test_code_for_another_backend_says_so(knowledge: KnowledgeBase) -> None:
    code = knowledge.ask("custom train_step with keras on the torch backend").code
    assert code is not None and code.startswith("# Needs KERAS_BACKEND=torch\n")


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("what is overfitting?", "Overfitting"),
        ("what does learning rate mean", "Learning rate"),
        ("Define the activation function in deep learning", "Activation function"),
        ("什么是激活函数？", "Activation function"),
        ("激活函数是什么意思", "Activation function"),
        ("qu'est-ce que le surapprentissage ?", "Overfitting"),
        ("¿Qué es la tasa de aprendizaje?", "Learning rate"),
        ("was ist ein Tensor", "Tensor"),
        ("surapprentissage", "Overfitting"),
        ("tasa de aprendizaje", "Learning rate"),
    ],
)
def test_who_asks_what_a_word_means_is_understood(question: str, term: str) -> None:
    meaning = definition(question, CHECKOUT / "data")
    assert meaning is not None
    text, source = meaning
    assert text == f"**{term}**: {source.excerpt}" and source.url.startswith("/glossary#")
    assert (source.kind, source.title) == ("guide", term) and len(source.symbols) <= 3


def test_what_a_word_means_is_told_first(knowledge: KnowledgeBase) -> None:
    """But where somebody wrote an entry for this very question."""
    terms = [str(entry["term"]) for entry in edited(CHECKOUT / "data")][::6]
    defined = 0
    for term in terms:
        answer = knowledge.ask(f"what does {term} mean?")
        assert answer.answered and len(answer.text) <= LONGEST_TEXT and len(answer.sources) <= 10, term
        first = answer.sources[0]
        if first.id.startswith("guide:glossary-"):
            assert answer.text.startswith(f"**{first.title}**: {first.excerpt}"), term
            defined += 1
    assert defined >= len(terms) / 2


@pytest.mark.parametrize(
    "question",
    [
        "what is the weather",
        "what is the difference between epoch and batch",
        "is overfitting bad?",
        "what is " + "a" * 5_000,
        "what is",
        "什么是",
        "what does EarlyStopping do with overfitting",
        "what is EarlyStopping?",
        "overfitting",
        "epochs",
        "what is keras.layers.Dropout?",
    ],
)
def test_other_questions_have_no_definition(knowledge: KnowledgeBase, question: str) -> None:
    assert not any("glossary" in source.id for source in knowledge.ask(question).sources)


def test_no_glossary_no_definition(tmp_path: Path) -> None:
    assert definition("what is overfitting?", None) is None
    assert definition("what is overfitting?", tmp_path) is None
    (tmp_path / "glossary.yaml").write_text("- nothing: here\n")
    assert definition("what is overfitting?", tmp_path) is None
