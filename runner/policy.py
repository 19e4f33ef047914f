"""All that a snippet may and may not do, with the reason beside each number.

This is the file to read when you ask "can a snippet do X?", and the only one to change when the answer should differ.
"""

from __future__ import annotations

import shutil
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from runner import layout
from runner.gpu import Gpu
from runner.job import BACKENDS, GIB, KIB, MIB, Backend


@dataclass(frozen=True)
class RunnerConfig:
    """What an operator may choose. The limits of one run are in `runner.job.Limits`."""

    # Runs at once. One a core keeps a fit as fast as it can be; two hide each other's waiting.
    slots: int = 2
    # Accepted runs that wait. At 2 s each on two slots the last one waits about a minute; longer helps nobody.
    queue: int = 64
    backends: tuple[Backend, ...] = BACKENDS
    # "warm" keeps one parent a backend with Keras imported; "cold" starts Python anew for each run.
    launch: Literal["warm", "cold"] = "warm"
    # Code that names no package of `runner.pool` is forked from the bare parent when no child waits for it: 2 ms of CPU
    # instead of the 40 ms that a fork with Keras inside costs from beginning to end.
    plain_is_bare: bool = True
    # Isolated children that wait with a warm backend, a backend. Two: one to serve, one while the next is made.
    parked: int = 2
    # What all parked children together may hold of their own. One holds 20-130 MB past its first operation.
    parked_memory_bytes: int = 1 * GIB
    # Folders shown to snippets read-only, by their place inside (an absolute path).
    extra_binds: Mapping[str, str] = field(default_factory=dict)
    # Files that `keras.datasets` and `get_file` may find, as in ~/.keras/datasets; None: there are none.
    datasets: Path | None = None
    # The GPUs that runs may use; None: those that `runner.gpu.find` sees.
    gpus: tuple[Gpu, ...] | None = None
    # The backends that get one; None: those whose installed build can use it.
    gpu_backends: frozenset[Backend] | None = None
    # What one account may use of GPUs within an hour. Ten minutes: six people keep one card busy. 0: no quota.
    gpu_seconds_per_hour: float = 600.0
    # Identical runs answered from memory of earlier ones; 0 switches it off.
    cache_entries: int = 1000
    # Finished runs kept with their artifacts; the oldest go first.
    kept_runs: int = 10_000
    # How long a warm parent may take to import (PyTorch on a cold disk needs 15 s) and then to fork (8-25 ms).
    import_timeout_s: float = 120.0
    fork_timeout_s: float = 10.0
    # From its first failed fork a snippet gets this long to end by itself, so that it can tell its own error.
    process_grace_s: float = 1.0


# -- what is seen of the host --------------------------------------------------------------------------------

# Libraries and tools that Python's packages load or call (libc, libstdc++, fonts, graphviz' dot, sh), and no more:
# no headers, no /usr/local, no sbin, no share but what is named.
_SYSTEM_FOLDERS = (
    "/usr/bin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/share/fonts",
    "/usr/share/fontconfig",
    "/usr/share/graphviz",
    "/usr/share/zoneinfo",
    "/etc/alternatives",  # where /usr/bin and /usr/lib point to on Debian
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/sys/devices/system/cpu",  # PyTorch, oneDNN and glibc count cores and caches here
    "/sys/devices/system/node",
)
# Programs that packages call, wherever they are.
_PROGRAMS = ("dot",)
# Made for the cell; the host's own files of these names are never shown.
ETC_FILES: Mapping[str, str] = {
    "passwd": f"user:x:{layout.INSIDE_ID}:{layout.INSIDE_ID}:user:{layout.HOME}:/bin/sh\n",
    "group": f"user:x:{layout.INSIDE_ID}:\n",
    "hosts": "127.0.0.1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
DEVICES = ("null", "zero", "full", "random", "urandom")
# Of /proc a snippet sees its own processes and these; everything else there tells about the host.
PROC_VISIBLE = frozenset(
    (
        "self",
        "thread-self",
        "mounts",
        "net",
        "cpuinfo",
        "meminfo",
        "stat",
        "filesystems",
        "uptime",
        "loadavg",
        "version",
    )
)
# With a GPU also the numbers of device drivers, where CUDA looks up what it opens; and of /proc/driver what
# `runner.gpu` made up. CUDA's other wishes (/proc/modules, /sys/bus/pci) it does without.
PROC_VISIBLE_WITH_GPU = frozenset(("devices", "driver"))
# /proc/sys shrinks to what libraries ask for (glibc's allocator, libcap, libuuid and the like).
SYSCTL_FILES = (
    "kernel/cap_last_cap",
    "kernel/ngroups_max",
    "kernel/osrelease",
    "kernel/ostype",
    "kernel/pid_max",
    "kernel/threads-max",
    "vm/max_map_count",
    "vm/overcommit_memory",
)


def host_binds(config: RunnerConfig, gpu: Gpu | None = None) -> dict[str, str]:
    """Return what the cell shows of the host read-only: place inside → place outside."""
    binds = {path: path for path in _SYSTEM_FOLDERS if Path(path).exists()}
    for name in _PROGRAMS:
        # Debian's `dot` is a link to a file in sbin, which is not shown as a whole.
        program = Path(shutil.which(name) or "/").resolve()
        if program.is_file() and not any(program.is_relative_to(shown) for shown in binds.values()):
            binds[str(program)] = str(program)
    base = Path(sys.base_prefix).resolve()
    if base != Path("/usr"):
        binds[layout.PYTHON] = str(base)
    binds[f"{layout.VENV}/{_site_inside()}"] = sysconfig.get_path("purelib")
    platlib = sysconfig.get_path("platlib")
    if platlib != sysconfig.get_path("purelib"):
        binds[f"{layout.VENV}/platlib"] = platlib
    binds[f"{layout.LOBBY}/runner"] = str(Path(__file__).resolve().parent)
    if config.datasets is not None and config.datasets.is_dir():
        binds[layout.DATASETS] = str(config.datasets.resolve())
    if gpu is not None:
        binds.update({f"{layout.DRIVER_LIBRARIES}/{name}": path for name, path in gpu.libraries.items()})
    binds.update(config.extra_binds)
    return binds


def _site_inside() -> str:
    return f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"


def interpreter_inside() -> str:
    """Return where the real interpreter lies inside the cell."""
    name = f"bin/python{sys.version_info.major}.{sys.version_info.minor}"
    return f"/usr/{name}" if Path(sys.base_prefix).resolve() == Path("/usr") else f"{layout.PYTHON}/{name}"


def environment(backend: Backend, gpu: Gpu | None = None, gpu_share: float | None = None) -> dict[str, str]:
    """Return the whole environment of a snippet; nothing of the service's own is passed on.

    Args:
        backend: what Keras runs on.
        gpu: the card that the cell is shown.
        gpu_share: how much of the card's memory the frameworks are told to use at most, from 0 to 1.
    """
    values = {
        "HOME": layout.HOME,
        "USER": "user",
        "LOGNAME": "user",
        "PATH": f"{layout.VENV}/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "KERAS_BACKEND": backend,
        "MPLBACKEND": "Agg",  # no display
        "PYTHONUNBUFFERED": "1",  # what was printed before a kill is kept
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "PYTHONHASHSEED": "0",  # a warm parent cannot change it later, and a seeded run must repeat
        "TF_CPP_MIN_LOG_LEVEL": "3",  # start-up noise is not the snippet's own words
        "TF_ENABLE_ONEDNN_OPTS": "1",
        "JAX_PLATFORMS": "cpu",
        "CUDA_VISIBLE_DEVICES": "-1",
        "GLOG_minloglevel": "2",
        "GRPC_VERBOSITY": "NONE",
        "TOKENIZERS_PARALLELISM": "false",
        # Threads of a loop that is over wait asleep: on busy cores spinning made small operations 20 times slower.
        "OMP_WAIT_POLICY": "PASSIVE",
        "GOMP_SPINCOUNT": "0",
        "COLUMNS": "120",  # `model.summary()` must not be cut at 80
    }
    if sysconfig.get_config_var("Py_ENABLE_SHARED") and Path(sys.base_prefix).resolve() != Path("/usr"):
        values["LD_LIBRARY_PATH"] = f"{layout.PYTHON}/lib"
    if gpu is not None:
        _set_gpu(values, backend, gpu_share)
    if sysconfig.get_path("platlib") != sysconfig.get_path("purelib"):
        values["PYTHONPATH"] = f"{layout.VENV}/platlib"
    return values


def _set_gpu(values: dict[str, str], backend: Backend, share: float | None) -> None:
    """Point the frameworks at the one GPU of a cell, and ask them to take memory as they need it.

    These are requests: a snippet may change them. What holds is what the driver counts (`runner.gpu_meter`).
    """
    values["CUDA_VISIBLE_DEVICES"] = "0"  # the only one whose node is there, whatever its number outside
    # Of the backend alone: another framework beside it may have no CUDA, and would fail instead of using the CPU.
    if backend == "jax":
        values["JAX_PLATFORMS"] = "cuda,cpu"
    if backend == "torch":
        # Keras asks CUDA for this while it is imported (keras/src/backend/torch/core.py), in a parent that must not.
        values["KERAS_TORCH_DEVICE"] = "cuda"
    # JAX takes three quarters of the card at once otherwise, TensorFlow nearly all: the figure would say nothing.
    values["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # https://docs.jax.dev/en/latest/201/gpu-memory.html
    values["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"  # https://www.tensorflow.org/guide/gpu
    if share is not None:
        values["XLA_CLIENT_MEM_FRACTION"] = f"{share:.4f}"
        values["PYTORCH_ALLOC_CONF"] = f"per_process_memory_fraction:{share:.4f}"  # c10/cuda/CUDAAllocatorConfig.h
    before = values.get("LD_LIBRARY_PATH")
    values["LD_LIBRARY_PATH"] = f"{layout.DRIVER_LIBRARIES}:{before}" if before else layout.DRIVER_LIBRARIES


# The packages whose errors the knowledge base is about, and those that Keras stands on; the first found counts.
EXPLAINED = ("keras", "keras_hub", "keras_tuner", "tensorflow", "torch", "jax")
# How the frameworks say that a device's memory ran out: PyTorch, TensorFlow, and JAX in its newer and older versions.
MEMORY_ERRORS = frozenset(("OutOfMemoryError", "ResourceExhaustedError", "JaxRuntimeError", "XlaRuntimeError"))

# -- resource limits of each process (the cgroup's limits come on top and cover all together) ----------------

# Open files of one process. Python and PyTorch workers need a few hundred.
OPEN_FILES = 1024
# What one queue of messages, locked page or pending signal may hold of kernel memory.
LOCKED_BYTES = 8 * MIB
MESSAGE_QUEUE_BYTES = 800 * KIB
PENDING_SIGNALS = 1024

# -- frames between harness and runner -----------------------------------------------------------------------

# One message of the harness. A model summary of 256 KiB is a wall of text already.
FRAME_BYTES = 256 * KIB
# All messages of a run. An epoch event has about 200 bytes: 20,000 epochs fit.
REPORT_BYTES = 4 * MIB
FITS, MODELS, EPOCH_EVENTS = 32, 16, 2000
# Numbers of an array called `result`, for comparing backends.
VALUES = 10_000

# -- system calls --------------------------------------------------------------------------------------------

# Refused with EPERM. Everything else that libseccomp knows by name is allowed; unknown numbers get ENOSYS.
DENIED_CALLS: Mapping[str, str] = {
    "looking into or steering other processes": (
        "ptrace process_vm_readv process_vm_writev process_madvise process_mrelease pidfd_getfd kcmp move_pages "
        "migrate_pages"
    ),
    "new namespaces and mounts, the way out of this one": (
        "unshare setns mount umount umount2 pivot_root chroot move_mount open_tree open_tree_attr fsopen fsconfig "
        "fsmount fspick mount_setattr statmount listmount"
    ),
    "code in the kernel": (
        "bpf perf_event_open kexec_load kexec_file_load init_module finit_module delete_module create_module"
    ),
    "large and young attack surface that no tutorial needs": (
        "io_uring_setup io_uring_enter io_uring_register userfaultfd fanotify_init fanotify_mark vmsplice seccomp "
        "lsm_set_self_attr lsm_get_self_attr lsm_list_modules"
    ),
    "the kernel's key rings, which namespaces do not separate": "add_key request_key keyctl",
    "opening files around the mount tree": "open_by_handle_at name_to_handle_at lookup_dcookie",
    "the machine's clock, swap, accounting, log, power and ports": (
        "settimeofday stime clock_settime clock_adjtime adjtimex swapon swapoff acct quotactl quotactl_fd syslog "
        "reboot iopl ioperm vhangup sethostname setdomainname nfsservctl uselib ustat sysfs _sysctl"
    ),
    "odd personalities of the CPU and the kernel": "personality modify_ldt vm86 vm86old",
}
# These have rules of their own in `runner.filters`; clone3 gets ENOSYS because its flags lie in memory, where no
# filter can read them, and every C library then falls back to clone.
JUDGED_CALLS = frozenset(("socket", "clone", "clone3"))
# The highest system call number that was read and judged; later ones stay closed until somebody looks.
LAST_KNOWN_CALL = 472
