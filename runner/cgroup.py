"""Memory, processes and CPU of one cell, limited and counted by cgroups: version 2 where it is, version 1 else.

`find` looks for a place where groups can be made; each run then gets a `Group`. Where nothing can be made, `Sampled`
looks at the processes themselves: slower to notice, and `Runner.capability` says so.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_V1_NEEDED = ("memory", "pids")
_V1_WANTED = ("cpu", "cpuacct")
_IDLE_SHARES, _FULL_SHARES = 2, 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """Counters of a group. `cpu_s` seconds, `memory` and `peak` bytes, the rest how often a limit was hit."""

    memory: int = 0
    peak: int = 0
    out_of_memory: int = 0
    process_hits: int = 0
    cpu_s: float | None = None


class Group(Protocol):
    """What the runner asks of a group, whichever kind it is.

    A process enters by writing "0" to each of the `entrances`, open descriptors that are the caller's to close; where
    there are none, `watch` tells whose families to look at.
    """

    def limit(self, memory_bytes: int, processes: int) -> None: ...
    def entrances(self) -> list[int]: ...
    def watch(self, *pids: int) -> None: ...
    def idle(self, idle: bool) -> None: ...
    def usage(self) -> Usage: ...
    def remove(self) -> bool: ...


class Groups(Protocol):
    """A place where groups can be made."""

    kind: str
    folders: tuple[Path, ...]  # what `close` removes, and who comes later when there was no time for it

    def create(self) -> Group: ...
    def close(self) -> None: ...


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _write(path: Path, value: object) -> bool:
    try:
        path.write_text(str(value))
    except OSError:
        return False
    return True


def _entrance(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CLOEXEC)


def _counter(path: Path, name: str) -> int:
    for line in _read(path).splitlines():
        key, *values = line.split()
        if key == name and values and values[0].isdigit():
            return int(values[0])
    return 0


def _number(path: Path) -> int:
    text = _read(path).strip()
    return int(text) if text.isdigit() else 0


def _remove(folder: Path, patience_s: float = 2.0) -> bool:
    """Remove a group's folder; it stays busy for a moment after its last process."""
    end = time.monotonic() + patience_s
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        else:
            return True


def reap(folders: Iterable[Path]) -> bool:
    """Remove groups, with their runs' groups, that a service which is gone left behind; True when none is left."""
    gone = True
    for folder in folders:
        if not folder.exists():
            continue
        _write(folder / "cgroup.kill", 1)  # version 2 only; the cells end by themselves when their service does
        inner = [_remove(run) for run in folder.glob("run-*") if run.is_dir()]
        gone = all(inner) and _remove(folder) and gone
    return gone


# -- version 1 -----------------------------------------------------------------------------------------------


class _GroupV1:
    def __init__(self, folders: dict[str, Path]) -> None:
        self._folders = folders
        for folder in dict.fromkeys(folders.values()):
            folder.mkdir()
        self._memory, self._pids = folders["memory"], folders["pids"]

    def limit(self, memory_bytes: int, processes: int) -> None:
        plain, swap = self._memory / "memory.limit_in_bytes", self._memory / "memory.memsw.limit_in_bytes"
        if not _write(plain, memory_bytes):  # raising: the limit with swap must not be the lower one
            _write(swap, memory_bytes)
            plain.write_text(str(memory_bytes))
        if swap.exists():
            _write(swap, memory_bytes)
        (self._pids / "pids.max").write_text(str(processes))

    def entrances(self) -> list[int]:
        return [_entrance(folder / "tasks") for folder in dict.fromkeys(self._folders.values())]

    def watch(self, *pids: int) -> None:
        pass

    def idle(self, idle: bool) -> None:
        if "cpu" in self._folders:
            _write(self._folders["cpu"] / "cpu.shares", _IDLE_SHARES if idle else _FULL_SHARES)

    def usage(self) -> Usage:
        cpu = None
        if "cpuacct" in self._folders:
            cpu = _number(self._folders["cpuacct"] / "cpuacct.usage") / 1e9
        return Usage(
            memory=_number(self._memory / "memory.usage_in_bytes"),
            peak=_number(self._memory / "memory.max_usage_in_bytes"),
            out_of_memory=_counter(self._memory / "memory.oom_control", "oom_kill"),
            process_hits=_counter(self._pids / "pids.events", "max"),
            cpu_s=cpu,
        )

    def remove(self) -> bool:
        # What is still charged (files read first by this run) would keep a dead group in memory.
        _write(self._memory / "memory.force_empty", 0)
        gone = [_remove(folder) for folder in dict.fromkeys(self._folders.values())]
        return all(gone)


class _GroupsV1:
    kind = "cgroup v1"

    def __init__(self, bases: dict[str, Path]) -> None:
        self._bases = bases
        self._numbers = itertools.count(1)
        self.folders = tuple(dict.fromkeys(bases.values()))
        for base in self.folders:
            base.mkdir(exist_ok=True)

    def create(self) -> Group:
        number = next(self._numbers)
        return _GroupV1({name: base / f"run-{number}" for name, base in self._bases.items()})

    def close(self) -> None:
        for base in self.folders:
            _remove(base)


# -- version 2 -----------------------------------------------------------------------------------------------


class _GroupV2:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()

    def limit(self, memory_bytes: int, processes: int) -> None:
        (self._folder / "memory.max").write_text(str(memory_bytes))
        _write(self._folder / "memory.swap.max", 0)
        (self._folder / "pids.max").write_text(str(processes))

    def entrances(self) -> list[int]:
        return [_entrance(self._folder / "cgroup.procs")]

    def watch(self, *pids: int) -> None:
        pass

    def idle(self, idle: bool) -> None:
        _write(self._folder / "cpu.weight", 1 if idle else 100)

    def usage(self) -> Usage:
        folder = self._folder
        memory = _number(folder / "memory.current")
        return Usage(
            memory=memory,
            peak=_number(folder / "memory.peak") or memory,  # memory.peak came with Linux 5.19
            out_of_memory=_counter(folder / "memory.events", "oom_kill"),
            process_hits=_counter(folder / "pids.events", "max"),
            cpu_s=_counter(folder / "cpu.stat", "usage_usec") / 1e6,
        )

    def remove(self) -> bool:
        _write(self._folder / "cgroup.kill", 1)
        return _remove(self._folder)


class _GroupsV2:
    kind = "cgroup v2"

    def __init__(self, base: Path) -> None:
        self._base = base
        self._numbers = itertools.count(1)
        self.folders: tuple[Path, ...] = (base,)
        base.mkdir(exist_ok=True)
        (base / "cgroup.subtree_control").write_text("+memory +pids +cpu")

    def create(self) -> Group:
        return _GroupV2(self._base / f"run-{next(self._numbers)}")

    def close(self) -> None:
        _remove(self._base)


# -- none ----------------------------------------------------------------------------------------------------


class Sampled:
    """The same figures from /proc: the sum over a cell's processes, taken whenever `usage` is called."""

    def __init__(self) -> None:
        self._roots: tuple[int, ...] = ()
        self._memory_limit = self._process_limit = 1 << 62
        self._peak = 0
        self._own_floor = 0
        self._hits = self._process_hits = 0
        self._cpu = 0.0

    def limit(self, memory_bytes: int, processes: int) -> None:
        self._memory_limit, self._process_limit = memory_bytes, processes

    def entrances(self) -> list[int]:
        return []

    def watch(self, *pids: int) -> None:
        self._roots = pids
        self._own_floor = max(map(_private_bytes, pids), default=0)

    def idle(self, idle: bool) -> None:
        pass

    def usage(self) -> Usage:
        processes = _tree(self._roots)
        # Pages shared with the parent are counted in every process, so each one's share of them is taken off again.
        memory = sum(max(0, _private_bytes(pid) - self._own_floor) for pid in processes)
        self._peak = max(self._peak, memory)
        if memory > self._memory_limit:
            self._hits = 1
        threads = sum(_counter(Path(f"/proc/{pid}/status"), "Threads:") for pid in processes)
        if threads >= self._process_limit:
            self._process_hits = 1
        self._cpu = max(self._cpu, sum(_cpu_seconds(pid) for pid in processes))
        return Usage(memory, self._peak, self._hits, self._process_hits, self._cpu)

    def remove(self) -> bool:
        return True


class SampledGroups:
    """Where no cgroup can be made."""

    kind = "sampling"
    folders: tuple[Path, ...] = ()

    def create(self) -> Group:
        return Sampled()

    def close(self) -> None:
        pass


def _tree(roots: Iterable[int]) -> list[int]:
    found: list[int] = []
    waiting = list(roots)
    while waiting and len(found) < 5000:
        pid = waiting.pop()
        found.append(pid)
        with contextlib.suppress(OSError):  # it may end while we look
            for children in Path(f"/proc/{pid}/task").glob("*/children"):  # any thread may have forked
                waiting.extend(int(child) for child in _read(children).split())
    return found


def _private_bytes(pid: int) -> int:
    total = 0
    for line in _read(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith(("RssAnon:", "RssShmem:")):
            total += int(line.split()[1]) * 1024
    return total


def _cpu_seconds(pid: int) -> float:
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return sum(int(value) for value in fields[11:15]) / os.sysconf("SC_CLK_TCK") if len(fields) > 15 else 0.0


# -- finding a place -----------------------------------------------------------------------------------------


def find(name: str) -> tuple[Groups, str | None]:
    """Return a place for groups called `name`, and what is missing when it is only sampling."""
    for attempt in (_find_v2, _find_v1):
        with contextlib.suppress(OSError):
            found = attempt(name)
            if found is not None:
                return found, None
    return SampledGroups(), "no cgroup with memory and pids can be made here"


def _own_paths() -> dict[str, str]:
    paths = {}
    for line in _read(Path("/proc/self/cgroup")).splitlines():
        _, names, path = line.split(":", 2)
        for controller in names.split(","):
            paths[controller] = path
    return paths


def _find_v1(name: str) -> Groups | None:
    own = _own_paths()
    places: dict[str, Path] = {}
    for line in _read(Path("/proc/self/mountinfo")).splitlines():
        head, _, tail = line.partition(" - ")
        kind, _, options = tail.split(" ", 2)
        if kind != "cgroup":
            continue
        root, point = head.split(" ")[3:5]
        for controller in set(options.split(",")) & set(_V1_NEEDED + _V1_WANTED):
            path = own.get(controller, "/")
            inside = path.removeprefix(root) if root != "/" else path
            for candidate in (Path(point + inside), Path(point)):
                if os.access(candidate, os.W_OK):
                    places[controller] = candidate / name
                    break
    if not all(controller in places for controller in _V1_NEEDED):
        return None
    groups = _GroupsV1(places)
    _prove(groups)
    return groups


def _find_v2(name: str) -> Groups | None:
    mount = Path("/sys/fs/cgroup")
    if not (mount / "cgroup.controllers").exists():
        return None
    base = mount / _own_paths().get("", "/").lstrip("/")
    if not {"memory", "pids", "cpu"} <= set(_read(base / "cgroup.controllers").split()):
        return None
    if not {"memory", "pids", "cpu"} <= set(_read(base / "cgroup.subtree_control").split()):
        # A group may have processes or controlled children, not both: ours move one level down.
        leaf = base / f"{name}-service"
        leaf.mkdir(exist_ok=True)
        for pid in _read(base / "cgroup.procs").split():
            _write(leaf / "cgroup.procs", pid)
        (base / "cgroup.subtree_control").write_text("+memory +pids +cpu")
    groups = _GroupsV2(base / name)
    _prove(groups)
    return groups


def _prove(groups: Groups) -> None:
    """Make one group and take it away again; raises OSError where that cannot be done."""
    group = groups.create()
    try:
        group.limit(64 << 20, 16)
    finally:
        group.remove()
