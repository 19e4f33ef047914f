"""What a text says without the code between it: nothing announced that does not come, nothing cut in two."""

from __future__ import annotations

import re

import pytest

from bot.settings import CHECKOUT
from kb.docstrings import sections
from kb.passages import cut, pieces
from kb.prose import FENCE, excerpt, first_sentence, paragraphs
from kb.sources import content

LONG = "\n".join(f"line_{number} = {number}" for number in range(12))


def test_short_code_stays_with_the_sentence_that_announces_it() -> None:
    text = "It is written. Without it, only loading fails:\n\n```python raises=TypeError\nload()\n```\n\nThen more."
    assert paragraphs(text) == [
        "It is written. Without it, only loading fails:\n\n```python\nload()\n```",
        "Then more.",
    ]


def test_a_sentence_goes_with_the_long_code_that_it_announces() -> None:
    assert paragraphs(f"One thing. Do it so:\n\n```python\n{LONG}\n```\n\nThen more.") == ["One thing.", "Then more."]
    assert paragraphs(f"Do it so:\n\n```python\n{LONG}\n```") == []
    assert paragraphs("At the end of a passage:") == []


def test_a_sentence_points_at_the_example_that_is_shown_beside_it() -> None:
    text = f"One thing. Do it so:\n\n```python\n{LONG}\n```"
    assert paragraphs(text, f"import keras\n\n{LONG}") == ["One thing. Do it so (see the example)."]


def test_a_list_stays_with_what_introduces_it() -> None:
    assert paragraphs("There are two:\n\n- one\n- two\n\nEnd.") == ["There are two:\n\n- one\n- two", "End."]


def test_output_and_code_nobody_announces_are_left_out() -> None:
    text = "Say it.\n\n```python\nx = 1\n```\n\n```output\n1\n```\n\nAgain."
    assert paragraphs(text) == ["Say it.", "Again."]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("```output\n4\n4\n```\n\nIf you leave it out, Keras warns.", "If you leave it out, Keras warns."),
        ("It works. So it goes:\n\n```python\nx = 1\n```", "It works."),
        ("```python\nx = 1\n```", "x = 1"),
        ("```output\n1\n```", ""),
        ("So it goes:\n\n```python\nx = 1\n```", "x = 1"),
        ("- `a`: **bold** word", "a: bold word"),
    ],
)
def test_an_excerpt_is_what_is_said(text: str, line: str) -> None:
    assert excerpt(text) == line


def test_no_entry_of_ours_announces_what_does_not_come() -> None:
    pages = [page for page in content.read(CHECKOUT / "data") if page.kind == "faq"]
    assert len(pages) > 250
    for page in pages:
        whole = "\n\n".join(section.text for section in page.sections)
        told = paragraphs(whole)
        assert told, page.id
        for part in told:
            assert not re.search(r"[:：]\**\s*\Z", part), (page.id, part)
            assert part.count("```") % 2 == 0, page.id
        for passage in cut(page):
            assert not excerpt(passage.text).endswith(":"), passage.id


def test_a_fence_that_opens_and_closes_on_one_line_is_none() -> None:
    assert not FENCE.match("```mel = 2595 * log10(1 + hz / 700)```")
    assert FENCE.match("```python") and FENCE.match("  ~~~")
    text = "The formula is\n\n```mel = 2595 * log10(1 + hz / 700)```\n\nand no more.\n\n- `a`: one\n- `b`: two"
    assert pieces(text, longest=70) == [
        "The formula is\n\n```mel = 2595 * log10(1 + hz / 700)```\n\nand no more.",
        "- `a`: one\n- `b`: two",
    ]
    doc = "Make it.\n\n```a = b```\n\nArgs:\n    x: one.\n\nReturns:\n    Two.\n"
    assert [section.title for section in sections(doc)] == ["", "Arguments", "Returns"]


def test_a_docstring_whose_first_line_alone_is_at_the_edge_has_its_sections() -> None:
    doc = "Rotate.\n    More.\n\n    Args:\n        factor: how far.\n\n    Example:\n\n    >>> x = 1\n"
    found = {section.title: section.text for section in sections(doc)}
    assert list(found) == ["", "Arguments", "Example"]
    assert found["Arguments"] == "- `factor`: how far."


def test_the_first_sentence_is_one_line() -> None:
    assert first_sentence("It\nstops. And more.") == "It stops."
    assert first_sentence("word " * 100).endswith("…") and len(first_sentence("word " * 100)) <= 161


def test_nothing_breaks_on_odd_markdown() -> None:
    for text in (
        "",
        ":",
        "```",
        "```\n",
        "~~~\nx",
        ":\n\n```python\n",
        "\n\n\n",
        "a:\n\nb:\n\nc:",
        "```a```",
        "—:" * 999,
    ):
        assert all(part.strip() for part in paragraphs(text))
        assert len(excerpt(text)) <= 321
