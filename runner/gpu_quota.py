"""Who may still use a GPU: measured seconds by account, remembered over restarts."""

from __future__ import annotations

import time
from pathlib import Path

from runner.job import LOCAL
from runner.sqlite import Database

WINDOW_S = 3600.0
_SCHEMA = """
create table gpu_use (
    account text not null,
    ended real not null,           -- seconds since 1970
    seconds real not null
);
create index gpu_use_by_account on gpu_use (account, ended);
pragma user_version = 1;
"""


class Quota:
    """The seconds of GPU that each account used within the last hour. Thread-safe; services may share the file."""

    def __init__(self, path: Path, seconds: float) -> None:
        """Open the ledger.

        Args:
            path: of its file.
            seconds: what one account may use within an hour; 0: as much as it likes.
        """
        self._seconds = seconds
        self._base = Database(path, (_SCHEMA,), "synchronous = normal")

    def wait_s(self, account: str) -> float:
        """Return how long until `account` may use a GPU again; 0 when it may now.

        A run begun with a second left may overdraw by its own length; that counts for the next hour.
        """
        if self._seconds <= 0 or account == LOCAL:
            return 0.0
        now = time.time()
        query = "select ended, seconds from gpu_use where account = ? and ended > ? order by ended desc"
        used = 0.0
        for ended, seconds in self._base.rows(query, account, now - WINDOW_S):
            used += seconds
            if used >= self._seconds:  # as soon as this one is an hour old, less than the quota is left of the others
                return float(max(0.1, ended + WINDOW_S - now))
        return 0.0

    def spend(self, account: str, seconds: float) -> None:
        """Write down what a run used.

        Raises:
            NoSpace: the disk is full.
        """
        now = time.time()
        with self._base.transaction() as base:
            base.execute("delete from gpu_use where ended <= ?", (now - WINDOW_S,))
            base.execute("insert into gpu_use values (?, ?, ?)", (account, now, seconds))

    def close(self) -> None:
        self._base.close()
