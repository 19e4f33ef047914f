"""The errors that Keras can raise: all messages of the installed packages, found by pasting one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bot.channels.web.site import Site, site_of
from kb.errors import KnowledgeError
from kb.normalize import normalize_error, words
from kb.pages import Page, Source

MAX_PASTED = 8_000
# So much of a message's weight must be in the pasted text for it to be that message.
LEAST_COVERED = 0.6
# Messages of fewer words are in every longer text.
LEAST_WORDS = 3
MOST_FOUND = 8
MOST_SOURCES = 5
SHOWN_SYMBOLS = 4
LONGEST_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """One message, as it stands in the source with its places left out, and who raises it."""

    message: str
    symbols: tuple[str, ...]
    words: frozenset[str]

    @property
    def area(self) -> str:
        """The module that it belongs to, as `keras.layers`."""
        return ".".join(self.symbols[0].split(".")[:2])

    @property
    def shown(self) -> str:
        """The message, cut where it goes on for a page."""
        return self.message if len(self.message) <= LONGEST_SHOWN else self.message[: LONGEST_SHOWN - 1] + "…"


class Catalogue:
    """All messages, with how rare each word is."""

    def __init__(self, pages: Iterable[Page]) -> None:
        raisers: dict[str, list[str]] = {}
        for page in pages:
            for message in page.meta.get("raises", ()):
                if page.symbol:
                    raisers.setdefault(str(message), []).append(page.symbol)
        self.entries = [
            Entry(message, tuple(symbols), frozenset(words(message))) for message, symbols in raisers.items()
        ]
        count = Counter(word for entry in self.entries for word in entry.words)
        self._weight = {word: math.log(1 + len(self.entries) / seen) for word, seen in count.items()}

    def areas(self) -> list[tuple[str, int]]:
        """Return each module with how many messages it has, most first."""
        return Counter(entry.area for entry in self.entries).most_common()

    def of_area(self, area: str) -> list[Entry]:
        """Return the messages of a module in the order of their symbols."""
        found = [entry for entry in self.entries if entry.area == area]
        return sorted(found, key=lambda entry: (entry.symbols[0], entry.message))

    def find(self, pasted: str) -> list[Entry]:
        """Return the messages that a pasted text holds, best first."""
        said = set(words(normalize_error(pasted)))
        scored = []
        for entry in self.entries:
            if len(entry.words) < LEAST_WORDS:
                continue
            common = sum(self._weight[word] for word in entry.words & said)
            covered = common / sum(self._weight[word] for word in entry.words)
            if covered >= LEAST_COVERED:
                scored.append((covered * math.sqrt(common), entry))
        return [entry for _, entry in sorted(scored, key=lambda one: -one[0])[:MOST_FOUND]]


async def index(request: Request) -> Response:
    """`/errors`: what a pasted error means (`?q=`), the messages of one module (`?in=`), or all modules."""
    site = site_of(request)
    pasted = request.query_params.get("q", "").strip()[:MAX_PASTED]
    area = request.query_params.get("in", "")[:100]
    if pasted:
        site.rates.use(request, "search")
    catalogue = await site.looking(site.kept, "catalogue", lambda: Catalogue(site.assistant.knowledge.pages("api")))
    values: dict[str, Any] = {
        "pasted": pasted,
        "area": area if area in dict(catalogue.areas()) else "",
        "areas": catalogue.areas(),
        "total": len(catalogue.entries),
        "messages": await site.looking(catalogue.find, pasted) if pasted else catalogue.of_area(area),
        "sources": await site.asking(_explained, site, pasted) if pasted else (),
        "common": await site.looking(site.kept, "common errors", lambda: _common(site)),
        "shown_symbols": SHOWN_SYMBOLS,
    }
    return await site.page(request, "errors.html", **values)


def _explained(site: Site, pasted: str) -> Sequence[Source]:
    """Return the pages about a pasted error; none where it is no text that one could look for."""
    kind, _, message = normalize_error(pasted).strip().rpartition("\n")[2].partition(":")
    try:
        sources = site.assistant.knowledge.explain_error(kind.strip()[:100], message, limit=MOST_SOURCES)
        return sources or site.assistant.knowledge.search(pasted, limit=MOST_SOURCES)
    except KnowledgeError:
        return ()


def _common(site: Site) -> list[Page]:
    """Return the FAQ entries that are about one error each."""
    entries = site.assistant.knowledge.pages("faq")
    return sorted((e for e in entries if e.id.startswith("faq:error-")), key=lambda entry: entry.title.lower())
