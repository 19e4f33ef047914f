"""Which run has which GPU: one run a GPU at a time, and nobody longer than the quota allows."""

from __future__ import annotations

import contextlib
import functools
import logging
import re
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from runner.errors import NoSpace
from runner.gpu import Gpu, backends_with_cuda
from runner.gpu_meter import Meter
from runner.gpu_quota import Quota
from runner.job import Backend, GpuUse, Job, Limits, RunError

_LOG = logging.getLogger(__name__)
# Wall clock of a run on a GPU that asked for no other: CUDA alone needs some seconds to start.
WALL_S = 60.0
# Code that names none of these computes nothing on a GPU.
_COMPUTES = re.compile(r"keras|tensorflow|jax|torch")


@dataclass(eq=False)
class Lease:
    """One run's hold on one GPU. `seconds` runs from when it was taken until `end`."""

    gpu: Gpu
    mark: socket.socket
    begun: float = field(default_factory=time.monotonic)
    seconds: float | None = None

    @functools.cached_property
    def meter(self) -> Meter:
        """Return what measures this run's memory; to start it may take the driver a second."""
        return Meter(self.gpu)

    def end(self) -> GpuUse:
        """Stop the clock, once; return what was measured."""
        if self.seconds is None:
            self.seconds = round(time.monotonic() - self.begun, 6)
        return GpuUse(self.gpu.name, self.seconds, self.meter.peak)

    def fitted(self, job: Job) -> Job:
        """Return the job with the limits of a GPU."""
        if job.limits.wall_s != Limits().wall_s:
            return job
        return replace(job, limits=replace(job.limits, wall_s=WALL_S))

    def memory_share(self, job: Job) -> float | None:
        """Return the share of the card's memory that a job may use, None for all of it or where nobody knows."""
        asked, total = job.limits.gpu_memory_bytes, self.meter.total
        return None if asked is None or not total else min(1.0, asked / total)


class Gpus:
    """The GPUs of one service. Thread-safe."""

    def __init__(self, gpus: Sequence[Gpu], quota: Quota | None, backends: frozenset[Backend] | None = None) -> None:
        """Look after some GPUs.

        Args:
            gpus: the ones that there are.
            quota: who may use how much; None: everybody all.
            backends: those that can use a GPU; None: as they are installed.
        """
        self._all = tuple(gpus)
        self._quota = quota
        self._lock = threading.Lock()
        self._free = list(gpus)
        self._broken: dict[int, str] = {}
        self._backends = backends if backends is not None or not gpus else backends_with_cuda()

    def suits(self, job: Job) -> bool:
        """True when a GPU that is here could be given to `job`, sooner or later."""
        if job.device == "cpu" or not self._all or job.backend not in (self._backends or ()):
            return False
        if len(self._broken) == len(self._all):
            return False
        return job.device == "gpu" or bool(_COMPUTES.search(job.source))

    def refusal(self, job: Job) -> RunError | None:
        """Say why a job that asks for a GPU cannot have one now; nobody is refused who leaves the choice to us."""
        if job.device != "gpu" or self._quota is None or not self.suits(job):
            return None
        wait = self._quota.wait_s(job.account)
        if not wait:
            return None
        minutes = max(1, round(wait / 60))
        what = f"Your GPU time of this hour is used up. Try again in about {minutes} min, or run on the CPU."
        return RunError("QuotaExceeded", what)

    def take(self, job: Job) -> Lease | None:
        """Give a free GPU to a job that it suits; None when none is free, or the quota is used up."""
        if self._quota is not None and self._quota.wait_s(job.account):
            return None
        with self._lock:
            for gpu in self._free:
                mark = _mark(gpu)
                if mark is not None:
                    self._free.remove(gpu)
                    return Lease(gpu, mark)
        return None

    def give_back(self, lease: Lease, account: str) -> None:
        """Take a GPU back after a run, whose processes must be gone; write down what it used."""
        seconds = lease.end().seconds
        fault = lease.meter.fault()
        lease.mark.close()
        with self._lock:
            if fault:
                self._broken[lease.gpu.number] = fault
                _LOG.error("%s is used no more: %s. Reset it and start the service again.", lease.gpu.device, fault)
            else:
                self._free.append(lease.gpu)
        if self._quota is not None:
            with contextlib.suppress(NoSpace):  # the run is over; whoever is short of disk has other worries
                self._quota.spend(account, seconds)

    def status(self) -> list[dict[str, Any]]:
        """Return each GPU with whether it is free, for operators."""
        with self._lock:
            free = {gpu.number for gpu in self._free}
            return [
                {
                    "device": gpu.device,
                    "name": gpu.name,
                    "state": "broken" if gpu.number in self._broken else "free" if gpu.number in free else "busy",
                }
                for gpu in self._all
            ]

    def close(self) -> None:
        if self._quota is not None:
            self._quota.close()


def _mark(gpu: Gpu) -> socket.socket | None:
    """Mark a GPU as in use for every service of this machine; None when another one has it.

    An abstract socket's name is held by one process at a time, belongs to the network namespace, where no cell is,
    needs no file, and goes with its process however that ends.
    """
    mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        mark.bind(f"\0lobby-gpu-{gpu.place}".encode())
    except OSError:
        mark.close()
        return None
    return mark
