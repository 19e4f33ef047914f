"""The few Linux calls that Python 3.11 does not offer, as plain functions that raise `OSError`.

Used on both sides of the wall: outside to build a cell, inside (before any foreign code) to lock it.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import struct

CLONE_NEWNS = 0x0002_0000
CLONE_NEWCGROUP = 0x0200_0000
CLONE_NEWUTS = 0x0400_0000
CLONE_NEWIPC = 0x0800_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000
CLONE_NEWTIME = 0x0000_0080
NAMESPACE_FLAGS = (
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET
)

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_BIND = 4096
MS_MOVE = 8192
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2
MOUNT_ATTR_RDONLY = 1
MOUNT_ATTR_NOSUID = 2
MOUNT_ATTR_NODEV = 4
MOUNT_ATTR_NOEXEC = 8
_AT_RECURSIVE = 0x8000
_MOUNT_SETATTR = 442

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
_MADV_COLLAPSE = 25
_PIDFD_GET_INFO = 0xC040FF0B  # _IOWR(0xFF, 11, struct pidfd_info of 64 bytes)
_PIDFD_INFO_EXIT = 1 << 3
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63

# Landlock has the same numbers on every architecture.
_LANDLOCK_CREATE_RULESET = 444
_LANDLOCK_ADD_RULE = 445
_LANDLOCK_RESTRICT_SELF = 446

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)
_libc.umount2.argtypes = (ctypes.c_char_p, ctypes.c_int)
_libc.unshare.argtypes = (ctypes.c_int,)
_libc.setns.argtypes = (ctypes.c_int, ctypes.c_int)
_libc.prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong)
_libc.sethostname.argtypes = (ctypes.c_char_p, ctypes.c_size_t)
_libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_libc.syscall.restype = ctypes.c_long
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}.get(platform.machine(), -1)
_CAPSET = {"x86_64": 126, "aarch64": 91}.get(platform.machine(), -1)


def _check(outcome: int, doing: str) -> int:
    if outcome < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{os.strerror(number)} ({doing})")
    return outcome


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, options: str | None = None) -> None:
    """Mount `source` at `target`; `kind` is the file system, `options` its own comma-separated words."""
    _check(
        _libc.mount(
            source.encode(),
            target.encode(),
            kind.encode() if kind else None,
            flags,
            options.encode() if options else None,
        ),
        f"mount {kind or source} at {target}",
    )


def bind(source: str, target: str) -> None:
    """Show `source` and what is mounted below it at `target`: read-only, nosuid, nodev."""
    mount(source, target, flags=MS_BIND | MS_REC)
    restrict(target, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)


def restrict(target: str, attributes: int, *, recursive: bool = True) -> None:
    """Add attributes to the mount at `target`, and with `recursive` to all below it.

    Raises:
        OSError: the kernel is older than 5.12 or refuses.
    """
    wish = ctypes.create_string_buffer(struct.pack("=QQQQ", attributes, 0, 0, 0), 32)
    flags = _AT_RECURSIVE if recursive else 0
    outcome = _libc.syscall(_MOUNT_SETATTR, -100, target.encode(), flags, wish, ctypes.c_size_t(32))
    _check(int(outcome), f"mount_setattr {target}")


def unmount(target: str) -> None:
    """Detach what is mounted at `target`, now for new look-ups, later for open files."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root of this mount namespace and hang the old root at `old`."""
    _check(_libc.syscall(_PIVOT_ROOT, new.encode(), old.encode()), "pivot_root")


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags` for new ones."""
    _check(_libc.unshare(flags), f"unshare {flags:#x}")


def setns(descriptor: int, kind: int) -> None:
    """Enter the namespace behind `descriptor`."""
    _check(_libc.setns(descriptor, kind), "setns")


def prctl(option: int, argument: int = 0, argument2: int = 0) -> int:
    """Change one thing about this process; the arguments that are not given are zero."""
    return _check(_libc.prctl(option, argument, argument2, 0, 0), f"prctl {option}")


def sethostname(name: str) -> None:
    """Name this UTS namespace."""
    _check(_libc.sethostname(name.encode(), len(name.encode())), "sethostname")


def drop_capabilities() -> None:
    """Empty every capability set, the bounding set included, and forbid gaining any again."""
    for number in range(_LAST_CAPABILITY + 1):
        if _libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0:
            break  # past the last one this kernel knows
    _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), 8)
    empty = ctypes.create_string_buffer(24)
    _check(_libc.syscall(_CAPSET, header, empty), "capset")
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def exit_status(handle: int) -> int | None:
    """Return how the process behind a pidfd ended, as `os.wait` gives it; None while it is not reaped.

    For whoever is not its parent. None as well where the kernel does not tell (before Linux 6.15).
    """
    info = bytearray(struct.pack("=Q56x", _PIDFD_INFO_EXIT))
    try:
        fcntl.ioctl(handle, _PIDFD_GET_INFO, info)
    except OSError:
        return None
    (told, status) = struct.unpack("=Q52xi", info)
    return int(status) if told & _PIDFD_INFO_EXIT else None


def collapse(address: int, length: int) -> bool:
    """Put `length` bytes of memory from `address` on into huge pages; False where that cannot be done."""
    return int(_libc.madvise(address, length, _MADV_COLLAPSE)) == 0


def load_seccomp(program: bytes) -> None:
    """Put this thread and all its descendants under a classic BPF program (no_new_privs must be on)."""
    buffer = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("@HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    header = ctypes.create_string_buffer(head, len(head))
    _check(_libc.prctl(PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(header), 0, 0), "seccomp")


def landlock_version() -> int:
    """Return the Landlock ABI of this kernel, 0 where there is none."""
    version = int(_libc.syscall(_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), 1))
    return max(version, 0)


# Rights by ABI: what each version of Landlock can handle for files.
_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read file, read directory
_ALL_FILES_V1 = (1 << 13) - 1
_REFER_V2, _TRUNCATE_V3, _IOCTL_V5 = 1 << 13, 1 << 14, 1 << 15
_TCP_V4 = 0b11  # bind and connect
_SCOPES_V6 = 0b11  # abstract sockets and signals


def landlock(writable: tuple[str, ...]) -> int:
    """Allow reading everywhere and writing below `writable` only; deny TCP, and reaching out of the domain.

    Returns:
        The ABI that was used, 0 where the kernel has no Landlock (a second belt: nothing depends on it).
    """
    version = landlock_version()
    if version < 1:
        return 0
    files = _ALL_FILES_V1
    files |= _REFER_V2 if version >= 2 else 0
    files |= _TRUNCATE_V3 if version >= 3 else 0
    files |= _IOCTL_V5 if version >= 5 else 0
    attributes = struct.pack("=QQQ", files, _TCP_V4 if version >= 4 else 0, _SCOPES_V6 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    ruleset = _check(
        int(_libc.syscall(_LANDLOCK_CREATE_RULESET, buffer, ctypes.c_size_t(size), 0)), "landlock_create_ruleset"
    )
    try:
        read = _READ | (_IOCTL_V5 if version >= 5 else 0)
        for path, rights in (("/", read), *((path, files) for path in writable)):
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            try:
                if not os.path.isdir(path):  # noqa: PTH112 - a plain stat, before pathlib's cost matters
                    rights &= _READ & ~(1 << 3) | 1 << 1 | _TRUNCATE_V3 | _IOCTL_V5
                rule = ctypes.create_string_buffer(struct.pack("=Qi", rights & files, descriptor), 12)
                _check(int(_libc.syscall(_LANDLOCK_ADD_RULE, ruleset, 1, rule, 0)), "landlock_add_rule")
            finally:
                os.close(descriptor)
        _check(int(_libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0)), "landlock_restrict_self")
    finally:
        os.close(ruleset)
    return version
