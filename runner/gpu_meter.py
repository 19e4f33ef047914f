"""What one run uses of a GPU, asked from outside of the driver's management library (NVML).

NVML is no part of CUDA: to ask it starts nothing on the card. Where it or its Python package is missing, or a driver
does not tell, a figure is None and the run goes on; the seconds are the runner's own clock and always there.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

from runner.gpu import Gpu

_LOG = logging.getLogger(__name__)
_LOOK_S = 0.2  # one question takes the driver about a millisecond


@functools.cache
def library() -> ModuleType | None:
    """Return NVML, started once a process; None where it is missing."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        _LOG.info("the memory of GPUs is not measured: %s", error)
        return None
    return pynvml  # type: ignore[no-any-return]


class Meter:
    """Looks at one GPU during one run. Not thread-safe; every question may go unanswered.

    Attributes:
        total: memory of the card in bytes.
        peak: most memory that the run was seen to hold, in bytes; short peaks between two looks are missed.
    """

    def __init__(self, gpu: Gpu) -> None:
        self._nvml = library()
        self._card = _card(self._nvml, gpu)
        self._own: Callable[[int], bool] = lambda pid: False
        self._next_look = 0.0
        self._latest: int | None = None
        self.peak: int | None = None
        memory = self._ask("nvmlDeviceGetMemoryInfo")
        self.total: int | None = memory.total if memory is not None else None
        self._before: int = memory.used if memory is not None else 0

    def begin(self, pid: int) -> None:
        """Count the processes of the PID namespace of process `pid` as the run's."""
        with contextlib.suppress(OSError):
            namespace = os.stat(f"/proc/{pid}/ns/pid").st_ino  # noqa: PTH116

            def own(other: int) -> bool:
                with contextlib.suppress(OSError):
                    return os.stat(f"/proc/{other}/ns/pid").st_ino == namespace  # noqa: PTH116
                return False

            self._own = own

    def look(self, now: float) -> int | None:
        """Return the bytes of GPU memory that the run holds, at most 0.2 s old; None when nobody tells.

        The driver names processes by their numbers on the host and knows no PID namespaces
        (https://github.com/NVIDIA/nvidia-docker/issues/1483), so a service in a container may not recognise its own.
        Then all growth since the run began counts: the run has the GPU to itself.
        """
        if now >= self._next_look:
            self._next_look = now + _LOOK_S
            self._latest = self._used()
            if self._latest is not None:
                self.peak = max(self.peak or 0, self._latest)
        return self._latest

    def _used(self) -> int | None:
        processes = self._ask("nvmlDeviceGetComputeRunningProcesses") or ()
        own = [process.usedGpuMemory for process in processes if self._own(process.pid)]
        known = [int(used) for used in own if used is not None]
        if known:
            return sum(known)
        memory = self._ask("nvmlDeviceGetMemoryInfo")
        return None if memory is None else max(0, int(memory.used) - self._before)

    def fault(self) -> str | None:
        """Say why the card is of no more use, None when it answers or nobody can ask."""
        if self._nvml is None or self._card is None:
            return None
        try:
            self._nvml.nvmlDeviceGetMemoryInfo(self._card)
        except self._nvml.NVMLError as error:
            grave = (self._nvml.NVML_ERROR_GPU_IS_LOST, self._nvml.NVML_ERROR_RESET_REQUIRED)
            return str(error) if error.value in grave else None
        return None

    def _ask(self, question: str) -> Any:
        if self._nvml is None or self._card is None:
            return None
        try:
            return getattr(self._nvml, question)(self._card)
        except self._nvml.NVMLError:
            return None


def _card(nvml: ModuleType | None, gpu: Gpu) -> Any:
    """Return NVML's handle on a card, None where it does not know the card."""
    if nvml is None:
        return None
    try:
        if gpu.uuid:
            return nvml.nvmlDeviceGetHandleByUUID(gpu.uuid)
        cards = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
        return next((card for card in cards if nvml.nvmlDeviceGetMinorNumber(card) == gpu.number), None)
    except nvml.NVMLError as error:
        _LOG.info("the memory of %s is not measured: %s", gpu.device, error)
        return None
