"""One isolated place to run: what is done to a process before a stranger's code may be in it.

A cell is made in two steps, because the first can be shared:

1. `enter_root`, once for each parent process: a mount namespace whose root is a read-only tmpfs with the few folders
   that Python needs. The host's root is gone from it.
2. `isolate`, in each child: namespaces of its own, a fresh /proc, scratch folders in memory, and then everything that
   cannot be undone: unprivileged ids, no capabilities, no way to gain any, resource limits, Landlock, seccomp.

As root the mounts belong to the machine's user namespace and the child becomes an unused host id, so that nothing
inside owns its own walls. As an ordinary user a first user namespace takes root's place; the child enters a second one
below it.
"""

# Plain calls of `os` below: what is meant is the system call, and a child has milliseconds.
# ruff: noqa: PTH102, PTH103, PTH106, PTH112, PTH120, PTH123, PTH211

from __future__ import annotations

import os
import resource
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from runner import layout, policy, syscalls
from runner.job import Limits


@dataclass(frozen=True)
class Plan:
    """What a root is built from; plain data, because it crosses into another process."""

    root: str  # an empty folder of the host to build at
    binds: dict[str, str]  # place inside → place outside
    interpreter: str  # place inside
    environment: dict[str, str]
    backend: str
    imports: tuple[str, ...]
    base_prefix: str  # where the interpreter believes to be installed
    seccomp: str  # hexadecimal
    devices: dict[str, str] = field(default_factory=dict)  # nodes of a GPU, place inside → place outside
    driver_facts: dict[str, str] = field(default_factory=dict)  # path below /proc/driver → text

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Plan:
        return cls(**{**data, "imports": tuple(data["imports"])})


def privileged() -> bool:
    """True when this process can mount in its own user namespace."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("CapEff:"):
                return bool(int(line.split()[1], 16) >> 21 & 1)  # CAP_SYS_ADMIN
    return False


# -- step 1: the shared root ---------------------------------------------------------------------------------


def enter_root(plan: Plan) -> None:
    """Move this process into a fresh root made from `plan`.

    Raises:
        OSError: the machine does not allow it; the text names the call.
    """
    if privileged():
        syscalls.unshare(syscalls.CLONE_NEWNS)
    else:
        user, group = os.geteuid(), os.getegid()
        # The PID namespace is for the parent: to come back to its own after each child, it must own it.
        syscalls.unshare(syscalls.CLONE_NEWUSER | syscalls.CLONE_NEWNS | syscalls.CLONE_NEWPID)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"0 {user} 1")
        _write("/proc/self/gid_map", f"0 {group} 1")
    os.umask(0o022)
    syscalls.mount("none", "/", flags=syscalls.MS_REC | syscalls.MS_PRIVATE)
    root = plan.root
    syscalls.mount("tmpfs", root, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, "size=16m,mode=0755")
    _furnish(root, plan)
    os.makedirs(f"{root}/old")
    syscalls.pivot_root(root, f"{root}/old")
    os.chdir("/")
    syscalls.unmount("/old")
    os.rmdir("/old")
    syscalls.restrict("/", syscalls.MOUNT_ATTR_RDONLY, recursive=False)


def _furnish(root: str, plan: Plan) -> None:
    for inside, outside in plan.binds.items():
        _bind(outside, root + inside)
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        if os.path.isdir(f"{root}/usr/{name}"):
            os.symlink(f"usr/{name}", f"{root}/{name}")
    for name, text in policy.ETC_FILES.items():
        _write_file(f"{root}/etc/{name}", text)
    _write_file(root + layout.EMPTY_FILE, "")
    os.makedirs(root + layout.EMPTY_FOLDER)
    for name in policy.SYSCTL_FILES:
        try:
            with open(f"/proc/sys/{name}") as file:
                _write_file(f"{root}{layout.SYSCTL}/{name}", file.read())
        except FileNotFoundError:
            continue
    for name, text in plan.driver_facts.items():
        _write_file(f"{root}{layout.DRIVER_FACTS}/{name}", text)
    _furnish_devices(root, plan)
    _furnish_python(root, plan)
    for place in (*layout.WRITABLE.values(), layout.SCRATCH, "/newproc"):
        os.makedirs(root + place, exist_ok=True)
    # The parent's own places to write while it imports; each child covers them with its own.
    for place in (layout.TMP, layout.HOME):
        syscalls.mount("tmpfs", root + place, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, "size=64m,mode=0755")
    # Complete, because the kernel lets a child mount a fresh /proc only where a complete one is in sight.
    os.makedirs(f"{root}/proc")
    syscalls.mount("/proc", f"{root}/proc", flags=syscalls.MS_BIND | syscalls.MS_REC)


def _furnish_devices(root: str, plan: Plan) -> None:
    for inside, outside in ({f"/dev/{name}": f"/dev/{name}" for name in policy.DEVICES} | plan.devices).items():
        target = root + inside
        _write_file(target, "")
        # Bound, because a user namespace makes no nodes that open; so each keeps the host's owner and mode.
        syscalls.mount(outside, target, flags=syscalls.MS_BIND)
        syscalls.restrict(target, syscalls.MOUNT_ATTR_NOSUID | syscalls.MOUNT_ATTR_NOEXEC)
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(f"/proc/self/{target}", f"{root}/dev/{name}")


def _furnish_python(root: str, plan: Plan) -> None:
    folder, executable = os.path.split(plan.interpreter)
    os.makedirs(f"{root}{layout.VENV}/bin", exist_ok=True)
    for name in ("python", "python3", executable):
        os.symlink(plan.interpreter, f"{root}{layout.VENV}/bin/{name}")
    _write_file(f"{root}{layout.VENV}/pyvenv.cfg", f"home = {folder}\ninclude-system-site-packages = false\n")
    # Shared libraries and scripts remember where the interpreter was installed.
    home = root + plan.base_prefix
    taken = any(plan.base_prefix.startswith(f"{place}/") for place in layout.WRITABLE.values())
    if plan.base_prefix != "/usr" and not taken and not os.path.lexists(home):
        os.makedirs(os.path.dirname(home), exist_ok=True)
        os.symlink(layout.PYTHON, home)


def _bind(outside: str, target: str) -> None:
    if os.path.isdir(outside):
        os.makedirs(target, exist_ok=True)
    else:
        _write_file(target, "")
    syscalls.bind(outside, target)


def _write_file(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    _write(path, text)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


# -- step 2: one child ---------------------------------------------------------------------------------------


def isolate(limits: Limits, processes: int, host_id: int, seccomp: bytes) -> int:
    """Shut this process, already in a PID namespace and groups of its own, into a cell; there is no way back.

    Args:
        limits: disk and CPU time are set here; memory is the cgroup's.
        processes: how many processes and threads the kernel lets this user have.
        host_id: user and group on the host that the cell runs as, when this process is free to choose.
        seccomp: the filter program.

    Returns:
        A descriptor of the scratch file system (folders `work`, `tmp`, …), for whoever looks after the cell.

    Raises:
        OSError: a step was refused; nothing may be run.
    """
    flags = (
        syscalls.CLONE_NEWNS
        | syscalls.CLONE_NEWNET
        | syscalls.CLONE_NEWIPC
        | syscalls.CLONE_NEWUTS
        | syscalls.CLONE_NEWCGROUP
    )
    syscalls.unshare(flags)
    syscalls.sethostname("lobby")
    own_id = host_id if os.geteuid() == 0 and host_id else os.geteuid()
    scratch = _mount_scratch(limits, own_id)
    user_limits = _mount_proc()
    _become(own_id)
    # Nested user namespaces are the classic way to more of the kernel: none can be made from here on.
    with open(os.open("max_user_namespaces", os.O_WRONLY, dir_fd=user_limits), "w") as file:
        file.write("0")
    os.close(user_limits)
    os.chdir(layout.WORK)
    syscalls.drop_capabilities()
    _limit_resources(limits, processes)
    syscalls.landlock((*layout.WRITABLE.values(), "/dev", "/proc"))
    syscalls.load_seccomp(seccomp)
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)  # changes of ids and namespaces take our own /proc/self away
    return scratch


def _mount_scratch(limits: Limits, owner: int) -> int:
    options = f"size={limits.disk_bytes},nr_inodes={limits.disk_files + len(layout.WRITABLE) + 4},mode=0755"
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV
    syscalls.mount("tmpfs", layout.SCRATCH, "tmpfs", flags, options)
    for name, place in layout.WRITABLE.items():
        folder = f"{layout.SCRATCH}/{name}"
        os.mkdir(folder, 0o777 if name in ("tmp", "shm") else 0o755)
        os.chown(folder, owner, owner)
        syscalls.mount(folder, place, flags=syscalls.MS_BIND)
    descriptor = os.open(layout.SCRATCH, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    syscalls.unmount(layout.SCRATCH)
    return descriptor


def _mount_proc() -> int:
    """Mount a fresh /proc that shows own processes and little else; return a handle on its /proc/sys/user."""
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC
    syscalls.mount("proc", "/newproc", "proc", flags)
    syscalls.unmount("/proc")
    syscalls.mount("/newproc", "/proc", flags=syscalls.MS_MOVE)
    user_limits = os.open("/proc/sys/user", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    syscalls.mount(layout.SYSCTL, "/proc/sys", flags=syscalls.MS_BIND)
    visible = policy.PROC_VISIBLE
    if os.path.isdir(layout.DRIVER_FACTS):
        syscalls.mount(layout.DRIVER_FACTS, "/proc/driver", flags=syscalls.MS_BIND)
        visible |= policy.PROC_VISIBLE_WITH_GPU
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() or entry.name in visible or entry.name == "sys":
            continue
        if entry.is_symlink():
            continue
        empty = layout.EMPTY_FOLDER if entry.is_dir(follow_symlinks=False) else layout.EMPTY_FILE
        syscalls.mount(empty, entry.path, flags=syscalls.MS_BIND)
    return user_limits


def _become(own_id: int) -> None:
    """Take on an unprivileged id, then a user namespace that knows no other."""
    if own_id != os.geteuid():
        os.setgroups([])
        os.setresgid(own_id, own_id, own_id)
        os.setresuid(own_id, own_id, own_id)
        syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)  # to write our own maps below
    syscalls.unshare(syscalls.CLONE_NEWUSER)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{layout.INSIDE_ID} {own_id} 1")
    _write("/proc/self/gid_map", f"{layout.INSIDE_ID} {own_id} 1")


def _limit_resources(limits: Limits, processes: int) -> None:
    cpu_s = max(1, int(limits.cpu_s + 1))
    wishes = (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, policy.OPEN_FILES),
        (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_FSIZE, limits.disk_bytes),
        (resource.RLIMIT_MEMLOCK, policy.LOCKED_BYTES),
        (resource.RLIMIT_MSGQUEUE, policy.MESSAGE_QUEUE_BYTES),
        (resource.RLIMIT_SIGPENDING, policy.PENDING_SIGNALS),
        (resource.RLIMIT_NICE, 0),
        (resource.RLIMIT_RTPRIO, 0),
        (resource.RLIMIT_CPU, cpu_s),
    )
    for kind, wish in wishes:
        hard = resource.getrlimit(kind)[1]
        value = wish if hard == resource.RLIM_INFINITY else min(wish, hard)
        resource.setrlimit(kind, (value, value))
