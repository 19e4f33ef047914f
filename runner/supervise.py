"""One run from outside: hand over the job, read what comes, watch time, memory and processes, and measure the end.

Nothing in here believes the snippet. Time is the runner's clock, memory and CPU are the group's counters, the exit
status comes from the parent of the snippet's process, which lives outside the cell.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from runner import policy, syscalls
from runner.cgroup import Sampled, Usage
from runner.gpu_meter import Meter
from runner.job import Job
from runner.output import Kept, Live
from runner.reports import Frames, Told
from runner.spawner import Child, pid_of

Reason = Literal["", "wall", "cpu", "memory", "gpu_memory", "processes", "output", "cancelled", "lost"]
_LOOK_S = 0.05  # how often counters are read; a fork bomb makes a few hundred processes in that time
_EVENT_S = 0.05  # output is gathered this long into one event
_DRAIN_S = 2.0
_TELL_S = 1.0  # a parent in the middle of a fork needs some milliseconds to tell how a child ended
# What only tells of an end and holds nothing to read.
_ENDS = frozenset(("handle", "worker"))

Tell = Callable[[str, dict[str, Any]], None]


@dataclass
class Ending:
    """How a run ended, as measured. Times are of the monotonic clock."""

    begun: float
    stdout: Kept
    stderr: Kept
    told: Told = field(default_factory=Told)
    reason: Reason = ""  # why the runner ended it; empty when it ended by itself
    wait_status: int | None = None
    ended: float = 0.0
    usage: Usage = field(default_factory=Usage)
    cpu_s: float | None = None
    process_hits: int = 0
    disk_full: bool = False
    sampled: bool = False  # there was no group to count what was refused
    peak: int | None = None


class Supervision:
    """Watches one job in one child. `cancel` may be called from any thread."""

    def __init__(
        self,
        child: Child,
        job: Job,
        source: str,
        config: policy.RunnerConfig,
        tell: Tell | None,
        meter: Meter | None = None,
    ) -> None:
        self._child = child
        self._job = job
        self._source = source
        self._config = config
        self._tell = tell
        self._meter = meter
        self._cancelled = threading.Event()
        keep = job.limits.output_kept_bytes
        self._ending = Ending(time.monotonic(), Kept(keep), Kept(keep))
        self._live = {"stdout": Live(keep), "stderr": Live(keep)}
        self._pending = {"stdout": "", "stderr": ""}
        self._flush_at = 0.0
        self._frames = Frames()
        self._selector = selectors.DefaultSelector()
        self._hit_at: float | None = None
        self._untold_at: float | None = None

    def cancel(self) -> None:
        """End the run soon; its result is `cancelled` unless it was faster."""
        self._cancelled.set()
        self._child.kill()

    def run(self, environment: dict[str, str]) -> Ending:
        """Run the job to its end and return what was measured. The child is dead afterwards, but not yet closed."""
        child, ending = self._child, self._ending
        child.group.idle(False)
        before = child.group.usage()
        self._before = before
        if self._meter is not None:
            self._meter.begin(pid_of(child.worker))
        register = self._selector.register
        register(child.output, selectors.EVENT_READ, "stdout")
        register(child.errors, selectors.EVENT_READ, "stderr")
        register(child.channel.fileno(), selectors.EVENT_READ, "channel")
        register(child.control.fileno(), selectors.EVENT_READ, "control")
        register(child.handle, selectors.EVENT_READ, "handle")
        register(child.worker, selectors.EVENT_READ, "worker")
        self._send_job(environment)
        try:
            self._watch()
        finally:
            if self._cancelled.is_set() and not ending.reason and _killed(ending.wait_status):
                ending.reason = "cancelled"  # the end that we made was told before we looked why
            child.kill()
            child.dead(_DRAIN_S * 5)
            self._drain()
            self._selector.close()
        if ending.wait_status is None and not ending.reason and ending.told.started_at is not None:
            # Whoever should have told is gone as well; the kernel still knows.
            ending.wait_status = syscalls.exit_status(child.worker)
        self._measure()
        return ending

    def _send_job(self, environment: dict[str, str]) -> None:
        job = self._job
        head = {
            "source": self._source,
            "seed": job.seed,
            "graph": job.graph,
            "wall_s": job.limits.wall_s,
            "stdin": len(job.stdin),
            "files": {name: len(content) for name, content in job.files.items()},
            "environment": environment,
        }
        body = json.dumps(head).encode("utf-8", "surrogatepass")
        message = b"".join((struct.pack("!I", len(body)), body, job.stdin, *job.files.values()))
        # A snippet's process reads this before any foreign code runs, so it cannot keep us waiting for long.
        self._child.channel.settimeout(10.0)
        with contextlib.suppress(OSError):
            self._child.channel.sendall(message)
            self._child.channel.shutdown(socket.SHUT_WR)
        self._child.channel.setblocking(False)
        os.set_blocking(self._child.output, False)
        os.set_blocking(self._child.errors, False)
        self._child.control.setblocking(False)

    def _watch(self) -> None:
        child, ending, limits = self._child, self._ending, self._job.limits
        deadline = ending.begun + limits.wall_s
        next_look = ending.begun
        while True:
            now = time.monotonic()
            if self._cancelled.is_set():
                ending.reason = "cancelled"
                return
            if now >= deadline:
                ending.reason = "wall"
                return
            if now >= next_look:
                next_look = now + _LOOK_S
                ending.reason = self._look(now)
                if ending.reason:
                    return
                if self._untold_at is not None and now - self._untold_at > _TELL_S:
                    ending.wait_status = syscalls.exit_status(child.worker)
                    return
            for key, _ in self._selector.select(max(0.0, min(next_look, deadline) - now)):
                if key.data == "handle":
                    return
                if key.data == "worker":  # its parent tells how it ended at once, unless it is gone itself
                    self._untold_at = now
                    self._selector.unregister(child.worker)
                    continue
                if not self._read(key.data):
                    return
            if max(ending.stdout.total, ending.stderr.total) > limits.output_cap_bytes:
                ending.reason = "output"
                return
            self._flush(time.monotonic())

    def _look(self, now: float) -> Reason:
        """Compare the counters with the limits."""
        usage = self._child.group.usage()
        self._ending.usage = usage
        if usage.out_of_memory > self._before.out_of_memory:
            return "memory"
        if self._meter is not None and self._too_much_on_gpu(self._meter, now):
            return "gpu_memory"
        used = (usage.cpu_s or 0.0) - (self._before.cpu_s or 0.0)
        if used > self._job.limits.cpu_s:
            return "cpu"
        if usage.process_hits > self._before.process_hits:
            self._hit_at = self._hit_at or now
            if now - self._hit_at >= self._config.process_grace_s:
                return "processes"
        return ""

    def _too_much_on_gpu(self, meter: Meter, now: float) -> bool:
        used, most = meter.look(now), self._job.limits.gpu_memory_bytes
        return used is not None and most is not None and used > most

    def _read(self, source: str) -> bool:
        """Read once from a ready source; False when the snippet's process has ended."""
        child, ending = self._child, self._ending
        try:
            if source in ("stdout", "stderr"):
                descriptor = child.output if source == "stdout" else child.errors
                data = os.read(descriptor, 1 << 16)
                if not data:
                    self._selector.unregister(descriptor)
                    self._pending[source] += self._live[source].end()
                    return True
                (ending.stdout if source == "stdout" else ending.stderr).feed(data)
                if self._tell is not None:
                    self._pending[source] += self._live[source].feed(data)
            elif source == "channel":
                data = child.channel.recv(1 << 16)
                if not data:
                    self._selector.unregister(child.channel.fileno())
                    return True
                self._hear(data)
            elif source == "control":
                return self._hear_control()
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self._selector.unregister(child.channel.fileno() if source == "channel" else child.control.fileno())
        return True

    def _hear(self, data: bytes) -> None:
        for message in self._frames.feed(data):
            epoch = self._ending.told.take(message)
            if epoch is not None and self._tell is not None:
                self._flush(0.0, now=True)
                self._tell("epoch", epoch)

    def _hear_control(self) -> bool:
        message = self._child.control.recv(4096)
        if not message:
            self._selector.unregister(self._child.control.fileno())
            return True
        answer = json.loads(message)
        if "status" in answer:
            self._ending.wait_status = int(answer["status"])
            self._ending.cpu_s = float(answer["cpu_s"])
            self._ending.ended = time.monotonic()
            return False
        return True

    def _flush(self, at: float, *, now: bool = False) -> None:
        if self._tell is None or (at < self._flush_at and not now):
            return
        for stream, text in self._pending.items():
            if text:
                self._tell("output", {"stream": stream, "text": text})
                self._pending[stream] = ""
                self._flush_at = at + _EVENT_S

    def _drain(self) -> None:
        """Read what was written before the end; the writers are all dead, so this cannot last."""
        end = time.monotonic() + _DRAIN_S
        while self._open_sources() and time.monotonic() < end:
            ready = [key.data for key, _ in self._selector.select(0) if key.data not in _ENDS]
            if not ready:
                break
            for source in ready:
                self._read(source)
            if max(self._ending.stdout.total, self._ending.stderr.total) > 2 * self._job.limits.output_cap_bytes:
                break
        self._flush(0.0, now=True)

    def _open_sources(self) -> set[str]:
        return {key.data for key in self._selector.get_map().values()} - _ENDS

    def _measure(self) -> None:
        ending, child = self._ending, self._child
        ending.ended = ending.ended or time.monotonic()
        usage = child.group.usage()
        ending.usage = usage
        ending.sampled = isinstance(child.group, Sampled)
        if usage.cpu_s is not None:
            used = max(0.0, usage.cpu_s - (self._before.cpu_s or 0.0))
            # Sampling misses the end of it, which the parent saw; a group misses nothing.
            ending.cpu_s = max(used, ending.cpu_s or 0.0) if ending.sampled else used
        ending.peak = usage.peak or None
        ending.process_hits = usage.process_hits - self._before.process_hits
        if not ending.reason and usage.out_of_memory > self._before.out_of_memory:
            ending.reason = "memory"
        with contextlib.suppress(OSError):
            space = os.fstatvfs(child.scratch)
            ending.disk_full = space.f_bavail == 0 or space.f_favail == 0


def _killed(wait_status: int | None) -> bool:
    return wait_status is None or (os.WIFSIGNALED(wait_status) and os.WTERMSIG(wait_status) == signal.SIGKILL)
