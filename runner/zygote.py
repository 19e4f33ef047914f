"""A parent that has imported what snippets import, and nothing else, and forks one child a job.

It lives inside the shared root (see `runner.cell`), never touches a device, never runs an operation and never sees
foreign code. On its command socket it answers each request, which carries four descriptors, with the number of a new
process, the first one of a new PID namespace. That process waits until it was put into its cgroup, shuts itself in,
forks the one process that the snippet will live in, and from then on only watches it: it is the cell's init.
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
from runner.job import Limits


def main() -> None:
    """Import, say so, and fork on request until the command socket closes."""
    commands = socket.socket(fileno=int(sys.argv[1]))
    commands.set_inheritable(False)
    backend, seccomp, imports = sys.argv[2], bytes.fromhex(sys.argv[3]), sys.argv[4:]
    sys.path.remove(layout.LOBBY)
    own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    try:
        # The way back after each child, tried before anything is imported: root of a mere user namespace has none.
        syscalls.setns(own_pids, syscalls.CLONE_NEWPID)
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
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # dead children vanish by themselves
    commands.send(json.dumps({"ready": True, "pid": os.getpid()}).encode())
    while True:
        message, descriptors, _, _ = socket.recv_fds(commands, 1 << 16, 8)
        if not message:
            return
        request = json.loads(message)
        try:
            syscalls.unshare(syscalls.CLONE_NEWPID)
        except OSError as error:
            for descriptor in descriptors:
                os.close(descriptor)
            commands.send(json.dumps({"refused": error.strerror}).encode())
            continue
        pid = os.fork()
        if pid == 0:
            os.close(own_pids)
            commands.close()
            _live(request, descriptors, seccomp)
        syscalls.setns(own_pids, syscalls.CLONE_NEWPID)
        for descriptor in descriptors:
            os.close(descriptor)
        _answer(commands, pid)


def _answer(commands: socket.socket, pid: int) -> None:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        commands.send(json.dumps({"problem": "the child died at once"}).encode())
        return
    socket.send_fds(commands, [json.dumps({"pid": pid}).encode()], [handle])
    os.close(handle)


def _live(request: dict[str, object], descriptors: list[int], seccomp: bytes) -> NoReturn:
    """Be the cell's first process: isolate, fork the snippet's process, watch it, tell how it ended."""
    output, errors, channel, watch = descriptors
    control = socket.socket(fileno=watch)
    status = 70
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # A namespace's first process gets no signal from inside that it has no handler for; Python has one for SIGINT.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.setsid()
        limits = Limits.from_dict(request["limits"])  # type: ignore[arg-type]
        if not control.recv(1):
            os._exit(0)
        try:
            scratch = cell.isolate(limits, int(str(request["processes"])), int(str(request["host_id"])), seccomp)
        except OSError as error:
            control.send(json.dumps({"problem": str(error)}).encode())
            os._exit(status)
        socket.send_fds(control, [b'{"isolated": true}'], [scratch])
        os.close(scratch)
        worker = os.fork()
        if worker == 0:
            control.close()
            syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            session.main(output, errors, channel, bool(request["warm"]))
        for descriptor in (output, errors, channel):
            os.close(descriptor)
        _watch(worker, control)
        status = 0
    except BaseException as error:
        with contextlib.suppress(OSError):
            control.send(json.dumps({"problem": f"{type(error).__name__}: {error}"[:500]}).encode())
    finally:
        os._exit(status)


def _watch(worker: int, control: socket.socket) -> None:
    """Reap every orphan until the snippet's process is gone, then report; give up when the runner is gone."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    poll.register(control.fileno(), select.POLLIN)
    while True:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                break
            if pid == worker:
                seconds = usage.ru_utime + usage.ru_stime
                control.send(json.dumps({"status": status, "cpu_s": seconds, "rss": usage.ru_maxrss * 1024}).encode())
                return
        for descriptor, _ in poll.poll():
            if descriptor == control.fileno():
                return  # the runner never writes here again, so this is its end
            with contextlib.suppress(BlockingIOError):
                os.read(reader, 4096)


if __name__ == "__main__":
    main()
