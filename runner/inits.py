"""The first process of each cell, its init: small, made by a small parent, so that only one big fork is left.

The process that has imported Keras takes milliseconds to fork, the more memory it has the more. So it does not make
the PID namespaces: a process that it forked off before its imports does, and puts into each an init. The big parent
then forks the snippet's process straight into that namespace (`setns`). The init reaps what loses its parent in there,
and takes everything with it when it goes: when the runner kills it, or when the runner is gone.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
from typing import NoReturn

from runner import syscalls


class Refused(OSError):
    """The kernel does not let us make a PID namespace."""


class Inits:
    """The big parent's hand on the small one. Not thread-safe; there are no threads in there.

    Raises:
        OSError: there is no way back from another PID namespace, as for root of a mere user namespace.
    """

    def __init__(self, seccomp: bytes) -> None:
        own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        syscalls.setns(own_pids, syscalls.CLONE_NEWPID)  # tried before anybody has to wait for imports
        self._own_pids = own_pids
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            _serve(theirs, own_pids, seccomp)
        theirs.close()
        self._socket = ours

    def fork_into(self, control: int, host_id: int) -> tuple[int, int]:
        """Fork this process into a new PID namespace with an init of its own.

        Args:
            control: the cell's end of the control socket; the init ends when the other end is closed.
            host_id: user and group to become, 0 to stay what it is.

        Returns:
            The number of the new process (0 inside it, as `os.fork`) and a handle on the init.

        Raises:
            Refused: no namespace could be made.
            OSError: there is no small parent any more, or the fork failed.
        """
        socket.send_fds(self._socket, [json.dumps({"host_id": host_id}).encode()], [control])
        message, handles, _, _ = socket.recv_fds(self._socket, 4096, 1)
        answer = json.loads(message or b'{"gone": true}')
        if "refused" in answer:
            raise Refused(answer["refused"])
        if not handles:
            raise OSError("the maker of first processes is gone")
        try:
            syscalls.setns(handles[0], syscalls.CLONE_NEWPID)
            pid = os.fork()
            if pid:
                syscalls.setns(self._own_pids, syscalls.CLONE_NEWPID)
        except BaseException:
            os.close(handles[0])
            raise
        if pid == 0:
            self._socket.close()
            os.close(self._own_pids)
        return pid, handles[0]


def _serve(requests: socket.socket, own_pids: int, seccomp: bytes) -> NoReturn:
    """Make an init for each request until the big parent is gone."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # dead ones vanish by themselves
        while True:
            message, controls, _, _ = socket.recv_fds(requests, 4096, 1)
            if not message:
                os._exit(0)
            try:
                syscalls.unshare(syscalls.CLONE_NEWPID)
            except OSError as error:
                requests.send(json.dumps({"refused": error.strerror}).encode())
                os.close(controls[0])
                continue
            pid = os.fork()
            if pid == 0:
                requests.close()
                os.close(own_pids)
                _be_init(controls[0], int(json.loads(message)["host_id"]), seccomp)
            syscalls.setns(own_pids, syscalls.CLONE_NEWPID)
            handle = os.pidfd_open(pid)
            socket.send_fds(requests, [b"{}"], [handle])
            os.close(handle)
            os.close(controls[0])
    finally:
        os._exit(70)


def _be_init(control: int, host_id: int, seccomp: bytes) -> NoReturn:
    """Reap every orphan until the runner closes its end of `control`; be worth nothing to whoever gets hold of this."""
    try:
        # A namespace's first process gets no signal from inside that it has no handler for; Python has one for SIGINT.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.setsid()
        if host_id and os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(host_id, host_id, host_id)
            os.setresuid(host_id, host_id, host_id)
        syscalls.drop_capabilities()
        syscalls.load_seccomp(seccomp)
        # Nobody inside may look into this process.
        syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)
        poll = select.poll()
        poll.register(control, 0)  # the hang-up alone; what is said there is not for us. SIGCHLD is still ignored
        while not poll.poll():
            pass
    finally:
        os._exit(0)
