"""The GPUs of this machine, found without touching CUDA, and all that a cell must be shown of one.

Only device nodes, files under /proc and the loader's cache are looked at: to ask CUDA itself would open the driver in
the service, and no process forked after that could use it.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import platform
import re
import stat
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from runner.job import BACKENDS, Backend
from runner.problem import Problem

DEV = Path("/dev")
DRIVER = Path("/proc/driver/nvidia")

# What CUDA opens beside the card's own /dev/nvidiaN; a sandbox that shows these three and no more runs it (gVisor's
# nvproxy, pkg/sentry/devices/nvproxy/README.md). Left out: nvidia-uvm-tools (profilers), nvidia-modeset (screens),
# nvidia-caps (partitions of a card).
_CONTROL = ("nvidiactl", "nvidia-uvm")
_CARD = re.compile(r"nvidia(\d+)")
# The driver's part of CUDA: `compute_libs` of NVIDIA's libnvidia-container (src/nvc_info.c) without OpenCL, and NVML,
# which PyTorch asks when memory runs out.
_LIBRARY = re.compile(
    r"lib(?:cuda|cudadebugger|nvidia-(?:ml|gpucomp|ptxjitcompiler|fatbinaryloader|allocator|nvvm|tileiras"
    r"|pkcs11|pkcs11-openssl3))\.so(?:\.\d+)*"
)
_NEEDED_LIBRARY = "libcuda.so.1"
# Where the driver's libraries lie when the loader's cache does not name them: containers on managed clusters, NixOS,
# and the usual places.
_LIBRARY_FOLDERS = (
    "/usr/local/nvidia/lib64",
    "/run/opengl-driver/lib",
    f"/usr/lib/{platform.machine()}-linux-gnu",
    "/usr/lib64",
)
_LOADER = re.compile(r"^\s*(\S+) \(.*\) => (\S+)$", re.MULTILINE)
_ELF_MACHINE = {"x86_64": 62, "aarch64": 183}.get(platform.machine(), -1)  # EM_X86_64 and EM_AARCH64 of elf.h


@dataclass(frozen=True, slots=True)
class Gpu:
    """One card: what a cell must be shown so that it, and no other, can be used.

    Attributes:
        number: N of its node /dev/nvidiaN.
        name: what its maker calls it.
        uuid: how NVML knows it; empty where the driver does not tell, as before anything has used the card.
        place: what names the card on this machine: its PCI address, else its node.
        nodes: device nodes, place inside → place outside.
        libraries: the driver's libraries, file name → place outside.
        facts: what /proc/driver holds inside, path below it → text.
    """

    number: int
    name: str
    uuid: str
    place: str
    nodes: Mapping[str, str]
    libraries: Mapping[str, str]
    facts: Mapping[str, str]

    @property
    def device(self) -> str:
        """Return the name of this card in a result."""
        return f"gpu:{self.number}"


@dataclass(frozen=True, slots=True)
class Found:
    """The GPUs that runs may use, and why others that are there may not."""

    gpus: tuple[Gpu, ...] = ()
    problems: tuple[Problem, ...] = ()


def find(dev: Path = DEV, driver: Path = DRIVER, libraries: Callable[[], Mapping[str, str]] | None = None) -> Found:
    """Look for GPUs; on a machine without any this is one look at a folder.

    Args:
        dev: where the device nodes are.
        driver: what the kernel's driver tells about itself.
        libraries: finds the driver's libraries, file name → path; None: `driver_libraries`.
    """
    if not (dev / _CONTROL[0]).exists():
        if not driver.exists():
            return Found()
        missing = Problem("The NVIDIA driver is loaded, but has no device nodes.", "Run `nvidia-modprobe -u -c 0`.")
        return Found(problems=(missing,))
    if not (dev / _CONTROL[1]).exists():
        return Found(problems=(Problem(f"{dev / _CONTROL[1]} is missing.", "Run `nvidia-modprobe -u -c 0`."),))
    found = (libraries or driver_libraries)()
    if _NEEDED_LIBRARY not in found:
        remedy = f"Install the driver's CUDA library, or call ldconfig on its folder ({_LIBRARY_FOLDERS[0]} is known)."
        return Found(problems=(Problem(f"There is an NVIDIA driver, but no {_NEEDED_LIBRARY}.", remedy),))
    told = _told(driver)
    gpus, problems = [], []
    for number in sorted(int(match[1]) for path in dev.iterdir() if (match := _CARD.fullmatch(path.name))):
        card = told.get(number, {})
        if card.get("GPU Excluded", "No") != "No":
            continue
        nodes = {f"/dev/{name}": str(dev / name) for name in (*_CONTROL, f"nvidia{number}")}
        closed = [path for path in nodes.values() if not _usable(path)]
        if closed:
            what = f"Not everybody may read and write {closed[0]}, so no cell may."
            problems.append(Problem(what, "Load the driver with NVreg_DeviceFileMode=0666."))
            continue
        uuid = card.get("GPU UUID", "")
        gpus.append(
            Gpu(
                number=number,
                name=card.get("Model", "NVIDIA GPU"),
                uuid=uuid if "?" not in uuid else "",  # question marks until the card is first used
                place=card.get("folder", f"nvidia{number}"),
                nodes=nodes,
                libraries=found,
                facts=_facts(driver, card.get("folder")),
            )
        )
    return Found(tuple(gpus), tuple(problems))


def _told(driver: Path) -> dict[int, dict[str, str]]:
    """Return what the driver tells of each card, by the number of its node."""
    cards = {}
    for path in sorted(driver.glob("gpus/*/information")):
        lines = (line.partition(":") for line in _read(path).splitlines())
        card = {key.strip(): value.strip() for key, _, value in lines}
        if card.get("Device Minor", "").isdigit():
            cards[int(card["Device Minor"])] = {**card, "folder": path.parent.name}
    return cards


def _facts(driver: Path, folder: str | None) -> dict[str, str]:
    """Return the texts that CUDA may look for in /proc/driver: of the driver, and of one card only."""
    names = ["params", "version", *([f"gpus/{folder}/information"] if folder else [])]
    facts = {f"nvidia/{name}": text for name in names if (text := _read(driver / name))}
    if "nvidia/params" in facts:
        # Else the library tries to make and change device nodes; NVIDIA's own container tool says the same
        # (libnvidia-container, `mount_procfs` in src/nvc_mount.c).
        facts["nvidia/params"] = facts["nvidia/params"].replace("ModifyDeviceFiles: 1", "ModifyDeviceFiles: 0")
    return facts


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _usable(path: str) -> bool:
    """True when a cell may open this node: started by root it is nobody in particular, else the service's own user."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - where it leads to
    except OSError:
        return False
    if not stat.S_ISCHR(mode):
        return False
    return mode & 0o006 == 0o006 if os.geteuid() == 0 else os.access(path, os.R_OK | os.W_OK)


def driver_libraries() -> dict[str, str]:
    """Return the driver's libraries that the loader knows or that lie in a usual place, file name → real path."""
    places = {}
    try:
        command = ["/sbin/ldconfig", "-p"]
        known = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        known = ""
    candidates = [(name, Path(path)) for name, path in _LOADER.findall(known)]
    for folder in map(Path, _LIBRARY_FOLDERS):
        if folder.is_dir():
            candidates += [(path.name, path) for path in sorted(folder.glob("lib*.so*"))]
    for name, path in candidates:
        if name not in places and _LIBRARY.fullmatch(name) and _for_this_machine(path):
            places[name] = str(path.resolve())
    return places


def _for_this_machine(path: Path) -> bool:
    """True for a 64-bit library of this kind of processor; a 32-bit driver may be installed beside it."""
    try:
        with path.open("rb") as file:
            head = file.read(20)
    except OSError:
        return False
    return head[:5] == b"\x7fELF\x02" and int.from_bytes(head[18:20], "little") == _ELF_MACHINE


@functools.cache
def backends_with_cuda() -> frozenset[Backend]:
    """Return the backends whose installed build can use a GPU, read from their files: nothing is imported."""
    judges = {"tensorflow": _tensorflow_has_cuda, "jax": _jax_has_cuda, "torch": _torch_has_cuda}
    return frozenset(backend for backend in BACKENDS if judges[backend]())


def _torch_has_cuda() -> bool:
    # The CPU builds say `cuda: Optional[str] = None` there.
    return bool(re.search(r"^cuda\b[^=]*=\s*['\"]\d", _source_of("torch", "version.py"), re.MULTILINE))


def _tensorflow_has_cuda() -> bool:
    # The usual build can, but only with CUDA's libraries, which `tensorflow[and-cuda]` brings as packages.
    built = "('is_cuda_build', True)" in _source_of("tensorflow", "python/platform/build_info.py")
    return built and _installed(r"nvidia[-_]cudnn[-_]cu\d+")


def _jax_has_cuda() -> bool:
    return _installed(r"jax[-_]cuda\d+[-_]plugin")


def _source_of(package: str, file: str) -> str:
    spec = importlib.util.find_spec(package)
    return _read(Path(spec.origin).parent / file) if spec is not None and spec.origin else ""


def _installed(pattern: str) -> bool:
    return any(re.fullmatch(pattern, each.name or "") for each in metadata.distributions())
