"""Pages and passages in SQLite: the truth from which everything else is derived.

A store is written once, beside the one in use, and from then on only read; so readers need no locks and may sit on a
read-only disk. What must outlive a build (embeddings already computed, packages already read) is in `Cache`, a second
database in WAL mode that a kill at any moment leaves whole.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from kb.embedding import Vectors
from kb.errors import Damaged, NoSpace
from kb.pages import Page, Passage, Section

_SCHEMA = """
CREATE TABLE pages (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL, symbol TEXT,
    language TEXT NOT NULL, body TEXT NOT NULL
);
CREATE TABLE passages (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, page INTEGER NOT NULL REFERENCES pages(number),
    section TEXT NOT NULL, ordinal INTEGER NOT NULL, text TEXT NOT NULL
);
CREATE INDEX passages_of_page ON passages(page, ordinal);
CREATE TABLE hints (number INTEGER PRIMARY KEY, text TEXT NOT NULL, symbols TEXT NOT NULL, origin TEXT NOT NULL);
"""

REBUILD = "Build it again: lobby kb build"


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's errors about `path` into ours."""
    try:
        yield
    except sqlite3.Error as error:
        if "full" in str(error) or "readonly" in str(error).replace(" ", ""):
            raise no_space(path) from None
        raise Damaged(f"The knowledge base file {path.name} cannot be read: {error}.", REBUILD) from None
    except OSError as error:
        raise no_space(path, error) from None


def no_space(path: Path, error: OSError | None = None) -> NoSpace:
    """Say that nothing can be written at `path`."""
    why = error.strerror if error is not None and error.strerror else "no space left on the disk"
    folder = path if path.is_dir() else path.parent
    return NoSpace(
        f"The knowledge base cannot be written to {folder}: {why}.",
        "Free some space (about 200 MB), or choose another folder with --data-dir.",
    )


class Store:
    """One finished, read-only set of pages, passages and hints. Thread-safe."""

    def __init__(self, path: Path) -> None:
        """Open the store at `path`.

        Raises:
            Damaged: the file is missing or no store.
        """
        self._path = path
        self._lock = threading.Lock()
        with translated(path):
            # `immutable`: the file never changes once it is in place, so no lock files are needed.
            self._db = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
            self._db.execute("SELECT count(*) FROM pages").fetchone()

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def page(self, number: int) -> Page:
        (body,) = self._one("SELECT body FROM pages WHERE number = ?", number)
        return load_page(body)

    def passage(self, number: int) -> Passage:
        row = self._one(
            "SELECT passages.id, pages.id, section, ordinal, text FROM passages JOIN pages ON pages.number = page "
            "WHERE passages.number = ?",
            number,
        )
        return Passage(*row)

    def pages(self) -> Iterator[Page]:
        """Yield all pages in their order."""
        for (body,) in self._all("SELECT body FROM pages ORDER BY number"):
            yield load_page(body)

    def passages(self) -> list[tuple[int, str, str]]:
        """Return page number, section and text of all passages in their order."""
        return self._all("SELECT page, section, text FROM passages ORDER BY number")

    def hints(self) -> list[tuple[str, tuple[str, ...], str]]:
        """Return text, symbols and origin of all hints in their order."""
        rows = self._all("SELECT text, symbols, origin FROM hints ORDER BY number")
        return [(text, tuple(symbols.split()), origin) for text, symbols, origin in rows]

    def _one(self, query: str, *values: Any) -> Any:
        with self._lock, translated(self._path):
            row = self._db.execute(query, values).fetchone()
        if row is None:
            raise Damaged(f"The knowledge base file {self._path.name} lacks an entry that its index names.", REBUILD)
        return row

    def _all(self, query: str) -> list[Any]:
        with self._lock, translated(self._path):
            return self._db.execute(query).fetchall()


def write_store(path: Path, pages: Sequence[Page], passages: Sequence[Passage], hints: Iterable[Any]) -> None:
    """Write a new store at `path`, complete and on the disk when this returns.

    Args:
        path: a file that does not exist.
        pages: in the order that numbers them.
        passages: in the order that numbers them, each of one of the pages.
        hints: text, symbols and origin of each.

    Raises:
        NoSpace: the disk is full or the folder cannot be written.
    """
    numbers = {page.id: number for number, page in enumerate(pages)}
    with translated(path):
        db = sqlite3.connect(path)
        try:
            # Nobody reads the file before it is renamed into place: a journal would only cost time.
            db.execute("PRAGMA journal_mode = OFF")
            db.executescript(_SCHEMA)
            db.executemany(
                "INSERT INTO pages VALUES (?, ?, ?, ?, ?, ?, ?)",
                ((numbers[p.id], p.id, p.kind, p.title, p.symbol, p.language, dump_page(p)) for p in pages),
            )
            db.executemany(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)",
                ((number, p.id, numbers[p.page_id], p.section, p.ordinal, p.text) for number, p in enumerate(passages)),
            )
            db.executemany(
                "INSERT INTO hints VALUES (?, ?, ?, ?)",
                ((n, text, " ".join(symbols), origin) for n, (text, symbols, origin) in enumerate(hints)),
            )
            db.commit()
        finally:
            db.close()


def dump_page(page: Page) -> str:
    """Return a page as JSON."""
    return json.dumps(asdict(page), ensure_ascii=False)


def load_page(body: str) -> Page:
    """Return the page that `dump_page` wrote."""
    data = json.loads(body)
    data["sections"] = tuple(Section(**section) for section in data["sections"])
    for name in ("symbols", "aliases", "questions"):
        data[name] = tuple(data[name])
    return Page(**data)


class Cache:
    """What a build may use again: vectors by content and model, pages by package version."""

    def __init__(self, path: Path) -> None:
        """Open or make the cache at `path`; one that cannot be read is thrown away, for it is all derived.

        Raises:
            NoSpace: the disk is full or the folder cannot be written.
        """
        self._path = path
        try:
            with translated(path):
                self._db = self._open()
        except Damaged:
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            with translated(path):
                self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.executescript(
                "CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;"
                "CREATE TABLE IF NOT EXISTS readings (key TEXT PRIMARY KEY, body TEXT NOT NULL);"
            )
            db.execute("SELECT count(*) FROM readings").fetchone()
        except BaseException:
            db.close()
            raise
        return db

    def close(self) -> None:
        self._db.close()

    def vectors(self, keys: Sequence[str]) -> dict[str, Vectors]:
        """Return the known vectors of `keys`."""
        found: dict[str, Vectors] = {}
        with translated(self._path):
            for start in range(0, len(keys), 500):
                some = keys[start : start + 500]
                marks = ",".join("?" * len(some))
                query = f"SELECT key, vector FROM vectors WHERE key IN ({marks})"  # noqa: S608 - only question marks
                for key, blob in self._db.execute(query, some):
                    found[key] = np.frombuffer(blob, dtype="<f4")
        return found

    def add_vectors(self, keys: Sequence[str], vectors: Vectors) -> None:
        """Keep vectors; they are on the disk when this returns."""
        with translated(self._path):
            self._db.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                ((key, np.asarray(row, dtype="<f4").tobytes()) for key, row in zip(keys, vectors, strict=True)),
            )
            self._db.commit()

    def forget_vectors_but(self, keys: Iterable[str]) -> None:
        """Drop every vector that is not one of `keys`, so that the cache does not grow for ever."""
        with translated(self._path):
            self._db.execute("CREATE TEMP TABLE kept (key TEXT PRIMARY KEY)")
            self._db.executemany("INSERT OR IGNORE INTO kept VALUES (?)", ((key,) for key in keys))
            self._db.execute("DELETE FROM vectors WHERE key NOT IN (SELECT key FROM kept)")
            self._db.execute("DROP TABLE kept")
            self._db.commit()

    def reading(self, key: str) -> list[Page] | None:
        """Return the pages kept under `key`, or None."""
        with translated(self._path):
            row = self._db.execute("SELECT body FROM readings WHERE key = ?", (key,)).fetchone()
        return None if row is None else [load_page(body) for body in json.loads(row[0])]

    def keep_reading(self, key: str, pages: Sequence[Page]) -> None:
        """Keep `pages` under `key`, in place of any reading before."""
        with translated(self._path):
            self._db.execute("DELETE FROM readings")
            self._db.execute("INSERT INTO readings VALUES (?, ?)", (key, json.dumps([dump_page(p) for p in pages])))
            self._db.commit()
