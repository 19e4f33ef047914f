"""The parts on their own: docstrings, passages, words, names, languages, vectors, front matter, figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import ToyEmbedder

from kb import evaluate, glossary, hints, vectors
from kb.answer import LONGEST_TEXT, fit
from kb.docstrings import code_blocks, sections
from kb.embedding import SentenceTransformerEmbedder, packaged_folder
from kb.errors import BadSource, Damaged
from kb.knowledge import KnowledgeBase
from kb.names import legacy_names
from kb.normalize import detect_language, normalize_error, split_code, words
from kb.pages import Answer, Source
from kb.passages import pieces
from kb.sources import examples, markdown
from kb.sources.installed import read, versions
from kb.sources.introspect import canonical_name
from kb.sources.keras_io import PAGES
from kb.symbols import SymbolTable
from kb.vectors import VectorIndex
from kb.words import WordIndex

DOC = """Do a thing.

More about it, for which the rules are:

- one

Args:
    units: Positive integer. It can be:
        - small
        - large
    name: String.
        Defaults to `None`.

Example:

>>> layer = Thing(3)
>>> for row in layer:
...     print(row)
1

Input shape:
    2D tensor.
"""


def test_a_docstring_becomes_sections() -> None:
    found = {section.title: section.text for section in sections(DOC)}
    assert list(found) == ["", "Arguments", "Example", "Input shape"]
    assert found["Arguments"].startswith("- `units`: Positive integer.")
    assert "\n- `name`: String.\n  Defaults to `None`." in found["Arguments"]
    (block,) = code_blocks(found["Example"])
    assert block.startswith(">>> layer = Thing(3)")


def test_a_heading_within_code_is_no_section() -> None:
    found = sections("Do.\n\nExample:\n\n```python\n# Train it.\nmodel.fit(x)\n```\n")
    assert [section.title for section in found] == ["", "Example"]
    assert "# Train it." in found[1].text


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["word " * 60, "```python\nx = 1\n\ny = 2\n```", "- `a`: " + "b " * 90, "c"]), max_size=12)
)
def test_passages_keep_all_text_and_never_cut_code(blocks: list[str]) -> None:
    text = "\n\n".join(blocks)
    found = pieces(text)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(piece.count("```") % 2 == 0 for piece in found)
    assert all(len(piece) <= 900 or "```" in piece for piece in found)


def test_only_python_that_works_is_an_example() -> None:
    text = "```python raises=TypeError\nbad()\n```\n\n```error\nno\n```\n\n```python\ngood()\n```\n\n```output\n1\n```"
    assert code_blocks(text) == ["good()"]


def test_the_canonical_name_is_the_one_people_use() -> None:
    assert canonical_name(["keras.Model", "keras.models.Model"]) == "keras.Model"
    assert canonical_name(["keras.Loss", "keras.losses.Loss"]) == "keras.losses.Loss"
    assert canonical_name(["keras.layers.Conv2D", "keras.layers.Convolution2D"]) == "keras.layers.Conv2D"
    assert canonical_name(["keras.metrics.mse", "keras.losses.mse"]) == "keras.losses.mse"
    assert canonical_name(["keras_tuner.Hyperband", "keras_tuner.tuners.Hyperband"]) == "keras_tuner.Hyperband"


def test_a_package_that_is_not_installed_is_told() -> None:
    for call in (versions, read):
        with pytest.raises(BadSource) as caught:
            call(("no_such_package",))
        assert "no_such_package" in caught.value.what


def test_words_meet_across_forms() -> None:
    assert set(words("EarlyStopping")) >= {"earlystopping", "early", "stop"}
    assert words("stopped")[0] == words("stops")[0] == words("stopping")[0] == "stop"
    assert words("训练模型") == ["训练", "练模", "模型"]
    assert words("the of and") == []


def test_errors_lose_what_differs_between_runs() -> None:
    pasted = (
        'Traceback (most recent call last):\n  File "/home/me/train.py", line 3, in <module>\n    model.fit(x)\n'
        "\x1b[1mValueError: bad object at 0x7f3a2b1c, shape (None, 28, 28)\x1b[0m\n\n"
        "Arguments received by Dense.call():\n  x=1"
    )
    assert normalize_error(pasted) == "ValueError: bad object at , shape (shape)"


def test_code_is_told_from_prose() -> None:
    prose, code = split_code(
        "Why does this fail?\nimport keras\nmodel = keras.Sequential()\nmodel.fit(x)\nThanks a lot"
    )
    assert prose == "Why does this fail?\nThanks a lot"
    assert code == "import keras\nmodel = keras.Sequential()\nmodel.fit(x)"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How do I save a model?", "en"),
        ("LSTM GRU Conv2D", "en"),
        ("怎么保存模型", "zh"),
        ("モデルを保存する方法", "ja"),
        ("모델을 저장하려면 어떻게 하나요", "ko"),
        ("Comment sauvegarder un modèle avec une couche personnalisée ?", "fr"),
        ("¿Cómo puedo guardar el modelo después del entrenamiento?", "es"),
        ("Wie speichere ich ein Modell mit eigenen Schichten?", "de"),
        ("Как сохранить модель после обучения?", "ru"),
    ],
)
def test_languages(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_terms_become_english() -> None:
    assert glossary.to_english("怎么保存模型", "zh").split() == ["how", "save", "model"]
    assert "custom" in glossary.to_english("une couche personnalisée", "fr")
    assert glossary.to_english("обучением", "ru") == "training"
    for language in glossary.LANGUAGES:
        assert len(glossary.terms(language)[0]) > 150


def test_our_tables_name_only_what_exists(knowledge: KnowledgeBase) -> None:
    named = {symbol for _, symbols, _ in hints.topics() for symbol in symbols}
    named |= {symbol for symbols in legacy_names().values() for symbol in symbols}
    named |= set(PAGES)
    assert sorted(name for name in named if knowledge.page(name) is None) == []


TABLE = SymbolTable(
    [
        (0, "keras.layers.Dense", (), "class"),
        (1, "keras.callbacks.EarlyStopping", (), "class"),
        (2, "keras.Model", ("keras.models.Model",), "class"),
        (3, "keras.Model.fit", ("keras.models.Model.fit",), "method"),
        (4, "keras.layers.Conv2D", ("keras.layers.Convolution2D",), "class"),
        (5, "keras.utils.PyDataset", (), "class"),
    ]
)


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("tf.keras.layers.Dense(3)", 0),
        ("from tensorflow.keras.layers import Dense", 0),
        ("keras.layers.core.Dense", 0),
        ("keras.layers.Dens", 0),
        ("early stopping", 1),
        ("Earlystoping does nothing", 1),
        ("my_model.fit(x)", 3),
        ("fit_generator", 3),
        ("Convolution2D", 4),
        ("conv2d", 4),
    ],
)
def test_symbols_are_spotted(text: str, page: int) -> None:
    spotted = TABLE.spot(text).pages
    assert max(spotted, key=lambda number: spotted[number]) == page


def test_nothing_is_spotted_in_small_talk() -> None:
    assert TABLE.spot("what is the weather like today").pages == {}


def test_word_scores_are_bm25() -> None:
    index = WordIndex.build([["a", "b"], ["a", "a", "c"], ["d"]])
    scores = index.scores({"a": 1.0, "unknown": 5.0})
    rarity = np.log(1 + 1.5 / 2.5)
    expected = [rarity * n * 2.2 / (n + 1.2 * (0.25 + 0.75 * length / 2)) for n, length in ((1, 2), (2, 3))]
    assert scores.tolist() == pytest.approx([*expected, 0.0])


def test_indexes_survive_the_disk(tmp_path: Path) -> None:
    texts = ["one two", "two three", "four"]
    index = WordIndex.build([words(text) for text in texts])
    index.save(tmp_path / "words")
    assert WordIndex.load(tmp_path / "words").scores({"two": 1.0}).tolist() == index.scores({"two": 1.0}).tolist()
    vectors = ToyEmbedder().embed_batch(texts)
    VectorIndex.build(vectors).save(tmp_path / "vectors")
    numbers, cosines = VectorIndex.load(tmp_path / "vectors").search(vectors[1], 2)
    assert numbers.tolist() == [1, 0]
    assert cosines.tolist() == pytest.approx([1.0, float(vectors[1] @ vectors[0])])
    (tmp_path / "vectors").write_bytes(b"rubbish")
    with pytest.raises(Damaged):
        VectorIndex.load(tmp_path / "vectors")


def test_numpy_and_the_framework_give_the_same_vectors() -> None:
    embedder = SentenceTransformerEmbedder()
    texts = ["How do I save a model?", "x", "ValueError: " + "expected ndim=3 " * 200, "怎么保存模型", ""]
    few = embedder.embed_batch(texts)
    many = embedder.embed_batch(texts * 20)[: len(texts)]
    framework = SentenceTransformerEmbedder(str(packaged_folder())).embed_batch(texts)
    assert np.abs(few - framework).max() < 1e-5
    # Many at once may be computed in bfloat16, which has three digits.
    assert np.sum(few * many, axis=1).min() > 0.9995
    assert np.linalg.norm(many, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-5)
    assert np.linalg.norm(few, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-5)


def test_a_model_that_is_not_there_is_told() -> None:
    with pytest.raises(Damaged) as caught:
        SentenceTransformerEmbedder("/no/such/model").embed_batch(["x"])
    assert "embedding_model" in caught.value.remedy


def test_an_answer_never_cuts_code() -> None:
    text = fit(["First. " * 180, "```python\n" + "x = 1\n" * 100 + "```", "- one\n- two " + "long " * 400])
    assert len(text) <= LONGEST_TEXT and text.count("```") % 2 == 0


def test_front_matter() -> None:
    text = (
        '---\nid: a\ntitle: "Why?"\nquestions: [one, two]\nsymbols: [keras.Model]\nupdated: 2026-11-01\n---\n\n'
        "So.\n\n## More\n\n```\n# no heading\n```\n"
    )
    page = markdown.parse(text, "stem", kind="faq", address="/faq/{id}", where="here")
    assert (page.id, page.title, page.url, page.questions) == ("faq:a", "Why?", "/faq/a", ("one", "two"))
    assert [section.title for section in page.sections] == ["", "More"]
    json.dumps(dict(page.meta))


@pytest.mark.parametrize(
    "front", ["id: [", "- a", "symbols: [a, b, c, d]", "questions: 3"], ids=["yaml", "list", "four", "number"]
)
def test_front_matter_that_is_wrong_names_the_place(front: str) -> None:
    with pytest.raises(BadSource) as caught:
        markdown.parse(f"---\n{front}\n---\nx", "stem", kind="faq", address="/{id}", where="faq/here.md")
    assert "faq/here.md" in caught.value.what


def test_an_example_names_what_it_shows(tmp_path: Path) -> None:
    path = tmp_path / "early.py"
    path.write_text(
        '"""Stop early.\n\nMore."""\nimport keras\n\nkeras.layers.Dense(1)\nstop = keras.callbacks.EarlyStopping()\n'
    )
    page = examples.read(path)
    assert page.title == "Stop early" and page.symbols[0] == "keras.callbacks.EarlyStopping"
    assert code_blocks(page.sections[1].text)[0].startswith("import keras")
    path.write_text("def broken(:\n")
    with pytest.raises(BadSource):
        examples.read(path)


def _answer(symbols: list[str], answered: bool, confidence: float) -> Answer:
    sources = tuple(Source(name, "api", name, "/", "en", 0.5, "x", symbol=name) for name in symbols)
    return Answer("q", "en", answered, confidence, "t", None, sources, {"total": 1.0})


def test_figures_are_counted_right(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    rows = [
        {"id": "1", "question": "a", "lang": "en", "kind": "howto", "gold_symbols": ["x"]},
        {"id": "2", "question": "b", "lang": "fr", "kind": "error", "gold_symbols": ["y"], "gold_aliases": ["z"]},
        {"id": "3", "question": "c", "lang": "en", "kind": "offtopic", "gold_symbols": []},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    given_answers = {
        "a": _answer(["w", "x"], True, 0.9),
        "b": _answer(["z"], False, 0.1),
        "c": _answer(["x"], True, 0.5),
    }
    report = evaluate.evaluate(lambda question: given_answers[question], evaluate.read(path)).to_dict()
    assert report["english"]["hit@1"] == 0.0 and report["english"]["hit@3"] == 1.0 and report["english"]["mrr"] == 0.5
    assert report["other languages"]["hit@1"] == 1.0
    assert report["off-topic answered"] == 1.0 and report["answerable refused"] == 0.5
    assert report["wrong at confidence 0.8"] == 1.0
    path.write_text('{"id": 1}\n')
    with pytest.raises(BadSource) as caught:
        evaluate.read(path)
    assert "line 1" in caught.value.what


def test_the_edited_glossary_adds_names_and_our_own_terms_stay(tmp_path: Path) -> None:
    (tmp_path / "glossary.yaml").write_text(
        '- {term: zebra crossing, zh: [斑马线], es: ["paso de cebra"]}\n- {term: beast, zh: [模型]}\n', encoding="utf-8"
    )
    found = glossary.to_english("怎么保存斑马线模型", "zh", tmp_path)
    assert found == "how save zebra crossing model"
    assert glossary.to_english("un paso de cebra", "es", tmp_path) == "un zebra crossing"
    assert "zebra" not in glossary.to_english("un paso de cebra", "es")


@pytest.mark.parametrize("text", ["{", "- 1", "term: x", "- {term: x, zh: y}", "- {zh: [y]}", "\x00"])
def test_a_glossary_that_is_wrong_stops_a_build_but_no_question(tmp_path: Path, text: str) -> None:
    (tmp_path / "glossary.yaml").write_text(text)
    with pytest.raises(BadSource, match=r"glossary\.yaml"):
        glossary.edited(tmp_path)
    assert glossary.to_english("怎么保存模型", "zh", tmp_path).split() == ["how", "save", "model"]


@pytest.mark.parametrize(("exact", "scanned", "kind"), [(0, 10**9, "ScalarQuantizer"), (0, 0, "IVFScalarQuantizer")])
def test_coarser_indexes_find_nearly_what_the_exact_one_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exact: int, scanned: int, kind: str
) -> None:
    chance = np.random.default_rng(3)
    topics = chance.standard_normal((200, 64))
    rows = topics[chance.integers(200, size=12_000)] + 0.5 * chance.standard_normal((12_000, 64))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    truth = VectorIndex.build(rows)
    monkeypatch.setattr(vectors, "EXACT_UP_TO", exact)
    monkeypatch.setattr(vectors, "SCANNED_UP_TO", scanned)
    monkeypatch.setattr(vectors, "CELLS", 128)
    monkeypatch.setattr(vectors, "CELLS_LOOKED_AT", 16)
    VectorIndex.build(rows).save(tmp_path / "coarse")
    coarse = VectorIndex.load(tmp_path / "coarse")
    assert kind in type(coarse._index).__name__ and coarse.size == 12_000
    asked = rows[::120] + (0.2 * chance.standard_normal((100, 64))).astype(np.float32)
    same = [len(set(coarse.search(v, 10)[0].tolist()) & set(truth.search(v, 10)[0].tolist())) for v in asked]
    assert np.mean(same) / 10 >= 0.97
