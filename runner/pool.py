"""Parents kept warm and children that wait: a run gets the readiest child there is."""

from __future__ import annotations

import contextlib
import itertools
import logging
import re
import socket
import threading
import time
from collections import deque
from pathlib import Path

from runner import cell
from runner.cgroup import Groups
from runner.errors import RunnerError, Unavailable
from runner.gpu import Gpu
from runner.job import Backend, Job, Limits
from runner.policy import RunnerConfig
from runner.spawner import WARM_IMPORTS, Child, Spawner, SpawnFailed, TouchedGpu

_LOG = logging.getLogger(__name__)
# Host ids of cells: above every range that useradd and containers are given, so nothing on the host belongs to them.
_FIRST_ID, _IDS = 0x7000_0000, 10_000
_WARM_UP_S = 60.0
_REFILL_S = 0.5

# Who names one of these is better off with a parent that has imported them.
_HEAVY = re.compile(
    r"keras|tensorflow|jax|torch|numpy|pandas|matplotlib|scipy|sklearn|\bPIL\b|h5py|__import__|importlib"
)
# What has to happen before a backend's first operation, or does not survive a fork after it.
_EARLY = re.compile(
    r"multiprocessing|os\.fork|ProcessPool|DataLoader|joblib|n_jobs|workers|tf\.config|tensorflow\.config|jax\.config"
    r"|XLA_FLAGS|num_interop_threads|os\.environ|environ\[|putenv|distribut|jax_|use_multiprocessing"
)
_CHOICE = re.compile(
    r"""^\s*(?:import\s+os\s*;\s*)?(?:os\.)?environ(?:\[|\.setdefault\(|\.update\(\{?\s*)\s*['"]?KERAS_BACKEND['"]?\s*"""
    r"""(?:\]\s*=|,|=|:)\s*['"](tensorflow|jax|torch)['"]""",
    re.MULTILINE,
)
# The first line of an answer's code that works on one backend only.
_NEEDED = re.compile(r"# Needs KERAS_BACKEND=(tensorflow|jax|torch)\b")


def chosen_backend(source: str) -> Backend | None:
    """Return the backend that a snippet plainly sets for itself, which is then the parent to take."""
    match = _CHOICE.search(source) or _NEEDED.match(source)
    return match.group(1) if match else None  # type: ignore[return-value]


class Pool:
    """Parents by backend, one bare parent for cold starts, and parked children. Thread-safe."""

    def __init__(self, folder: Path, config: RunnerConfig, groups: Groups) -> None:
        self._config = config
        self._limits = Limits()
        self._lock = threading.Lock()
        self._parked: dict[Backend, deque[Child]] = {backend: deque() for backend in config.backends}
        self._wanted: set[Backend] = set()
        self._busy = 0
        self._closing = False
        self._wake = threading.Event()
        numbers = itertools.cycle(range(_FIRST_ID, _FIRST_ID + _IDS)) if _ids_are_free() else itertools.repeat(65534)
        own = cell.privileged()

        def host_id() -> int:
            return next(numbers) if own else 0

        self.bare = Spawner(config.backends[0], folder / "bare", config, groups, host_id)
        self._warm = {
            backend: Spawner(backend, folder / backend, config, groups, host_id, WARM_IMPORTS)
            for backend in config.backends
        }
        self._folder, self._groups, self._host_id = folder, groups, host_id
        # Parents that see a GPU, by card, backend and whether Keras is imported; made when one is first asked for.
        self._on_gpus: dict[tuple[str, Backend, bool], Spawner] = {}
        self._importing_touches: set[Backend] = set()
        self.replaced = 0
        self.from_parked = 0
        self._keeper = threading.Thread(target=self._keep, name="runner-pool", daemon=True)
        self._keeper.start()

    # -- for runs --------------------------------------------------------------------------------------------

    def acquire(self, job: Job, gpu: Gpu | None = None) -> Child:
        """Return a child for `job`: parked if one fits, else forked now from a warm parent, else from the bare one.

        With a GPU it comes from a parent whose root shows that card; nobody waits parked there, since a child that
        has started CUDA holds memory of the card.

        Raises:
            Unavailable: this machine cannot isolate code.
        """
        with self._lock:
            self._busy += 1
        try:
            return self._acquire(job) if gpu is None else self._acquire_on(gpu, job)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Tell that a run which got a child is over."""
        with self._lock:
            self._busy -= 1
        self._wake.set()

    def _acquire(self, job: Job) -> Child:
        if self._config.launch == "cold":
            return self._from(self.bare, job.limits)
        warm = self._warm[job.backend]
        plain = not _HEAVY.search(job.source) and (self._config.plain_is_bare or not warm.alive())
        if not plain:
            self._wanted.add(job.backend)
        child = self._take_parked(job) if not plain or self._busy <= 1 else None
        return child or self._from(self.bare if plain else warm, job.limits)

    def _acquire_on(self, gpu: Gpu, job: Job) -> Child:
        if self._config.launch == "warm" and job.backend not in self._importing_touches:
            try:
                return self._from(self._parent_on(gpu, job.backend, warm=True), job.limits)
            except TouchedGpu as error:
                _LOG.warning("%s: its runs import Keras themselves on a GPU", error)
                self._importing_touches.add(job.backend)
        return self._from(self._parent_on(gpu, job.backend, warm=False), job.limits)

    def _parent_on(self, gpu: Gpu, backend: Backend, *, warm: bool) -> Spawner:
        with self._lock:
            key = (gpu.device, backend, warm)
            if key not in self._on_gpus:
                folder = self._folder / f"gpu-{gpu.number}-{backend}{'' if warm else '-bare'}"
                imports = WARM_IMPORTS if warm else ()
                self._on_gpus[key] = Spawner(backend, folder, self._config, self._groups, self._host_id, imports, gpu)
            return self._on_gpus[key]

    def _take_parked(self, job: Job) -> Child | None:
        fixed = (job.limits.disk_bytes, job.limits.disk_files, job.limits.processes, job.limits.cpu_s)
        usual = (self._limits.disk_bytes, self._limits.disk_files, self._limits.processes, self._limits.cpu_s)
        if fixed != usual or _EARLY.search(job.source):
            return None
        while True:
            with self._lock:
                if not self._parked[job.backend]:
                    return None
                child = self._parked[job.backend].popleft()
            # One whose parent died, and was perhaps replaced already, must not be given a run before it ends as well.
            if child.dead(0) or not self._warm[job.backend].has(child):
                child.close()
                continue
            if job.limits.memory_bytes != child.limits.memory_bytes:
                child.group.limit(job.limits.memory_bytes, job.limits.processes)
            self.from_parked += 1
            return child

    def _from(self, spawner: Spawner, limits: Limits) -> Child:
        """Fork from a parent; a dead or stuck one is replaced, once, without anybody noticing."""
        for attempt in (1, 2, 3):
            if not spawner.alive():
                spawner.start()
            try:
                return spawner.spawn(limits)
            except SpawnFailed as error:
                self._replace(spawner, error)
                if attempt == 3:
                    raise Unavailable(
                        f"No isolated process could be made: {error}.",
                        "Run `lobby doctor`, which names what is missing.",
                    ) from error
        raise AssertionError("unreachable")

    def _replace(self, spawner: Spawner, error: SpawnFailed) -> None:
        # Two may have asked the same one: what the first put in its place must not fall to the second.
        if not spawner.drop(error.parent):
            return
        # One that never gave a child says something about the machine, and whoever asked is told; no news for the log.
        level = logging.WARNING if spawner.children else logging.INFO
        _LOG.log(level, "replacing the parent for %s: %s", spawner.backend, error)
        self.replaced += 1

    # -- in the background -----------------------------------------------------------------------------------

    def warm_up(self, backend: Backend) -> None:
        """Start the parent of `backend` and park children, without waiting for it."""
        self._wanted.add(backend)
        self._wake.set()

    def _keep(self) -> None:
        while not self._closing:
            # Not at once when a child was taken: a fork now would cost the run that took it its start.
            self._wake.wait(_REFILL_S)
            self._wake.clear()
            while not self._closing and self._park_one():
                pass

    def _park_one(self) -> bool:
        """Park one more child where one is missing; False when there is nothing to do now."""
        if self._config.launch == "cold" or self._config.parked < 1:
            return False
        for backend in [backend for backend in self._config.backends if backend in self._wanted]:
            with self._lock:
                if self._busy >= max(1, self._config.slots) or len(self._parked[backend]) >= self._config.parked:
                    continue
            if self._parked_bytes() > self._config.parked_memory_bytes:
                return False
            try:
                return self._park(backend)
            except Unavailable as error:
                _LOG.info("no children are kept ready for %s: %s", backend, error.what)
                self._wanted.discard(backend)  # until somebody asks again
            except (RunnerError, OSError) as error:
                _LOG.debug("no child was parked for %s: %s", backend, error)
        return False

    def _park(self, backend: Backend) -> bool:
        spawner = self._warm[backend]
        if not spawner.alive():
            spawner.start()
        try:
            child = spawner.spawn(self._limits, warm=True)
        except SpawnFailed as error:
            self._replace(spawner, error)
            return False
        child.channel.settimeout(_WARM_UP_S)
        try:
            ready = child.channel.recv(1, socket.MSG_PEEK)
        except OSError:
            ready = b""
        if not ready or self._closing:
            child.close()
            return False
        with self._lock:
            self._parked[backend].append(child)
        return True

    def _parked_bytes(self) -> int:
        with self._lock:
            children = [child for parked in self._parked.values() for child in parked]
        return sum(child.group.usage().memory for child in children)

    def status(self) -> dict[str, object]:
        """Return what is warm, for operators."""
        with self._lock:
            parked = {backend: len(children) for backend, children in self._parked.items()}
        return {
            "parents": {backend: spawner.pid for backend, spawner in self._warm.items() if spawner.alive()},
            "parents_on_gpus": {
                f"{device} {backend}": spawner.pid
                for (device, backend, _), spawner in list(self._on_gpus.items())
                if spawner.alive()
            },
            "parked": parked,
            "parked_memory_bytes": self._parked_bytes(),
            "served_from_parked": self.from_parked,
            "parents_replaced": self.replaced,
        }

    def wait_parked(self, backend: Backend, count: int, timeout_s: float) -> bool:
        """Wait until `count` children of a backend are parked."""
        self.warm_up(backend)
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if len(self._parked[backend]) >= count:
                return True
            time.sleep(0.01)
        return False

    def close(self) -> None:
        """End all parked children and parents."""
        self._closing = True
        self._wake.set()
        self._keeper.join(_WARM_UP_S)
        for parked in self._parked.values():
            while parked:
                parked.popleft().close()
        for spawner in (self.bare, *self._warm.values(), *self._on_gpus.values()):
            spawner.stop()


def _ids_are_free() -> bool:
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/uid_map").read_text().splitlines():
            inside, _, count = (int(field) for field in line.split())
            if inside <= _FIRST_ID and inside + count >= _FIRST_ID + _IDS:
                return True
    return False
