"""A heap of texts on the disk, for exports whose parts lie far apart and do not fit into memory."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any


class Spool:
    """Keeps JSON values under a key each, several under one key, in the order they came; gone when it is closed."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="lobby-spool-")
        self._db = sqlite3.connect(Path(self._folder.name) / "spool.sqlite", isolation_level=None)
        # A crash loses nothing that cannot be read again.
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("CREATE TABLE heap (number INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT NOT NULL)")
        self._db.execute("CREATE INDEX keys ON heap(key)")
        self._db.execute("BEGIN")

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
        self._folder.cleanup()

    def add(self, key: str, value: dict[str, Any]) -> None:
        """Keep `value`, which JSON can hold, under `key`."""
        # Half characters, which JSON's escapes can bring along, fit into ASCII only.
        row = (key.encode("utf-8", "replace").decode(), json.dumps(value, ensure_ascii=True))
        self._db.execute("INSERT INTO heap (key, value) VALUES (?, ?)", row)

    def under(self, key: str) -> list[dict[str, Any]]:
        """Return all values kept under `key`."""
        safe = key.encode("utf-8", "replace").decode()
        rows = self._db.execute("SELECT value FROM heap WHERE key = ? ORDER BY number", (safe,))
        return [json.loads(value) for (value,) in rows]

    def starting(self, prefix: str) -> Iterator[dict[str, Any]]:
        """Yield the values whose keys start with `prefix`, in the order they came, one at a time."""
        last = 0
        while True:
            row = self._db.execute(
                "SELECT number, value FROM heap WHERE number > ? AND substr(key, 1, ?) = ? ORDER BY number LIMIT 1",
                (last, len(prefix), prefix),
            ).fetchone()
            if row is None:
                return
            last = row[0]
            yield json.loads(row[1])
