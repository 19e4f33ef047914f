"""Which pages explain an error: those about its message, and those of what it names, was called, or came through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from kb.culprits import asked_of, called_page, culprits, operators
from kb.normalize import normalize_error
from kb.search import Found, Hit, Searcher
from kb.telling import concerns, names_something, speaks_of_tensors

LONGEST_ERROR = 4_000
# Of 43 errors of Keras, 41 came out above 0.19, and of the other two the pages found were not about them; of 47 errors
# of other things 4 do that `concerns` does not tell apart.
LEAST_TO_EXPLAIN = 0.19
# From here on an error's message leads to its pages by itself; below, what was called says more.
TELLS_BY_ITSELF = 0.45
LONGEST_BESIDE = 400
# Pages of each ranking that are weighed against each other, and how fast a place loses weight: by its reciprocal, after
# Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion", SIGIR 2009. Their 60 is for rankings of thousands.
CANDIDATES, PLACE = 8, 2

Search = Callable[[str, int], Found]


@dataclass(frozen=True, slots=True)
class Raised:
    """An error as it is known.

    `line` is the program's line that raised it, "" where that is not known; `raised_in` the package it came through, ""
    for the program itself, None where that is not known; `called` the symbol that the program had called.
    """

    type: str
    message: str
    line: str = ""
    raised_in: str | None = None
    called: str | None = None


def explaining(error: Raised, searcher: Searcher, search: Search, limit: int) -> Found:
    """Return what was found about an error, its hits best first; none where nothing is about it.

    What Keras or a framework below it raised has closest pages always; what a program raised by itself only where its
    message names them.

    Args:
        error: message and line may be of any length and hold anything.
        searcher: the searcher that `search` asks.
        search: finds so many pages for a text.
        limit: how many pages at most.
    """
    # In one line: a line such as `indices[0,3] = 12 is not in [0, 10)` is not to be taken for code.
    message = " ".join(normalize_error(error.message[:LONGEST_ERROR]).split())
    found = search(f"{error.type}: {message}", limit)
    failed = operators(searcher.table, error.message[:LONGEST_ERROR])
    through = called_page(searcher.table, error.called)
    named = [*failed, *culprits(searcher.table, error.message[:LONGEST_ERROR], error.line)]
    if through is not None:
        named.append(through)
    hits = list(found.hits) if _is_about(error, found, searcher) else []
    if hits and named and found.confidence < TELLS_BY_ITSELF:
        # A message that says little is looked up as a person would: with what was called, and what for.
        symbol = searcher.pages[named[0] if failed or through is None else through].symbol
        by_symbol = search(f"{symbol} {asked_of(error.line)} {message[:LONGEST_BESIDE]}", CANDIDATES)
        by_message = search(f"{error.type}: {message}", CANDIDATES)
        hits = fused(((by_symbol.hits, 1.0), (by_message.hits, found.confidence / TELLS_BY_ITSELF)))[:limit]
    known = {hit.page for hit in hits}
    if not known.intersection(named):
        # What was named stands among the pages shown.
        hits = hits[: limit - min(len(named), 1)]
        hits += [Hit(page, 0.0, searcher.passages_of(page).start) for page in named]
    return replace(found, hits=tuple(hits[:limit]))


def fused(rankings: Iterable[tuple[Sequence[Hit], float]]) -> list[Hit]:
    """Return the hits of several rankings, each with its weight, as one."""
    hits: dict[int, Hit] = {}
    worth: dict[int, float] = {}
    for ranking, weight in rankings:
        for place, hit in enumerate(ranking):
            hits.setdefault(hit.page, hit)
            worth[hit.page] = worth.get(hit.page, 0.0) + weight / (PLACE + place)
    return [hits[page] for page in sorted(worth, key=lambda page: -worth[page])]


def _is_about(error: Raised, found: Found, searcher: Searcher) -> bool:
    """Tell whether what was found may be about an error at all."""
    # A framework's operators have no frames of their own; their messages speak of tensors.
    if error.raised_in or (error.raised_in == "" and speaks_of_tensors(error.message)):
        return True
    if found.confidence < LEAST_TO_EXPLAIN or not concerns(found, searcher, error.type, error.message):
        return False
    return error.raised_in is None or names_something(found, searcher, error.message)
