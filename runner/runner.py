"""The runner's public face: run a snippet, or submit it and follow it.

    runner = Runner(folder)
    result = runner.run(Job("print('hello')"))

Everything that a snippet does ends as a `Result`; exceptions are for what the caller asked wrongly.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ulid import ULID

from runner import artifacts, cache, leftovers, outcome, policy, probe
from runner.admission import refusal
from runner.cgroup import find
from runner.disk import writing_to
from runner.errors import NoSpace, QueueFull, Unavailable, UnknownRun
from runner.gpu import find as find_gpus
from runner.gpu_lease import Gpus
from runner.gpu_quota import Quota
from runner.job import Event, Job, Result, RunError
from runner.live import LiveRun
from runner.outcome import never_started
from runner.policy import RunnerConfig
from runner.pool import Pool, chosen_backend
from runner.probe import Capability
from runner.spawner import Child
from runner.store import Owner, Store
from runner.supervise import Supervision

__all__ = ["Runner", "RunnerConfig"]

_LOG = logging.getLogger(__name__)
_UNWRITTEN_KEPT = 200
# How often to look whether another service of this machine has let go of a GPU that runs wait for.
_GPU_LOOK_S = 0.5
_RUN_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


class Runner:
    """Runs snippets in cells of their own. Thread-safe; make one a process and close it."""

    def __init__(self, folder: Path, config: RunnerConfig | None = None) -> None:
        self._config = config or RunnerConfig()
        self._folder = folder.resolve()
        with writing_to(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._store = Store(self._folder / "runs.sqlite3")
            self._owner = Owner(self._folder / "owners")
        self._groups, self._group_problem = find(f"lobby-{os.getpid()}-{self._owner.name}")
        with writing_to(self._folder):
            self._owner.note(self._groups.folders)
        self._pool = Pool(self._folder / "parents" / self._owner.name, self._config, self._groups)
        self._gpus = self._find_gpus()
        self._capability: Capability | None = None
        self._lock = threading.Lock()
        self._ready = threading.Condition(self._lock)
        self._queue: deque[LiveRun] = deque()
        self._runs: dict[str, LiveRun] = {}
        self._running = 0
        self._finished: dict[str, int] = {}
        self._unwritten: dict[str, LiveRun] = {}  # over, but the disk was full
        self._closing = False
        self._recent_s = deque([2.0], maxlen=20)
        try:
            self._recover()
        except BaseException:
            self._let_go()
            raise
        self._workers = [
            threading.Thread(target=self._work, name=f"runner-{number}", daemon=True)
            for number in range(max(1, self._config.slots))
        ]
        for worker in self._workers:
            worker.start()

    def _find_gpus(self) -> Gpus:
        gpus = find_gpus().gpus if self._config.gpus is None else self._config.gpus
        quota = Quota(self._folder / "gpu.sqlite3", self._config.gpu_seconds_per_hour) if gpus else None
        return Gpus(gpus, quota, self._config.gpu_backends)

    # -- what this machine can do ----------------------------------------------------------------------------

    def capability(self) -> Capability:
        """Return whether and how this machine isolates code; the first call tries it, later ones remember."""
        with self._lock:
            known = self._capability
        if known is None:
            known = probe.probe(self._pool.bare, self._groups.kind, self._group_problem)
            with self._lock:
                self._capability = known
        return known

    def warm_up(self, *backends: str) -> None:
        """Start the parents of these backends (all when none is named) in the background."""
        for backend in self._config.backends:
            if not backends or backend in backends:
                self._pool.warm_up(backend)

    # -- running ---------------------------------------------------------------------------------------------

    def run(self, job: Job, on_event: Callable[[Event], None] | None = None) -> Result:
        """Run a snippet and wait for its end. Whatever happens is a result; `on_event` is called as things happen."""
        try:
            run = self._accept(job, waited_for=True)
        except QueueFull as error:
            return never_started(str(ULID()), job, "rejected", RunError("QueueFull", f"{error.what} {error.remedy}"))
        return run.wait(on_event)

    def run_with_values(self, job: Job) -> tuple[Result, list[float] | None]:
        """Run a snippet and return also the numbers of what it called `result`, if it did."""
        try:
            run = self._accept(job, waited_for=True, fresh=True)
        except QueueFull as error:
            what = RunError("QueueFull", f"{error.what} {error.remedy}")
            return never_started(str(ULID()), job, "rejected", what), None
        return run.wait(None), run.values

    def submit(self, job: Job) -> str:
        """Accept a snippet and return its run's id at once; it is written down before this returns.

        Raises:
            QueueFull: too many are waiting.
        """
        return self._accept(job).id

    def _accept(self, job: Job, *, waited_for: bool = False, fresh: bool = False) -> LiveRun:
        backend = chosen_backend(job.source[: job.limits.source_bytes])
        if backend is not None and backend != job.backend and backend in self._config.backends:
            job = replace(job, backend=backend)
        run = LiveRun(str(ULID()), job, time.monotonic(), waited_for=waited_for)
        problem = refusal(job, self._config) or self._gpus.refusal(job)
        # Sums on a GPU may differ in their last digits from run to run: nothing of one is remembered.
        if problem is None and self._config.cache_entries > 0 and not self._gpus.suits(job):
            run.cache_key = cache.key(job)
            if run.cache_key is not None and not fresh and self._from_cache(run):
                return run
        with self._lock:
            if self._closing:
                raise QueueFull("The runner is shutting down.", "Try again in a minute.", 60.0)
            if problem is None and len(self._queue) >= self._config.queue:
                wait = sum(self._recent_s) / len(self._recent_s) * len(self._queue) / max(1, self._config.slots)
                raise QueueFull(
                    f"{len(self._queue)} runs are waiting already.",
                    f"Try again in about {max(1, round(wait))} s.",
                    max(1.0, wait),
                )
            self._store.accept(run.id, job, self._owner.name)
            self._runs[run.id] = run
            if problem is None:
                self._queue.append(run)
                self._ready.notify()
        if problem is not None:
            self._finish(run, never_started(run.id, job, "rejected", problem))
        return run

    def _from_cache(self, run: LiveRun) -> bool:
        """Finish a run with the outcome of an identical earlier one, if there is one; True when that was done."""
        result = cache.recall(self._store, run, self._folder / "artifacts" / run.id)
        if result is None:
            return False
        run.cache_key = None
        self._store.accept(run.id, run.job, self._owner.name)
        self._finish(run, result)
        return True

    def _work(self) -> None:
        while (run := self._next()) is not None:
            begun = time.monotonic()
            try:
                result = self._perform(run, begun)
            except (Unavailable, NoSpace) as error:
                result = never_started(
                    run.id, run.job, "unavailable", RunError(type(error).__name__, f"{error.what} {error.remedy}")
                )
            except Exception:
                _LOG.exception("run %s failed in the runner", run.id)
                what = RunError("Interrupted", "the run was cut off by a failure of the service")
                result = never_started(run.id, run.job, "interrupted", what)
            self._give_back_gpu(run)
            with self._lock:
                self._running -= 1
            self._recent_s.append(time.monotonic() - begun)
            self._finish(run, result)

    def _next(self) -> LiveRun | None:
        """Wait for a run whose turn it is and that can start; None when the service closes."""
        with self._lock:
            while True:
                for run in self._queue:
                    if run.may_start(self._gpus):
                        self._queue.remove(run)
                        self._running += 1
                        return run
                if self._closing and not self._queue:
                    return None
                # Nobody tells when another service gives back a GPU.
                self._ready.wait(_GPU_LOOK_S if self._queue else None)

    def _give_back_gpu(self, run: LiveRun) -> None:
        if run.lease is not None:
            self._gpus.give_back(run.lease, run.job.account)
            run.lease = None
            with self._lock:
                self._ready.notify_all()

    def _acquire(self, run: LiveRun, job: Job) -> Child:
        """Get a child for a run, on its GPU or, where the machine refuses that and the run does not mind, without."""
        try:
            return self._pool.acquire(job, run.lease.gpu if run.lease is not None else None)
        except Unavailable as error:
            if run.lease is None or job.device != "auto":
                raise
            _LOG.warning("run %s goes on the CPU: %s", run.id, error.what)
            self._give_back_gpu(run)
            return self._pool.acquire(job)

    def _perform(self, run: LiveRun, begun: float) -> Result:
        job = run.job if run.lease is None else run.lease.fitted(run.job)
        if run.cancelled.is_set():
            return never_started(run.id, job, "cancelled", RunError("Cancelled", "stopped by a person"))
        if run.refused is not None:
            return never_started(run.id, job, "rejected", run.refused)
        self._store.start(run.id)
        child = self._acquire(run, job)
        lease = run.lease
        try:
            supervision = Supervision(
                child, job, job.source, self._config, run.tell, lease.meter if lease is not None else None
            )
            run.supervision = supervision
            if run.cancelled.is_set():
                supervision.cancel()
            place = (lease.gpu, lease.memory_share(job)) if lease is not None else ()
            ending = supervision.run(policy.environment(job.backend, *place))
            kept, left_out = artifacts.collect(
                child.scratch, self._folder / "artifacts" / run.id, job.limits, job.files
            )
        finally:
            run.supervision = None
            if not child.close():
                _LOG.error("a cell of run %s did not go away", run.id)
            self._pool.release()
        for artifact in kept:
            run.tell("artifact", asdict(artifact))
        run.values = ending.told.values
        result = outcome.result_of(
            run.id,
            job,
            ending,
            kept,
            left_out,
            queued_ms=(begun - run.accepted) * 1000,
            accepted_ms=(ending.begun - begun) * 1000,
            device=lease.gpu.device if lease is not None else "cpu",
            gpu=lease.end() if lease is not None else None,
        )
        if not cache.may_keep(job, result, ending.told):
            run.cache_key = None
        return result

    def _finish(self, run: LiveRun, result: Result) -> None:
        with run.changed:
            done = Event(len(run.events) + 1, "done", result.to_dict())
        stored = self._write_down(run, result, [*run.events, done])
        run.result = result
        run.tell("done", done.data)
        with self._lock:
            if not stored:
                self._unwritten[run.id] = run
                while len(self._unwritten) > _UNWRITTEN_KEPT:
                    del self._unwritten[next(iter(self._unwritten))]
            self._runs.pop(run.id, None)
            self._finished[result.status] = self._finished.get(result.status, 0) + 1
            often = sum(self._finished.values()) % 100 == 0
        if often:
            self._prune()

    def _write_down(self, run: LiveRun, result: Result, events: list[Event]) -> bool:
        """Put a result into the store; False when the disk is full, and the result has to stay in memory."""
        try:
            key = run.cache_key if result.status in ("ok", "error") else None
            self._store.finish(result, events, key)
        except NoSpace as error:
            _LOG.warning("the result of run %s is kept in memory only: %s", run.id, error.what)
            return False
        except Exception:
            _LOG.exception("the result of run %s could not be stored", run.id)
            return False
        self._write_late()
        return True

    def _write_late(self) -> None:
        """Write down what a full disk had kept in memory; the first refusal ends the attempt."""
        with self._lock:
            waiting = list(self._unwritten.values())
        for run in waiting:
            if run.result is None:
                continue
            try:
                self._store.finish(run.result, run.events)
            except Exception as error:
                _LOG.debug("run %s stays in memory: %s", run.id, error)
                return
            with self._lock:
                self._unwritten.pop(run.id, None)

    def _prune(self) -> None:
        with contextlib.suppress(NoSpace):  # the next time, then
            for run_id in self._store.prune(self._config.kept_runs):
                shutil.rmtree(self._folder / "artifacts" / run_id, ignore_errors=True)

    # -- following -------------------------------------------------------------------------------------------

    def result(self, run_id: str) -> Result | None:
        """Return how a run ended, None while it has not.

        Raises:
            UnknownRun: there is no such run.
        """
        unwritten = self._unwritten.get(run_id)
        return unwritten.result if unwritten is not None else self._store.result(run_id)

    def job(self, run_id: str) -> Job:
        """Return what was run.

        Raises:
            UnknownRun: there is no such run.
        """
        return self._store.job(run_id)

    def events(self, run_id: str, after: int = 0, timeout_s: float | None = None) -> Iterator[Event]:
        """Return the events of a run with numbers above `after`, waiting for new ones, ending after `done`.

        Args:
            run_id: which run.
            after: the number of the last event that was seen; 0 for all.
            timeout_s: end quietly when nothing happened for this long; None waits as long as the run takes.

        Raises:
            UnknownRun: there is no such run.
        """
        with self._lock:
            run = self._runs.get(run_id) or self._unwritten.get(run_id)
        if run is None:
            self._store.result(run_id)  # raises for an unknown run
            return iter(self._store.events(run_id, after))
        return run.follow(after, timeout_s)

    def subscribe(self, run_id: str, callback: Callable[[Event], None], after: int = 0) -> Callable[[], None]:
        """Call `callback` for each event from a thread of its own; the function returned ends that.

        Raises:
            UnknownRun: there is no such run.
        """
        stopped = threading.Event()
        with self._lock:
            live = run_id in self._runs
        if not live:
            self.result(run_id)

        def follow() -> None:
            at = after
            while not stopped.is_set():
                ended = False
                for event in self.events(run_id, at, timeout_s=0.5):
                    if stopped.is_set():
                        return
                    at, ended = event.number, event.kind == "done"
                    with contextlib.suppress(Exception):
                        callback(event)
                with self._lock:
                    live = run_id in self._runs
                if ended or (not live and not self._store.events(run_id, at)):
                    return

        threading.Thread(target=follow, name=f"runner-follow-{run_id[-6:]}", daemon=True).start()
        return stopped.set

    def cancel(self, run_id: str) -> bool:
        """Stop a run; True when it had not ended yet.

        Raises:
            UnknownRun: there is no such run.
        """
        with self._lock:
            run = self._runs.get(run_id)
            if run is None:
                waiting = None
            else:
                run.cancelled.set()
                waiting = run if run in self._queue else None
                if waiting is not None:
                    self._queue.remove(run)
        if run is None:
            self.result(run_id)
            return False
        if waiting is not None:
            what = RunError("Cancelled", "stopped by a person")
            self._finish(run, never_started(run.id, run.job, "cancelled", what))
            return True
        supervision = run.supervision
        if supervision is not None:
            supervision.cancel()
        return run.result is None

    def artifact_path(self, run_id: str, name: str) -> Path:
        """Return where a file of a run lies.

        Raises:
            UnknownRun: there is no such run.
            FileNotFoundError: the run left no such file.
        """
        if not _RUN_ID.fullmatch(run_id):
            raise UnknownRun(f"There is no run {run_id[:40]!r}.", "Check the address.")
        result = self.result(run_id)
        if result is not None and any(artifact.name == name for artifact in result.artifacts):
            path = self._folder / "artifacts" / run_id / name
            if path.is_file():
                return path
        raise FileNotFoundError(name)

    def forget(self, run_id: str) -> bool:
        """Delete a finished run with its files, for whoever ran it; False when there is none."""
        if not self._store.forget(run_id):
            return False
        self._unwritten.pop(run_id, None)
        shutil.rmtree(self._folder / "artifacts" / run_id, ignore_errors=True)
        return True

    def status(self) -> dict[str, Any]:
        """Return queue, running, parents and totals, for operators."""
        with self._lock:
            queued, running, finished = len(self._queue), self._running, dict(self._finished)
        return {
            "queued": queued,
            "running": running,
            "slots": self._config.slots,
            "queue_bound": self._config.queue,
            "limits_by": self._groups.kind,
            "gpus": self._gpus.status(),
            "finished": finished,
            "stored": self._store.counts(),
            **self._pool.status(),
        }

    def outcomes(self, within_s: float) -> list[dict[str, Any]]:
        """Return how the runs of the last seconds ended, commonest first: status, backend, version, error, count."""
        names = ("status", "backend", "keras_version", "error", "count")
        return [dict(zip(names, row, strict=True)) for row in self._store.outcomes(time.time() - within_s)]

    # -- beginning and end -----------------------------------------------------------------------------------

    def _recover(self) -> None:
        """Take over what services now gone left behind: the waiting run again, the running are reported."""
        waiting, running = self._store.take_over(self._owner)
        leftovers.reap(self._owner, self._groups, self._folder / "parents")
        for run_id, job in running:
            what = RunError("Interrupted", "the service died while this ran; it was not run again")
            result = never_started(run_id, job, "interrupted", what)
            self._store.finish(result, [Event(1, "done", result.to_dict())])
        for run_id, job in waiting:
            run = LiveRun(run_id, job, time.monotonic())
            self._runs[run_id] = run
            self._queue.append(run)

    def close(self, drain_s: float = 10.0) -> None:
        """Accept nothing more, let what runs end for `drain_s` seconds, then stop it.

        What was submitted and still waits stays written down, for the next service on this folder to run.
        """
        with self._lock:
            if self._closing:
                return
            self._closing = True
            left = list(self._queue)
            self._queue.clear()
            self._ready.notify_all()
        for run in left:
            if run.waited_for:  # by somebody who will not be there any more
                what = RunError("Interrupted", "the service shut down before this was started")
                self._finish(run, never_started(run.id, run.job, "interrupted", what))
            else:
                with self._lock:
                    self._runs.pop(run.id, None)
                run.leave()
        end = time.monotonic() + drain_s
        for worker in self._workers:
            worker.join(max(0.0, end - time.monotonic()))
        with self._lock:
            late = list(self._runs.values())
        for run in late:
            run.cancelled.set()
            if run.supervision is not None:
                run.supervision.cancel()
        for worker in self._workers:
            worker.join(20.0)
        self._write_late()
        self._let_go()

    def _let_go(self) -> None:
        self._pool.close()
        self._gpus.close()
        self._groups.close()
        shutil.rmtree(self._folder / "parents" / self._owner.name, ignore_errors=True)
        self._owner.close()
        self._store.close()

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()
