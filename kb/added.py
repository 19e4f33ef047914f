"""Sources that people added: their pages, kept for good, and what changed when one is read again.

Everything else in the data directory can be made again from what is installed; these pages cannot, for the folder or
export that they came from may be gone. They lie in a database of their own, in which one transaction replaces a source
by what was read anew, and which a kill at any moment leaves whole.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kb.errors import BadSource, Damaged
from kb.pages import Page
from kb.sources import registry
from kb.sources.outside import Problem, Resolve, shown
from kb.state import text_hash
from kb.store import dump_page, load_page, translated

FILE = "added.sqlite"
# All problems are counted; more of them than this nobody reads.
MOST_PROBLEMS = 200
# Kinds of which every document is a file of its own; of the others one file holds many documents.
_FILE_EACH = frozenset({"folder", "git"})

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sources (
    name TEXT PRIMARY KEY, kind TEXT NOT NULL, added_at TEXT NOT NULL, read_at TEXT NOT NULL, problems INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS pages (
    id TEXT PRIMARY KEY, source TEXT NOT NULL REFERENCES sources(name) ON DELETE CASCADE, place INTEGER NOT NULL,
    hash TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS pages_of_source ON pages(source, place);
"""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Added:
    """A source that was added: its name and kind, its number of pages, when it came and when it was last read."""

    name: str
    kind: str
    pages: int
    added_at: str
    read_at: str
    problems: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Change:
    """What reading a source again changed, in pages.

    `kept` are pages that were not found again while documents that may hold them could not be read; `problems` are the
    first of `problem_count` lines, each naming a document and what is wrong with it.
    """

    source: str
    kind: str
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    kept: int = 0
    problems: tuple[str, ...] = ()
    problem_count: int = 0

    @property
    def any(self) -> bool:
        """Tell whether there is something to index."""
        return bool(self.added or self.changed or self.removed)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"problems": list(self.problems)}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source holds now."""

    source: str
    kind: str
    pages: tuple[Page, ...]
    problems: tuple[Problem, ...]
    problem_count: int


def read(location: Path | str, resolve: Resolve, kind: str | None, progress: Progress) -> Reading:
    """Read a source whole.

    Raises:
        BadSource: there is nothing of it that can be read.
    """
    kind = kind or registry.detect(location)
    pages: dict[tuple[str, str], Page] = {}
    problems: list[Problem] = []
    count = 0
    stage = f"Reading {registry.source_name(location)}"
    progress(stage, 0, 0)
    for found in registry.load(location, resolve, kind=kind):
        if isinstance(found, Problem):
            count += 1
            if len(problems) < MOST_PROBLEMS:
                problems.append(found)
            continue
        # A page and its translations are one; of two in the same language (zh-cn, zh-tw) the first counts.
        group = found.meta.get("translation_of")
        pages.setdefault((f"group:{group}", found.language) if group else (found.id, ""), found)
        if len(pages) % 100 == 0:
            progress(stage, len(pages), 0)
    if not pages:
        why = f" {problems[0]}." if problems else " It holds no document about Keras."
        raise BadSource(
            f"Nothing could be read from {registry.source_name(location)}.{why}",
            "Mend or replace it, and add it again; nothing has been changed.",
        )
    progress(stage, len(pages), len(pages))
    return Reading(registry.source_name(location), kind, tuple(pages.values()), tuple(problems), count)


class AddedSources:
    """The added sources of a knowledge base. Every change is one transaction, which the caller ends with `commit`."""

    def __init__(self, folder: Path) -> None:
        """Open what `folder` has; nothing is written before something is added.

        Raises:
            Damaged: the file cannot be read.
            NoSpace: the folder cannot be written.
        """
        self._path = folder / FILE
        self._db: sqlite3.Connection | None = None
        if self._path.exists():
            self._connect()

    def _connect(self) -> sqlite3.Connection:
        if self._db is None:
            with _told(self._path):
                self._db = sqlite3.connect(self._path, isolation_level=None)
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
                self._db.execute("PRAGMA foreign_keys = ON")
                # What a person wants forgotten shall not be found in the file any more.
                self._db.execute("PRAGMA secure_delete = ON")
                self._db.executescript(_SCHEMA)
                if (found := self._db.execute("PRAGMA quick_check(1)").fetchone()) != ("ok",):
                    raise sqlite3.DatabaseError(str(found[0]))
        return self._db

    def close(self) -> None:
        """Close the file; what was not committed is as if it had never been."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def sources(self) -> tuple[Added, ...]:
        """Return what was added, in the order of names."""
        query = (
            "SELECT name, kind, (SELECT count(*) FROM pages WHERE source = name), added_at, read_at, problems "
            "FROM sources ORDER BY name"
        )
        return tuple(Added(*row) for row in self._rows(query))

    def pages(self) -> Iterator[Page]:
        """Yield all pages, source by source."""
        for (body,) in self._rows("SELECT body FROM pages ORDER BY source, place"):
            yield load_page(body)

    def fingerprint(self) -> str:
        """Return a hash of all pages; "" when there are none."""
        rows = self._rows("SELECT id, hash FROM pages ORDER BY source, place")
        return text_hash(*(f"{identity} {digest}" for identity, digest in rows)) if rows else ""

    def replace(self, reading: Reading) -> Change:
        """Put what was read now in the place of what the source held, and say what that changed."""
        db = self._connect()
        now = datetime.now(UTC).isoformat(timespec="seconds")
        taken = {identity for (identity,) in self._rows("SELECT id FROM pages WHERE source != ?", reading.source)}
        rows = self._rows("SELECT id, hash, place FROM pages WHERE source = ?", reading.source)
        before = {identity: (digest, place) for identity, digest, place in rows}
        elsewhere = [page for page in reading.pages if page.id in taken]
        problems = [str(problem) for problem in reading.problems]
        problems += [f"{page.id}: another source has it already" for page in elsewhere]
        now_there = {page.id: page for page in reading.pages if page.id not in taken}
        gone = [identity for identity in before if identity not in now_there]
        kept = [identity for identity in gone if _may_be_unread(identity, reading)]
        added = [page for page in now_there.values() if page.id not in before]
        changed = [page for page in now_there.values() if page.id in before and before[page.id][0] != _hash(page)]
        with _told(self._path):
            db.execute("BEGIN IMMEDIATE")
            db.execute(
                "INSERT INTO sources VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
                "kind = excluded.kind, read_at = excluded.read_at, problems = excluded.problems",
                (reading.source, reading.kind, now, now, reading.problem_count + len(elsewhere)),
            )
            dropped = [(identity,) for identity in gone if identity not in set(kept)]
            db.executemany("DELETE FROM pages WHERE id = ?", dropped)
            first = 1 + max((place for _, place in before.values()), default=-1)
            places = {page.id: first + number for number, page in enumerate(added)}
            db.executemany(
                "INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?)",
                (
                    (p.id, reading.source, places.get(p.id, before.get(p.id, ("", 0))[1]), _hash(p), dump_page(p))
                    for p in [*added, *changed]
                ),
            )
        return Change(
            source=reading.source,
            kind=reading.kind,
            added=len(added),
            changed=len(changed),
            removed=len(dropped),
            unchanged=len(now_there) - len(added) - len(changed),
            kept=len(kept),
            problems=tuple(problems[:MOST_PROBLEMS]),
            problem_count=reading.problem_count + len(elsewhere),
        )

    def put(self, source: str, kind: str, pages: Sequence[Page]) -> None:
        """Put pages beside those that a source has; one of the same id takes the place of the other."""
        db = self._connect()
        now = datetime.now(UTC).isoformat(timespec="seconds")
        marked = [replace(page, meta={**page.meta, "source": source, "source_kind": kind}) for page in pages]
        with _told(self._path):
            db.execute("BEGIN IMMEDIATE")
            db.execute(
                "INSERT INTO sources VALUES (?, ?, ?, ?, 0) "
                "ON CONFLICT (name) DO UPDATE SET read_at = excluded.read_at",
                (source, kind, now, now),
            )
            ((first,),) = self._rows("SELECT coalesce(max(place), -1) + 1 FROM pages WHERE source = ?", source)
            db.executemany(
                "INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?)",
                ((page.id, source, first + number, _hash(page), dump_page(page)) for number, page in enumerate(marked)),
            )

    def take(self, identities: Sequence[str]) -> int:
        """Take pages away by their ids and return how many there were; a source stays, even if nothing of it is left.

        What is indexed still holds the pages until the next build: a file without sources would be mended from there.
        """
        db = self._connect()
        with _told(self._path):
            db.execute("BEGIN IMMEDIATE")
            count = sum(db.execute("DELETE FROM pages WHERE id = ?", (one,)).rowcount for one in identities)
        return count

    def drop(self, name: str) -> Change:
        """Forget a source with all its pages.

        Raises:
            BadSource: there is none of that name.
        """
        found = {source.name: source for source in self.sources()}
        chosen = found.get(name) or found.get(registry.source_name(name)) or found.get(name.rstrip("/"))
        if chosen is None:
            known = ", ".join(found) if found else "none was added"
            raise BadSource(f"There is no added source {shown(Path(name))}.", f"Choose one of: {known}.")
        db = self._connect()
        with _told(self._path):
            db.execute("BEGIN IMMEDIATE")
            db.execute("DELETE FROM sources WHERE name = ?", (chosen.name,))
        return Change(source=chosen.name, kind=chosen.kind, removed=chosen.pages)

    def restore(self, pages: Iterable[Page], sources: Sequence[Added]) -> None:
        """Fill an empty file with what a finished build still holds of each source."""
        held: dict[str, list[Page]] = {source.name: [] for source in sources}
        for page in pages:
            if page.meta.get("source") in held:
                held[str(page.meta["source"])].append(page)
        for source in sources:
            self.replace(Reading(source.name, source.kind, tuple(held[source.name]), (), source.problems))
            self.commit()

    def commit(self) -> None:
        """Make the change that was begun last."""
        if self._db is not None and self._db.in_transaction:
            with _told(self._path):
                self._db.execute("COMMIT")

    def _rows(self, query: str, *values: Any) -> list[Any]:
        if self._db is None:
            return []
        with _told(self._path):
            return self._db.execute(query, values).fetchall()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn errors about the file into ours: unlike all else, it is not simply built again."""
    try:
        with translated(path):
            yield
    except Damaged as error:
        raise Damaged(error.what, f"Mend it from what is indexed: lobby kb build. Before that, copy {path}.") from None


def _hash(page: Page) -> str:
    return str(page.meta.get("hash", ""))


def _may_be_unread(identity: str, reading: Reading) -> bool:
    """Tell whether a page that was not found may stand in a document that could not be read this time."""
    if reading.kind not in _FILE_EACH:
        return bool(reading.problems)
    own = identity.partition("/")[2] + "/"
    return any(own.startswith(f"{Path(problem.where).with_suffix('')}/") for problem in reading.problems)


def current(page: Page, resolve: Resolve) -> Page:
    """Return a page with the symbols that today's packages have, for it may have been read with older ones."""
    symbols = tuple(dict.fromkeys(found for name in page.symbols if (found := resolve(name))))
    return page if symbols == page.symbols else replace(page, symbols=symbols)
