from collections import Counter, defaultdict

import pytest

from kb.pages import Page
from kb.passages import cut
from kb.sources import registry
from kb.sources.outside import Problem


@pytest.fixture(scope="module")
def tensorflow(corpus, resolve):
    found = list(registry.load(corpus / "tensorflow-docs", resolve))
    assert not [one for one in found if isinstance(one, Problem)]
    return {page.id.partition("/")[2]: page for page in found}


def test_every_real_guide_becomes_a_page_with_its_language_and_address(tensorflow):
    assert len(tensorflow) >= 250
    languages = Counter(page.language for page in tensorflow.values())
    assert set(languages) == {"en", "zh", "ja", "ko", "es", "pt"}
    for page in tensorflow.values():
        assert page.url.startswith(("https://www.tensorflow.org/", "/sources/tensorflow-docs-"))
        assert len(page.symbols) <= 3
        assert len(page.meta["hash"]) == 32
        assert cut(page)
    functional = tensorflow["zh-cn/guide/keras/functional"]
    assert functional.title == "函数式 API"
    assert functional.url == "https://www.tensorflow.org/guide/keras/functional?hl=zh-cn"
    assert functional.symbols == ("keras.Model", "keras.Input")
    assert functional.version == "keras 2"
    assert functional.meta["licence"] == "Apache-2.0"
    assert tensorflow["en/guide/keras/functional"].url == "https://www.tensorflow.org/guide/keras/functional"


def test_translations_of_one_guide_share_their_group(tensorflow):
    groups = defaultdict(set)
    for page in tensorflow.values():
        groups[page.meta["translation_of"]].add(page.language)
    masking = next(languages for name, languages in groups.items() if name.endswith("/guide/keras/masking_and_padding"))
    assert masking == {"en", "zh", "ja", "ko", "es", "pt"}


def test_no_page_keeps_licence_headers_or_rows_of_buttons(tensorflow):
    whole = {name: "\n".join(part.text for part in page.sections) for name, page in tensorflow.items()}
    assert not [name for name, text in whole.items() if "Licensed under the Apache License" in text]
    assert not [name for name, text in whole.items() if "tfo-notebook-buttons" in text or "colab_logo" in text]
    assert not [name for name, text in whole.items() if "##### Copyright" in text]


def test_each_entry_of_a_generated_reference_is_its_own_page(corpus, resolve):
    found = list(registry.load(corpus / "keras-docs-zh", resolve))
    pages = {page.id.partition("/")[2]: page for page in found if isinstance(page, Page)}
    assert len(pages) == len(found) >= 150
    dense = pages["layers/core/dense"]
    assert (dense.title, dense.symbols, dense.language) == ("Dense", ("keras.layers.Dense",), "zh")
    assert dense.url == "https://keras-zh.readthedocs.io/layers/core/#dense"
    assert dense.meta["source_url"].startswith("https://github.com/keras-team/keras/blob/master/keras/layers/core.py")
    assert {page.version for page in pages.values()} == {"keras 2"}
    assert pages["layers/recurrent/lstm"].symbols == ("keras.layers.LSTM",)


def test_reading_again_gives_the_same_hashes(corpus, resolve):
    folder = corpus / "keras-docs-zh"
    first = {page.id: page.meta["hash"] for page in registry.load(folder, resolve)}
    assert first == {page.id: page.meta["hash"] for page in registry.load(folder, resolve)}
    assert len(set(first.values())) == len(first)
