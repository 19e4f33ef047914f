"""Hints: short texts, written or read elsewhere, each naming the symbols that it leads to.

People ask in other words than the documentation uses. A hint is a way of asking with the symbols that answer it: the
topics of `tables/topics.txt`, the questions of FAQ entries, and the messages of the errors that the packages raise.
Hints are found like passages, but are never shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from kb.pages import Page

TOPICS = Path(__file__).parent / "tables" / "topics.txt"

# A message that so many symbols raise tells nothing about any of them.
MOST_RAISERS = 10

# Text, symbols and page ids it leads to, where it comes from.
Hint = tuple[str, tuple[str, ...], str]


@cache
def topics() -> tuple[Hint, ...]:
    """Return the hints of the table of topics: one for each way of asking."""
    found: list[Hint] = []
    for line in TOPICS.read_text(encoding="utf-8").splitlines():
        symbols, colon, phrases = line.partition(": ")
        if not colon or line.startswith("#"):
            continue
        targets = tuple(symbols.split())
        found.extend((phrase.strip(), targets, "topic") for phrase in phrases.split(";") if phrase.strip())
    return tuple(found)


def of_pages(pages: Iterable[Page]) -> list[Hint]:
    """Return the hints that pages bring along: the ways to ask that an FAQ entry lists, and its title."""
    found: list[Hint] = []
    for page in pages:
        if page.kind == "api":
            continue
        ways: Sequence[str] = dict.fromkeys((page.title, *page.questions))  # type: ignore[assignment]
        found.extend((way, (page.id, *page.symbols), "page") for way in ways if way.strip())
    return found


def of_errors(pages: Iterable[Page]) -> list[Hint]:
    """Return the hints of the errors that API pages say they raise: a pasted message leads to who raises it."""
    raisers: dict[str, list[str]] = {}
    for page in pages:
        for message in page.meta.get("raises", ()):
            raisers.setdefault(message, []).append(page.id)
    return [(message, tuple(ids), "error") for message, ids in raisers.items() if len(ids) <= MOST_RAISERS]
