"""Runs in SQLite: accepted before they start, finished or reported as interrupted whatever happens to the service."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ulid import ULID

from runner.errors import UnknownRun
from runner.job import Event, Job, Limits, Result
from runner.sqlite import Database

_SCHEMA = """
create table run (
    id text primary key,
    state text not null check (state in ('queued', 'running', 'done')),
    owner text not null,           -- the service that looks after it; see Owner
    job text not null,
    result text,
    accepted real not null,        -- seconds since 1970
    finished real
) without rowid;
create index run_by_state on run (state, id);
create table event (
    run text not null references run (id) on delete cascade,
    number integer not null,
    kind text not null,
    data text not null,
    primary key (run, number)
) without rowid;
pragma user_version = 1;
"""
# Steps from one version to the next; append only.
_MIGRATIONS = (
    """
alter table run add column cache_key text;
create index run_by_cache_key on run (cache_key) where cache_key is not null;
pragma user_version = 2;
""",
)


def job_to_json(job: Job) -> str:
    """Return a job as text that `job_from_json` reads back."""
    return json.dumps(
        {
            "source": job.source,
            "backend": job.backend,
            "device": job.device,
            "limits": job.limits.to_dict(),
            "seed": job.seed,
            "stdin": base64.b64encode(job.stdin).decode(),
            "files": {name: base64.b64encode(content).decode() for name, content in job.files.items()},
            "graph": job.graph,
            "account": job.account,
        }
    )


def job_from_json(text: str) -> Job:
    """Rebuild a job from `job_to_json`."""
    data = json.loads(text)
    return Job(
        source=data["source"],
        backend=data["backend"],
        device=data["device"],
        limits=Limits.from_dict(data["limits"]),
        seed=data["seed"],
        stdin=base64.b64decode(data["stdin"]),
        files={name: base64.b64decode(content) for name, content in data["files"].items()},
        graph=data.get("graph", False),
        account=data.get("account", ""),
    )


class Owner:
    """A lock file that lives as long as one service: whoever can take the lock knows that the service is gone."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.name = str(ULID())
        self._path = folder / self.name
        self._descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def gone(self, name: str) -> bool:
        """True when the service called `name` does not live any more."""
        if name == self.name:
            return False
        try:
            descriptor = os.open(self._folder / name, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True

    def note(self, folders: Iterable[Path]) -> None:
        """Write into the mark which folders elsewhere are this service's, for whoever finds it gone."""
        os.pwrite(self._descriptor, "".join(f"{folder}\n" for folder in folders).encode(), 0)

    def dead(self) -> dict[str, list[Path]]:
        """Return the services that are gone but whose marks are still there, each with the folders it noted."""
        found = {}
        for path in self._folder.iterdir():
            if self.gone(path.name):
                with contextlib.suppress(OSError):
                    found[path.name] = [Path(line) for line in path.read_text("utf-8", "replace").splitlines()]
        return found

    def forget(self, name: str) -> None:
        """Remove the mark of a service that is gone."""
        (self._folder / name).unlink(missing_ok=True)

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


class Store:
    """The runs of one folder. Thread-safe; several services may use the same folder."""

    def __init__(self, path: Path) -> None:
        self._base = Database(path, (_SCHEMA, *_MIGRATIONS), "foreign_keys = on")

    def accept(self, run_id: str, job: Job, owner: str) -> None:
        """Write down that a run was accepted."""
        with self._base.transaction() as base:
            base.execute(
                "insert into run (id, state, owner, job, accepted) values (?, 'queued', ?, ?, ?)",
                (run_id, owner, job_to_json(job), time.time()),
            )

    def start(self, run_id: str) -> None:
        """Write down that a run is about to start; from here on it is never started again."""
        with self._base.transaction() as base:
            base.execute("update run set state = 'running' where id = ?", (run_id,))

    def finish(self, result: Result, events: list[Event], cache_key: str | None = None) -> None:
        """Write down how a run ended, with a key also for later identical ones; a result that is there stays."""
        with self._base.transaction() as base:
            changed = base.execute(
                "update run set state = 'done', result = ?, finished = ?, cache_key = ?"
                " where id = ? and state != 'done'",
                (json.dumps(result.to_dict()), time.time(), cache_key, result.id),
            ).rowcount
            if changed:
                base.executemany(
                    "insert or replace into event (run, number, kind, data) values (?, ?, ?, ?)",
                    [(result.id, event.number, event.kind, json.dumps(event.data)) for event in events],
                )

    def take_over(self, owner: Owner) -> tuple[list[tuple[str, Job]], list[tuple[str, Job]]]:
        """Return runs that services now gone left behind: those that wait, now ours, and those that were running."""
        waiting: list[tuple[str, Job]] = []
        running: list[tuple[str, Job]] = []
        with self._base.transaction() as base:
            rows = base.execute("select id, state, owner, job from run where state != 'done' order by id").fetchall()
            gone = {name for name in {row[2] for row in rows} if owner.gone(name)}
            for run_id, state, name, job in rows:
                if name in gone:
                    base.execute("update run set owner = ? where id = ?", (owner.name, run_id))
                    (waiting if state == "queued" else running).append((run_id, job_from_json(job)))
        return waiting, running

    def result(self, run_id: str) -> Result | None:
        """Return a finished run's result, None while it is not finished.

        Raises:
            UnknownRun: there is no such run.
        """
        row = self._row("select result from run where id = ?", run_id)
        return Result.from_dict(json.loads(row[0])) if row[0] is not None else None

    def remembered(self, cache_key: str) -> tuple[Result, list[Event]] | None:
        """Return the outcome that was kept under a key, with its events."""
        row = self._base.row("select id, result from run where cache_key = ? order by id desc limit 1", cache_key)
        return (Result.from_dict(json.loads(row[1])), self.events(row[0], 0)) if row is not None else None

    def job(self, run_id: str) -> Job:
        """Return what was asked to run.

        Raises:
            UnknownRun: there is no such run.
        """
        return job_from_json(self._row("select job from run where id = ?", run_id)[0])

    def events(self, run_id: str, after: int) -> list[Event]:
        """Return the events of a finished run with numbers above `after`."""
        rows = self._base.rows(
            "select number, kind, data from event where run = ? and number > ? order by number", run_id, after
        )
        return [Event(number, kind, json.loads(data)) for number, kind, data in rows]

    def counts(self) -> dict[str, int]:
        """Return how many runs are in each state."""
        return dict(self._base.rows("select state, count(*) from run group by state"))

    def outcomes(self, since: float) -> list[tuple[str, str, str | None, str | None, int]]:
        """Return status, backend, version of Keras, type of error and how often, of runs finished since then."""
        return self._base.rows(
            "select result ->> 'status', result ->> 'backend', result ->> 'keras_version',"
            " result ->> '$.error.type', count(*) from run where state = 'done' and finished > ?"
            " group by 1, 2, 3, 4 order by 5 desc",
            since,
        )

    def prune(self, kept: int) -> list[str]:
        """Forget all but the newest `kept` finished runs and return the ids of those forgotten."""
        with self._base.transaction() as base:
            rows = base.execute(
                "select id from run where state = 'done' order by id desc limit -1 offset ?", (kept,)
            ).fetchall()
            base.executemany("delete from run where id = ?", rows)
        return [row[0] for row in rows]

    def forget(self, run_id: str) -> bool:
        """Delete a finished run with its events; False when there is none."""
        with self._base.transaction() as base:
            return bool(base.execute("delete from run where id = ? and state = 'done'", (run_id,)).rowcount)

    def close(self) -> None:
        self._base.close()

    def _row(self, query: str, run_id: str) -> tuple[Any, ...]:
        row = self._base.row(query, run_id)
        if row is None:
            raise UnknownRun(
                f"There is no run {run_id[:40]!r}.", "Check the address; old runs are removed after a while."
            )
        return row
