"""The system call filter of a cell, built from `runner.policy` with libseccomp, as bytes that any process can load."""

from __future__ import annotations

import errno
import functools
import socket
import tempfile

from runner import policy
from runner.errors import Unavailable
from runner.syscalls import NAMESPACE_FLAGS


@functools.cache
def seccomp_program() -> bytes:
    """Return the filter as a classic BPF program.

    Raises:
        Unavailable: libseccomp is missing.
    """
    try:
        import pyseccomp as seccomp
    except (ImportError, OSError, RuntimeError) as error:
        raise Unavailable(
            f"System calls cannot be filtered: {error}", "Install libseccomp2 (apt-get install libseccomp2)."
        ) from error
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.ENOSYS))
    rules.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)
    denied = {name for names in policy.DENIED_CALLS.values() for name in names.split()}
    for number in range(policy.LAST_KNOWN_CALL + 1):
        try:
            name = seccomp.resolve_syscall(seccomp.Arch.NATIVE, number)
        except ValueError:
            continue
        name = name.decode() if isinstance(name, bytes) else name
        if name not in policy.JUDGED_CALLS:
            rules.add_rule(seccomp.ERRNO(errno.EPERM) if name in denied else seccomp.ALLOW, number)

    # Only sockets between own processes: EACCES reads as "Permission denied", which tells a person what is up.
    unix = int(socket.AF_UNIX)
    rules.add_rule(seccomp.ALLOW, "socket", seccomp.Arg(0, seccomp.EQ, unix))
    rules.add_rule(seccomp.ERRNO(errno.EACCES), "socket", seccomp.Arg(0, seccomp.NE, unix))

    rules.add_rule(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, NAMESPACE_FLAGS, 0))
    for bit in range(32):
        if NAMESPACE_FLAGS >> bit & 1:
            flag = seccomp.Arg(0, seccomp.MASKED_EQ, 1 << bit, 1 << bit)
            rules.add_rule(seccomp.ERRNO(errno.EPERM), "clone", flag)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
