"""The runner's hand on one parent process (`runner.zygote`): start it, ask it for children, notice when it is gone."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runner import cell, policy
from runner.cgroup import Group, Groups
from runner.disk import writing_to
from runner.errors import Unavailable
from runner.filters import seccomp_program
from runner.gpu import Gpu
from runner.job import Backend, Limits

# What tutorials import first, taken along by the parent so that no run pays for it.
WARM_IMPORTS = ("numpy", "keras", "PIL.Image", "PIL.ImageDraw", "PIL.ImageFont")
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from runner.boot import main; main()"


class SpawnFailed(RuntimeError):
    """A parent could not give a child; another parent may. `parent` is its number, None where it was never started."""

    parent: int | None = None


class TouchedGpu(RuntimeError):
    """The imports of a parent opened the GPU, so no child of it could use CUDA."""


def _refused(problem: object) -> Unavailable:
    """Return the error of a machine that does not let us make a cell: to try again would change nothing."""
    return Unavailable(
        f"The kernel refused a step of the isolation: {problem}.",
        "User namespaces are probably off or limited (sysctl user.max_user_namespaces,"
        " kernel.unprivileged_userns_clone): allow them, or run the service as the machine's root.",
    )


def pid_of(handle: int) -> int:
    """Return a process' number out here, -1 when it is gone; the parent may live in a PID namespace of its own."""
    for line in Path(f"/proc/self/fdinfo/{handle}").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "Pid":
            return int(value)
    return -1


class Child:
    """One cell, isolated or about to be, seen from outside. Every descriptor here is the runner's own end.

    `handle` is the cell's first process, whose end is everybody's; `worker` the one that the snippet lives in;
    `parent` the number of the process it was forked from.
    """

    def __init__(
        self, handle: int, worker: int, ends: dict[str, int], group: Group, limits: Limits, parent: int
    ) -> None:
        self.handle = handle
        self.worker = worker
        self.parent = parent
        self.output, self.errors = ends["output"], ends["errors"]
        self.channel = socket.socket(fileno=ends["channel"])
        self.control = socket.socket(fileno=ends["control"])
        self.group = group
        self.limits = limits
        self.scratch = -1
        self.warm = False
        self._closed = False

    def kill(self) -> None:
        """End every process of the cell at once."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)

    def dead(self, timeout_s: float) -> bool:
        """Wait until the cell's first process, and with it all others, is gone."""
        poll = select.poll()
        poll.register(self.handle, select.POLLIN)
        return bool(poll.poll(timeout_s * 1000))

    def close(self) -> bool:
        """Kill what is left, release every descriptor and the group; False when something would not go."""
        if self._closed:
            return True
        self._closed = True
        self.kill()
        gone = self.dead(10.0)
        for descriptor in (self.handle, self.worker, self.output, self.errors, self.scratch):
            if descriptor >= 0:
                os.close(descriptor)
        self.channel.close()
        self.control.close()
        return self.group.remove() and gone


class Spawner:
    """One parent process for one backend. Thread-safe; asks are answered one after another.

    Raises:
        Unavailable: from `start`, when the machine cannot isolate.
    """

    def __init__(
        self,
        backend: Backend,
        folder: Path,
        config: policy.RunnerConfig,
        groups: Groups,
        host_ids: Callable[[], int],
        imports: tuple[str, ...] = (),
        gpu: Gpu | None = None,
    ) -> None:
        self.backend = backend
        self._gpu = gpu
        self._config = config
        self._groups = groups
        self._host_ids = host_ids
        self._folder = folder
        self._imports = imports
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._commands: socket.socket | None = None
        self.started_s = 0.0
        self.children = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def alive(self) -> bool:
        """True when the parent has started and not ended."""
        process = self._process
        return process is not None and process.poll() is None

    def has(self, child: Child) -> bool:
        """True when a child's parent lives. A child ends with it, but some time later."""
        process = self._process
        return process is not None and process.pid == child.parent and process.poll() is None

    def start(self) -> None:
        """Start the parent and wait until it has imported what it should.

        Raises:
            Unavailable: the machine does not let it.
            TouchedGpu: see there.
        """
        with self._lock:
            if self.alive():
                return
            self._stop()
            begun = time.monotonic()
            root = self._folder / "root"
            with writing_to(self._folder):
                root.mkdir(parents=True, exist_ok=True)
                (self._folder / "log").touch()
            plan = cell.Plan(
                root=str(root),
                binds=policy.host_binds(self._config, self._gpu),
                interpreter=policy.interpreter_inside(),
                environment=policy.environment(self.backend, self._gpu),
                backend=self.backend,
                imports=self._imports,
                base_prefix=sys.base_prefix,
                seccomp=seccomp_program().hex(),
                devices=dict(self._gpu.nodes) if self._gpu is not None else {},
                driver_facts=dict(self._gpu.facts) if self._gpu is not None else {},
            )
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            package = str(Path(__file__).resolve().parent.parent)
            with theirs, (self._folder / "log").open("wb") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-c", _START, package, str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                    env={},
                )
            self._commands = ours
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            ours.send(json.dumps(plan.to_dict()).encode())
            try:
                answer, _ = self._receive(self._config.import_timeout_s)
            except SpawnFailed as error:
                self._stop()
                raise Unavailable(
                    f"No isolated interpreter could be started: {error}.",
                    "Run `lobby doctor`; namespaces and a readable Python installation are needed.",
                ) from error
            if "problem" in answer:
                self._stop()
                raise _refused(answer["problem"])
            if answer.get("touched"):
                self._stop()
                raise TouchedGpu(f"an import for {self.backend} opened {self._gpu.device if self._gpu else 'a GPU'}")
            self.started_s = time.monotonic() - begun

    def spawn(self, limits: Limits, *, warm: bool = False) -> Child:
        """Ask for a child that waits, isolated, in a group of its own.

        Args:
            limits: what the cell may use; disk, processes and CPU time are fixed from here on.
            warm: whether the child does a first operation on its backend before it waits.

        Raises:
            SpawnFailed: the parent is dead, stuck or refused.
            Unavailable: the machine refused to isolate the child.
        """
        with self._lock:
            asked = self.pid
            try:
                child = self._ask(limits, warm)
            except SpawnFailed as error:
                error.parent = asked
                raise
        try:
            child.control.settimeout(self._config.fork_timeout_s)
            message, descriptors, _, _ = socket.recv_fds(child.control, 4096, 1)
            child.scratch = descriptors[0] if descriptors else -1
            answer = json.loads(message) if message else {"problem": "it ended"}
            if "problem" in answer:
                raise _refused(answer["problem"])
            child.control.settimeout(None)
        except (OSError, ValueError) as error:
            child.close()
            failed = SpawnFailed(f"the child was not isolated: {error}")
            failed.parent = asked
            raise failed from error
        except Unavailable:
            child.close()
            raise
        child.warm = warm
        self.children += 1
        return child

    def _ask(self, limits: Limits, warm: bool) -> Child:
        if self._commands is None or self._process is None:
            raise SpawnFailed("the parent was not started")
        group = self._groups.create()
        mine: dict[str, int] = {}
        theirs: list[int] = []
        try:
            group.limit(limits.memory_bytes, limits.processes)
            group.idle(warm)
            for name in ("output", "errors"):
                reader, writer = os.pipe2(os.O_CLOEXEC)
                mine[name] = reader
                theirs.append(writer)
            for name, kind in (("channel", socket.SOCK_STREAM), ("control", socket.SOCK_SEQPACKET)):
                one, other = socket.socketpair(socket.AF_UNIX, kind)
                mine[name] = one.detach()
                theirs.append(other.detach())
            theirs += group.entrances()
            request = {
                "limits": limits.to_dict(),
                # The group counts its refusals and the kernel's own limit does not, so the group's has to come first.
                # The cell's first process counts for the kernel.
                "processes": limits.processes + (1 if self._groups.kind == "sampling" else 33),
                "host_id": self._host_ids(),
                "warm": warm,
            }
            try:
                socket.send_fds(self._commands, [json.dumps(request).encode()], theirs)
                answer, descriptors = self._receive(self._config.fork_timeout_s)
            except OSError as error:
                raise SpawnFailed(f"the parent does not listen: {error}") from error
            if "refused" in answer:
                raise _refused(answer["refused"])
            if len(descriptors) != 2:
                raise SpawnFailed(str(answer.get("problem", "an answer without a child")))
            handle, worker = descriptors
            group.watch(*(pid for pid in map(pid_of, descriptors) if pid > 0))
            return Child(handle, worker, mine, group, limits, self._process.pid)
        except BaseException:
            for descriptor in mine.values():
                os.close(descriptor)
            group.remove()
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)

    def _receive(self, timeout_s: float) -> tuple[dict[str, Any], list[int]]:
        commands = self._commands
        if commands is None:
            raise SpawnFailed("the parent was not started")
        commands.settimeout(timeout_s)
        try:
            message, descriptors, _, _ = socket.recv_fds(commands, 1 << 16, 4)
        except TimeoutError:
            raise SpawnFailed(f"no answer within {timeout_s:g} s") from None
        except OSError as error:
            raise SpawnFailed(str(error)) from error
        if not message:
            raise SpawnFailed(self._last_words() or "it ended without a word")
        return json.loads(message), descriptors

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = (self._folder / "log").read_text("utf-8", "replace").strip().splitlines()
            return lines[-1][:300] if lines else ""
        return ""

    def stop(self) -> None:
        """End the parent; its children end with their own sockets."""
        with self._lock:
            self._stop()

    def drop(self, parent: int | None) -> bool:
        """End a parent that failed; False when another has taken its place since."""
        with self._lock:
            if self.pid != parent:
                return False
            self._stop()
            return True

    def _stop(self) -> None:
        if self._commands is not None:
            self._commands.close()
            self._commands = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
