"""What everything in the knowledge base is cut into: Page → Section → Passage, and what comes out: Source → Answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["api", "guide", "example", "faq", "thread", "issue"]


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of a page. `text` is Markdown; the first section of a page has the title ""."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """One document: an API symbol, a guide, an FAQ entry, a solved thread.

    `id` is unique and stable (`api:keras.layers.Dense`). An `api` page has its canonical `symbol` and every other
    public path of the same object in `aliases`; any other kind has at most three `symbols`, most important first.
    `url` is the public address; `version` names package and version (`keras 3.15.1`).
    """

    id: str
    kind: Kind
    title: str
    url: str
    sections: tuple[Section, ...]
    symbol: str | None = None
    symbols: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    signature: str | None = None
    source_url: str | None = None
    version: str | None = None
    language: str = "en"
    questions: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of one section, small enough to embed; never cut inside a code block. `ordinal` counts in the page."""

    id: str
    page_id: str
    section: str
    ordinal: int
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement of an answer comes from; see the published contract for each field."""

    id: str
    kind: Kind
    title: str
    url: str
    language: str
    score: float
    excerpt: str
    symbol: str | None = None
    symbols: tuple[str, ...] = ()
    section: str | None = None
    version: str | None = None

    def to_dict(self) -> dict[str, Any]:
        data = asdict(self)
        data["symbols"] = list(self.symbols)
        return data


@dataclass(frozen=True, slots=True)
class Answer:
    """What the knowledge base says to a question. `answered` is False when it does not know."""

    question: str
    language: str
    answered: bool
    confidence: float
    text: str
    code: str | None
    sources: tuple[Source, ...]
    timings_ms: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        data = asdict(self)
        data["sources"] = [source.to_dict() for source in self.sources]
        return data
