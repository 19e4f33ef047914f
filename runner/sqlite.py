"""SQLite files as Lobby keeps them: opened, brought to today's tables, changed only in whole transactions."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from runner.disk import writing_to

# With a write-ahead log a killed process loses nothing that was committed.
_PRAGMAS = ("journal_mode = wal", "synchronous = normal")


class Database:
    """One SQLite file. Thread-safe; processes may share the file."""

    def __init__(self, path: Path, steps: Sequence[str], pragma: str) -> None:
        """Open or make the file, and take its tables to today's version.

        Args:
            path: of the file; its folder is made when it is missing.
            steps: SQL that leads from each version to the next, from an empty file on; each sets `user_version`.
            pragma: what this file needs besides what every one has, as `foreign_keys = on`.

        Raises:
            NoSpace: the folder cannot be written to.
        """
        self._folder = path.parent
        self._lock = threading.Lock()
        self._closed = False
        with writing_to(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
            for each in (*_PRAGMAS, pragma):
                self._base.execute(f"pragma {each}")
        with self.transaction() as base:
            at = base.execute("pragma user_version").fetchone()[0]
            for step in steps[at:]:
                for statement in step.split(";\n"):
                    if statement.strip():
                        base.execute(statement)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Change the file as a whole or, when something is raised, not at all.

        Raises:
            NoSpace: the folder cannot be written to.
        """
        with self._lock, writing_to(self._folder):
            self._base.execute("begin immediate")
            try:
                yield self._base
                self._base.execute("commit")
            except BaseException:
                if self._base.in_transaction:  # a full disk may have ended it already
                    self._base.execute("rollback")
                raise

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        with self._lock:
            return self._base.execute(query, values).fetchall()

    def row(self, query: str, *values: Any) -> tuple[Any, ...] | None:
        """Return the first row of a query, None when there is none."""
        with self._lock:
            row: tuple[Any, ...] | None = self._base.execute(query, values).fetchone()
        return row

    def close(self) -> bool:
        """Close the file; False when it was closed before."""
        with self._lock:
            if self._closed:
                return False
            self._closed = True
            self._base.close()
        return True
