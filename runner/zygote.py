"""A parent that has imported what snippets import, and nothing else, and forks one child a job.

It lives inside the shared root (see `runner.cell`), never touches a device, never runs an operation and never sees
foreign code. On its command socket it answers each request, which carries descriptors, with handles on the first
process of a new PID namespace (`runner.inits`) and on the one that the snippet will live in. That one enters its
cgroup and shuts itself in before it waits for the job; how it ended is told by its parent, which it cannot reach.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import warnings
from typing import NoReturn

from runner import cell, layout, syscalls
from runner.harness import session
from runner.inits import Inits, Refused
from runner.job import Limits

_HUGE_PAGE = 2 << 20


def main() -> None:
    """Import, say so, and fork on request until the command socket closes."""
    commands = socket.socket(fileno=int(sys.argv[1]))
    commands.set_inheritable(False)
    backend, seccomp, imports = sys.argv[2], bytes.fromhex(sys.argv[3]), sys.argv[4:]
    sys.path.remove(layout.LOBBY)
    try:
        inits = Inits(seccomp)
    except OSError as error:
        commands.send(json.dumps({"problem": error.strerror}).encode())
        raise SystemExit(1) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in imports:
                importlib.import_module(name)
    except Exception as error:
        commands.send(json.dumps({"problem": f"{type(error).__name__}: {error}"[:500]}).encode())
        raise SystemExit(1) from None
    session.prepare(backend)
    # Children share these objects' pages; a collection in a child must not touch and so copy them.
    gc.collect()
    gc.freeze()
    _gather_pages()
    commands.send(json.dumps({"ready": True, "pid": os.getpid(), "touched": touched_gpu()}).encode())
    _Parent(commands, inits, seccomp).serve()


def touched_gpu() -> bool:
    """True when this process has opened a GPU: what it forks from then on cannot use CUDA."""
    if not os.path.exists(layout.DRIVER_LIBRARIES):  # noqa: PTH110 - there is none in sight
        return False
    held = []
    for number in os.listdir("/proc/self/fd"):  # noqa: PTH208
        with contextlib.suppress(OSError):  # the listing's own
            held.append(os.readlink(f"/proc/self/fd/{number}"))  # noqa: PTH115
    with open("/proc/self/maps") as file:  # noqa: PTH123
        held += [fields[5] for line in file if len(fields := line.split(maxsplit=5)) > 5]
    return any(place.startswith("/dev/nvidia") for place in held)


def _gather_pages() -> None:
    """Make huge pages of what lies in small ones: a fork copies a table entry a page, so this more than halves it.

    Where the kernel has no MADV_COLLAPSE (before Linux 6.1) or no room, forks stay as they are.
    """
    with open("/proc/self/maps") as file:  # noqa: PTH123 - read before anything is allocated for it
        lines = file.read().splitlines()
    for line in lines:
        addresses, rights, _, _, _, *name = line.split(maxsplit=5)
        if "w" not in rights or name not in ([], ["[heap]"]):
            continue
        begin, end = (int(address, 16) for address in addresses.split("-"))
        for address in range(-(-begin // _HUGE_PAGE) * _HUGE_PAGE, end - _HUGE_PAGE + 1, _HUGE_PAGE):
            syscalls.collapse(address, _HUGE_PAGE)


class _Parent:
    """Forks children on request and tells how each ended, on the control socket that came with the request."""

    def __init__(self, commands: socket.socket, inits: Inits, seccomp: bytes) -> None:
        self._commands = commands
        self._inits = inits
        self._seccomp = seccomp
        self._controls: dict[int, socket.socket] = {}

    def serve(self) -> None:
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        poll = select.poll()
        poll.register(self._commands.fileno(), select.POLLIN)
        poll.register(reader, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == reader:
                    with contextlib.suppress(BlockingIOError):
                        os.read(reader, 4096)
                    if not self._reap():
                        return
                elif not self._answer():
                    return

    def _reap(self) -> bool:
        """Tell of every child that has ended; False when the maker of first processes has."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self._inits.pid:
                return False
            control = self._controls.pop(pid, None)
            if control is None:
                continue
            seconds = usage.ru_utime + usage.ru_stime
            told = {"status": status, "cpu_s": seconds, "rss": usage.ru_maxrss * 1024}
            with contextlib.suppress(OSError):  # the runner may have closed its end, or be gone
                control.send(json.dumps(told).encode(), socket.MSG_DONTWAIT)
            control.close()

    def _answer(self) -> bool:
        """Give one child; False when nobody asks any more."""
        message, descriptors, _, _ = socket.recv_fds(self._commands, 1 << 16, 16)
        if not message:
            return False
        request = json.loads(message)
        control = descriptors[3]
        try:
            pid, handle = self._inits.fork_into(control, int(request["host_id"]))
        except OSError as error:
            kind = "refused" if isinstance(error, Refused) else "problem"
            for descriptor in descriptors:
                os.close(descriptor)
            self._commands.send(json.dumps({kind: str(error)}).encode())
            return True
        if pid == 0:
            os.close(handle)
            self._commands.close()
            _live(request, descriptors, self._seccomp)
        worker = os.pidfd_open(pid)  # its zombie, at least, is there until we reap it
        self._controls[pid] = socket.socket(fileno=control)
        socket.send_fds(self._commands, [b"{}"], [handle, worker])
        for descriptor in (*descriptors[:3], *descriptors[4:], handle, worker):
            os.close(descriptor)
        return True


def _live(request: dict[str, object], descriptors: list[int], seccomp: bytes) -> NoReturn:
    """Be the snippet's process: enter the groups, isolate, and wait for the job."""
    output, errors, channel, control_end, *entrances = descriptors
    control = socket.socket(fileno=control_end)
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        limits = Limits.from_dict(request["limits"])  # type: ignore[arg-type]
        try:
            for entrance in entrances:
                # "0" is whoever writes it: no lock over all processes of the machine, as another's number needs.
                os.write(entrance, b"0")
            scratch = cell.isolate(limits, int(str(request["processes"])), int(str(request["host_id"])), seccomp)
        except OSError as error:
            control.send(json.dumps({"problem": str(error)}).encode())
            os._exit(70)
        socket.send_fds(control, [b'{"isolated": true}'], [scratch])
        os.close(scratch)
        control.close()
        session.main(output, errors, channel, bool(request["warm"]))
    except BaseException as error:
        with contextlib.suppress(OSError):
            control.send(json.dumps({"problem": f"{type(error).__name__}: {error}"[:500]}).encode())
    finally:
        os._exit(70)


if __name__ == "__main__":
    main()
