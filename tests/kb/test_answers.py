"""What an answer says: what was asked, from the page that tells it, with code that runs; and less sure where not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import CHECKOUT
from kb.answer import LONGEST_TEXT, SEE_ALSO_TITLE
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
    ("kind", "message"),
    [
        ("RecursionError", "maximum recursion depth exceeded in comparison"),
        ("FileNotFoundError", "[Errno 2] No such file or directory: '/etc/shadow'"),
        ("PermissionError", "[Errno 13] Permission denied: '/etc/shadow'"),
        ("KeyError", "'name'"),
        ("NameError", "name 'x' is not defined"),
        ("ZeroDivisionError", "division by zero"),
        ("ModuleNotFoundError", "No module named 'requests_html'"),
        ("ValueError", "invalid literal for int() with base 10: 'abc'"),
        ("UnicodeDecodeError", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        ("NotImplementedError", ""),
    ],
)
def test_an_error_of_other_things_is_not_explained(knowledge: KnowledgeBase, kind: str, message: str) -> None:
    assert knowledge.explain_error(kind, message) == ()


@pytest.mark.parametrize(
    ("kind", "message", "page"),
    [
        ("KeyError", "'val_acc'", "faq:migrate-acc-accuracy-keys"),
        ("NameError", "name 'Dense' is not defined", "faq:error-name-dense-is-not-defined"),
        ("ModuleNotFoundError", "No module named 'keras.layers.core'", "faq:error-no-module-named-keras-layers-core"),
        ("ImportError", "cannot import name 'Merge' from 'keras.layers'", "faq:migrate-removed-keras1-layers"),
        ("ValueError", "No loss to compute. Provide a `loss` argument in `compile()`.", "faq:error-no-loss-to-compute"),
        ("ValueError", "Invalid dtype: object", "faq:error-invalid-dtype-object"),
        ("OSError", "Unable to open file (file signature not found)", "faq:error-file-not-found-keras-zip"),
    ],
)
def test_an_error_of_keras_is_explained(knowledge: KnowledgeBase, kind: str, message: str, page: str) -> None:
    assert page in {source.id for source in knowledge.explain_error(kind, message)}


@pytest.mark.parametrize(
    ("kind", "message", "line", "symbol"),
    [
        (
            "TypeError",
            "Dense.__init__() missing 1 required positional argument: 'units'",
            "Dense()",
            "keras.layers.Dense",
        ),
        (
            "TypeError",
            "Trainer.compile() got an unexpected keyword argument 'lr'",
            "m.compile(lr=0.1)",
            "keras.Model.compile",
        ),
        (
            "AttributeError",
            "module 'keras.callbacks' has no attribute 'EarlyStop'",
            "keras.callbacks.EarlyStop()",
            "keras.callbacks.EarlyStopping",
        ),
        ("AttributeError", "'Sequential' object has no attribute 'summray'", "m.summray()", "keras.Model.summary"),
        ("AttributeError", "'Sequential' object has no attribute 'zzz'", "m.zzz()", "keras.Sequential"),
        (
            "IndexError",
            "index 5 is out of bounds for axis 1 with size 2",
            "keras.utils.to_categorical([1, 5], 2)",
            "keras.utils.to_categorical",
        ),
        ("InvalidArgumentError", "Matrix size-incompatible", "y = keras.ops.matmul(a, b)", "keras.ops.matmul"),
    ],
)
def test_what_the_message_and_the_line_name_is_suggested(
    knowledge: KnowledgeBase, kind: str, message: str, line: str, symbol: str
) -> None:
    found = knowledge.explain_error(kind, message, line=line)
    assert len(found) <= 3 and symbol in {name for source in found for name in (source.symbol, *source.symbols)}


@pytest.mark.parametrize(
    ("kind", "message", "line"),
    [
        ("ZeroDivisionError", "division by zero", "x = 1 / 0"),
        ("KeyError", "'name'", "print(sum(max(d['name']) for d in x))"),
        ("RecursionError", "maximum recursion depth exceeded", "return f(x)"),
        ("Exception", "no idea", "raise Exception('no idea')"),
    ],
)
def test_a_line_without_keras_leads_nowhere(knowledge: KnowledgeBase, kind: str, message: str, line: str) -> None:
    assert knowledge.explain_error(kind, message, line=line) == ()


@pytest.mark.parametrize(
    ("kind", "message", "page"),
    [
        (
            "ValueError",
            "A total of 1 objects could not be loaded. Example error message for object <Dense name=dense_1>:"
            "\n\nLayer 'dense_1' expected 2 variables, but received 0 variables during loading.",
            "faq:error-weight-shape-not-compatible",
        ),
        (
            "ValueError",
            "Arguments `target` and `output` must have the same shape. Received: target.shape=torch.Size([8, 3]), "
            "output.shape=torch.Size([8, 1])",
            "faq:error-target-and-output-same-shape",
        ),
    ],
)
def test_what_keras_raised_always_has_its_closest_pages(
    knowledge: KnowledgeBase, kind: str, message: str, page: str
) -> None:
    assert knowledge.explain_error(kind, message, raised_in="keras")[0].id == page
    assert knowledge.explain_error("RuntimeError", "something quite unheard of", raised_in="keras")
    assert knowledge.explain_error("NotImplementedError", "", raised_in="keras")[0].id == (
        "faq:error-pydataset-not-implemented"
    )


@pytest.mark.parametrize(
    ("kind", "message", "line"),
    [
        ("IndexError", "list index out of range", "print(names[5])"),
        ("TypeError", "'NoneType' object is not callable", "f()"),
        ("TypeError", "unsupported operand type(s) for /: 'str' and 'int'", "print(age / 2)"),
        ("ValueError", "operands could not be broadcast together with shapes (2,3) (4,5)", "np.zeros((2, 3)) + x"),
    ],
)
def test_what_a_program_raised_by_itself_leads_nowhere(
    knowledge: KnowledgeBase, kind: str, message: str, line: str
) -> None:
    assert knowledge.explain_error(kind, message, line=line, raised_in="") == ()


@pytest.mark.parametrize(
    ("kind", "message", "page"),
    [
        ("ModuleNotFoundError", "No module named 'keras.layers.core'", "faq:error-no-module-named-keras-layers-core"),
        ("ImportError", "cannot import name 'merge' from 'keras.layers'", "faq:migrate-removed-keras1-layers"),
        ("RuntimeError", "Can't call numpy() on Tensor that requires grad.", "faq:error-torch-tensor-to-numpy"),
        (
            "TypeError",
            "'tensorflow.python.framework.ops.EagerTensor' object does not support item assignment",
            "faq:ops-scatter-update-and-slices",
        ),
        ("TypeError", "'Variable' object does not support item assignment", "faq:ops-scatter-update-and-slices"),
    ],
)
def test_what_python_raised_about_keras_is_explained(
    knowledge: KnowledgeBase, kind: str, message: str, page: str
) -> None:
    assert knowledge.explain_error(kind, message, raised_in="")[0].id == page


@pytest.mark.parametrize(
    ("kind", "message", "line", "called", "pages"),
    [
        (
            "AttributeError",
            "'str' object has no attribute 'set_model'",
            "m.fit(x, y, callbacks=['early'])",
            "keras.Sequential.fit",
            {"api:keras.Model.fit", "api:keras.callbacks.Callback"},
        ),
        (
            "AttributeError",
            "'str' object has no attribute 'get'",
            "m.fit(x, y, class_weight='balanced')",
            "keras.Model.fit",
            {"api:keras.Model.fit", "faq:class-weight-imbalanced-data"},
        ),
        ("KeyError", "'pop from an empty set'", "net.fit()", "keras.Model.fit", {"api:keras.Model.fit"}),
        (
            "ValueError",
            "The shape of the target variable and the shape of the target value must match.",
            "v.assign([1.0, 2.0])",
            "keras.Variable.assign",
            {"api:keras.Variable", "faq:keras-variable"},
        ),
        (
            "FileNotFoundError",
            "[Errno 2] No such file or directory: 'nowhere/m.keras'",
            "m.save('nowhere/m.keras')",
            "keras.Model.save",
            {"api:keras.Model.save"},
        ),
        # What the message leads to stays among the pages, though what was called leads elsewhere.
        (
            "IndexError",
            "Target 5 is out of bounds.",
            "m.fit(x, y, verbose=0)",
            "keras.Sequential.fit",
            {"faq:error-label-value-outside-valid-range", "api:keras.Model.fit"},
        ),
        (
            "InvalidArgumentError",
            "Graph execution error:\n\nDetected at node m/embedding_1/GatherV2 defined at (most recent call last):\n"
            "\nindices[0,3] = 12 is not in [0, 10)\n\t [[{{node m/embedding_1/GatherV2}}]] [Op:__inference_step_31]",
            "m.fit(x, y)",
            "keras.Sequential.fit",
            {"faq:error-embedding-index-out-of-range"},
        ),
        (
            "ValueError",
            "Exception encountered when calling MaxPooling2D.call().\n\nComputed output size would be zero or negative."
            " Received: `inputs.shape=[None 2 2 1]`, `pool_size=[4 4]`, `strides=(4, 4)`, `padding=valid`.",
            "keras.Sequential([keras.Input((2, 2, 1)), keras.layers.MaxPooling2D(4)])",
            "keras.Sequential",
            {"faq:error-computed-output-size-zero-or-negative"},
        ),
        (
            "ValueError",
            "Could not interpret initializer identifier: he_norm",
            "keras.layers.Dense(3, kernel_initializer='he_norm')",
            "keras.layers.Dense",
            {"faq:error-could-not-interpret-activation-initializer"},
        ),
        # A message that tells by itself keeps its pages first.
        (
            "ValueError",
            "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples.",
            "m.fit(x, y)",
            "keras.Sequential.fit",
            {"faq:error-data-cardinality-ambiguous", "api:keras.Model.fit"},
        ),
    ],
)
def test_what_was_called_leads_to_its_pages(
    knowledge: KnowledgeBase, kind: str, message: str, line: str, called: str, pages: set[str]
) -> None:
    found = [
        source.id for source in knowledge.explain_error(kind, message, line=line, raised_in="keras", called=called)
    ]
    assert pages <= set(found) and len(found) <= 3
    assert "cardinality" not in message or found[0] == "faq:error-data-cardinality-ambiguous"


def test_what_was_called_need_not_exist(knowledge: KnowledgeBase) -> None:
    for called in ("keras.nothing.at_all", "", "\x00" * 300):
        assert len(knowledge.explain_error("ValueError", "odd", raised_in="keras", called=called)) <= 3


def test_a_method_of_another_kind_of_model_is_what_was_meant(knowledge: KnowledgeBase) -> None:
    found = knowledge.explain_error("AttributeError", "'Functional' object has no attribute 'add'", raised_in="")
    assert found[0].symbol == "keras.Sequential.add"


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
