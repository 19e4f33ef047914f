"""From what was measured to the status that a person reads: one function a question, in one place."""

from __future__ import annotations

import functools
import os
import signal
from importlib import metadata

from runner import policy
from runner.job import BACKENDS, Artifact, GpuUse, Job, LeftOut, Result, RunError, Status
from runner.supervise import Ending

# Sent by the kernel for a limit of ours, not by somebody else.
_TIME_SIGNALS = (signal.SIGXCPU,)


def status_of(ending: Ending, job: Job) -> Status:
    """Decide how the run ended, from the runner's own measurements.

    The one word of the harness that counts is said before the snippet's first line: that it did not compile. And an
    exit with 1, as an uncaught exception makes it, is called `memory` when it is told that an allocation failed, and
    `limit` when it is told that a process was refused where no group counts that. Nothing outside sees either, and who
    tells it falsely could as well have asked for too much: this picks among failures, and never makes a success.
    """
    told = ending.told
    by_reason: dict[str, Status] = {
        "wall": "timeout",
        "cpu": "timeout",
        "memory": "memory",
        "gpu_memory": "memory",
        "processes": "limit",
        "output": "limit",
        "cancelled": "cancelled",
    }
    if ending.reason in by_reason:
        return by_reason[ending.reason]
    if told.rejected is not None and told.started_at is None:
        return "rejected"
    if ending.wait_status is None:
        return "interrupted"
    if os.WIFSIGNALED(ending.wait_status):
        return _signalled(ending, os.WTERMSIG(ending.wait_status), job)
    if told.started_at is None:
        return "interrupted"
    code = os.WEXITSTATUS(ending.wait_status)
    if code == 0:
        return "ok"
    uncaught = code == 1
    if ending.process_hits or ending.disk_full or (ending.sampled and uncaught and told.process_error):
        return "limit"
    return "memory" if uncaught and told.memory_error else "error"


def _signalled(ending: Ending, number: int, job: Job) -> Status:
    if number in _TIME_SIGNALS and (ending.cpu_s or 0.0) >= job.limits.cpu_s - 1:
        return "timeout"
    # JAX and the C++ library abort when an allocation fails; the group has seen it hit its limit.
    if number in (signal.SIGABRT, signal.SIGKILL, signal.SIGBUS) and _near_memory_limit(ending, job):
        return "memory"
    if ending.told.started_at is None:
        return "rejected"  # the compiler itself went down on this source
    if ending.process_hits or ending.disk_full:
        return "limit"
    return "killed"


def _near_memory_limit(ending: Ending, job: Job) -> bool:
    return (ending.peak or 0) >= job.limits.memory_bytes * 0.97


def result_of(
    run_id: str,
    job: Job,
    ending: Ending,
    artifacts: tuple[Artifact, ...],
    left_out: tuple[LeftOut, ...],
    *,
    queued_ms: float,
    accepted_ms: float,
    device: str = "cpu",
    gpu: GpuUse | None = None,
) -> Result:
    """Put a result together.

    `queued_ms` is the wait for a free slot, `accepted_ms` what the runner itself needed from then until the job was
    handed to the child. `device` and `gpu` say what it ran on.
    """
    status = status_of(ending, job)
    told = ending.told
    exit_code: int | None = None
    killed_by: str | None = None
    own_end = not ending.reason and ending.wait_status is not None and told.started_at is not None
    if own_end and ending.wait_status is not None:
        if os.WIFEXITED(ending.wait_status):
            exit_code = os.WEXITSTATUS(ending.wait_status)
        else:
            killed_by = signal_name(os.WTERMSIG(ending.wait_status))
    startup = None
    if told.started_at is not None and ending.begun <= told.started_at <= ending.ended + 1:
        startup = round(accepted_ms + (told.started_at - ending.begun) * 1000, 3)
    return Result(
        id=run_id,
        status=status,
        backend=told.backend or job.backend,
        exit_code=exit_code,
        signal=killed_by,
        keras_version=keras_version(),
        device=device,
        stdout=ending.stdout.text(),
        stderr=ending.stderr.text(),
        truncated=ending.stdout.truncated or ending.stderr.truncated,
        error=_error(status, ending, exit_code, killed_by, job),
        duration_s=round(ending.ended - (told.started_at if startup is not None else ending.begun), 6)  # type: ignore[operator]
        if ending.ended
        else 0.0,
        startup_ms=startup,
        queued_ms=round(queued_ms, 3),
        cpu_s=round(ending.cpu_s, 6) if ending.cpu_s is not None else None,
        peak_memory_bytes=ending.peak,
        fits=told.all_fits(),
        models=tuple(told.models),
        artifacts=artifacts,
        left_out=left_out,
        gpu=gpu,
    )


def never_started(run_id: str, job: Job, status: Status, error: RunError) -> Result:
    """Return the result of a run that came to nothing, with the reason."""
    backend = job.backend if job.backend in BACKENDS else BACKENDS[0]
    return Result(run_id, status, backend, keras_version=keras_version(), error=error)


def signal_name(number: int) -> str:
    """Return a signal's name as the contract writes it."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIGRT{number}"


@functools.cache
def keras_version() -> str | None:
    """Return the version of the installed Keras, without importing it."""
    try:
        return metadata.version("keras")
    except metadata.PackageNotFoundError:
        return None


def _error(status: Status, ending: Ending, exit_code: int | None, killed_by: str | None, job: Job) -> RunError | None:
    told, limits = ending.told, job.limits
    if status == "ok":
        return None
    if status == "rejected":
        return told.rejected or RunError("SyntaxError", "Python's compiler gave up on this source (too deeply nested?)")
    if status == "error":
        return told.error or RunError("SystemExit", f"the snippet ended with exit code {exit_code}")
    sentences = {
        "timeout": f"stopped after {limits.wall_s:g} s of time or {limits.cpu_s:g} s of CPU time",
        "memory": _memory_sentence(ending, job),
        "killed": f"ended by signal {killed_by}",
        "cancelled": "stopped by a person",
        "interrupted": "the run was cut off by a failure of the service",
    }
    kinds = {
        "timeout": "TimeoutError",
        "memory": "MemoryError",
        "killed": "Killed",
        "limit": "LimitExceeded",
        "cancelled": "Cancelled",
        "interrupted": "Interrupted",
    }
    message = sentences.get(status) or _limit_sentence(ending, job)
    line, source, trace = None, None, None
    if told.error is not None:
        line, source, trace = told.error.line, told.error.source_line, told.error.traceback
    return RunError(kinds[status], message, line, source, trace)


def _memory_sentence(ending: Ending, job: Job) -> str:
    limits, error, mib = job.limits, ending.told.error, 1 << 20
    if ending.reason == "gpu_memory":
        return f"more than {(limits.gpu_memory_bytes or 0) // mib:,} MiB of the GPU's memory were wanted"
    if not ending.reason and error is not None and error.type in policy.MEMORY_ERRORS:
        return f"the device's memory ran out: {error.type}"
    return f"more than {limits.memory_bytes // mib:,} MiB of memory were wanted"


def _limit_sentence(ending: Ending, job: Job) -> str:
    limits = job.limits
    if ending.reason == "output":
        return f"more than {limits.output_cap_bytes >> 20} MiB were printed"
    if ending.disk_full:
        return f"the scratch disk is full ({limits.disk_bytes >> 20} MiB, {limits.disk_files:,} files)"
    return f"more than {limits.processes} processes and threads were wanted"
