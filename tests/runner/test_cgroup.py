"""Groups: the real one of this machine, sampling, and how version 2's files are read and written."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner import cgroup

EATER = "import time; kept = b'x' * (60 << 20); print(flush=True); time.sleep(60)"


def started(source: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-S", "-c", source], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process


@pytest.fixture
def place() -> cgroup.Groups:
    found, problem = cgroup.find("lobby-test-groups")
    if problem is not None:
        pytest.skip(f"NO CGROUP CAN BE MADE HERE: {problem}")
    yield found  # type: ignore[misc]
    found.close()


def test_real_group_counts_and_goes_away(place: cgroup.Groups) -> None:
    group = place.create()
    group.limit(256 << 20, 50)
    entrances = group.entrances()
    enter = f"import os; [os.write(number, b'0') for number in {entrances}]; input(); "
    with subprocess.Popen(
        [sys.executable, "-S", "-c", enter + EATER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=entrances
    ) as eater:
        assert eater.stdin is not None
        assert eater.stdout is not None
        eater.stdin.write(b"\n")
        eater.stdin.flush()
        eater.stdout.readline()
        usage = group.usage()
        eater.kill()
    for entrance in entrances:
        os.close(entrance)
    assert usage.peak >= usage.memory > 50 << 20
    assert usage.cpu_s is not None
    assert usage.cpu_s > 0
    assert (usage.out_of_memory, usage.process_hits) == (0, 0)
    assert group.remove()


def test_real_group_limits_can_be_lowered_and_raised(place: cgroup.Groups) -> None:
    group = place.create()
    for memory in (256 << 20, 64 << 20, 512 << 20):
        group.limit(memory, 10)
    assert group.remove()


def test_sampling_sees_memory_and_its_limit() -> None:
    process = started(EATER)
    try:
        group = cgroup.SampledGroups().create()
        group.limit(32 << 20, 10)
        sampled = group
        assert isinstance(sampled, cgroup.Sampled)
        sampled.watch(process.pid)
        assert process.stdout is not None
        process.stdout.readline()
        usage = group.usage()
        assert usage.memory > 50 << 20
        assert usage.out_of_memory == 1
    finally:
        process.kill()
        process.wait()
    time.sleep(0.01)
    assert group.usage().peak == usage.peak
    assert group.remove()


def test_sampling_counts_threads_of_every_descendant() -> None:
    source = """
import os, threading, time
for _ in range(3): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
if os.fork() == 0: time.sleep(60)
print(flush=True); time.sleep(60)
"""
    process = started(source)
    try:
        group = cgroup.Sampled()
        group.limit(1 << 40, 5)
        group.watch(process.pid)
        assert process.stdout is not None
        process.stdout.readline()
        assert group.usage().process_hits == 1
        group = cgroup.Sampled()
        group.watch(process.pid)
        group.limit(1 << 40, 6)
        assert group.usage().process_hits == 0
    finally:
        for pid in reversed(cgroup._tree([process.pid])):
            subprocess.run(["kill", "-9", str(pid)], check=False)
        process.wait()


def test_files_of_version_two_are_written_and_read(tmp_path: Path) -> None:
    group = cgroup._GroupV2(tmp_path / "run-1")
    group.limit(100, 7)
    group.idle(True)
    folder = tmp_path / "run-1"
    written = {
        name: (folder / name).read_text() for name in ("memory.max", "memory.swap.max", "pids.max", "cpu.weight")
    }
    assert written == {"memory.max": "100", "memory.swap.max": "0", "pids.max": "7", "cpu.weight": "1"}
    for name, text in {
        "memory.current": "50\n",
        "memory.peak": "90\n",
        "memory.events": "low 0\nhigh 0\nmax 12\noom 2\noom_kill 3\noom_group_kill 0\n",
        "pids.events": "max 4\n",
        "cpu.stat": "usage_usec 2500000\nuser_usec 1\nsystem_usec 2\n",
    }.items():
        (folder / name).write_text(text)
    assert group.usage() == cgroup.Usage(memory=50, peak=90, out_of_memory=3, process_hits=4, cpu_s=2.5)


VANISHING = """
import os, signal
from runner.cgroup import Sampled
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in range(1500):
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    group = Sampled()
    group.limit(1 << 30, 50)
    group.watch(pid)
    for _ in range(4):
        group.usage()
"""


def test_processes_that_end_while_they_are_looked_at_are_no_fault() -> None:
    # About one in fifty ended between two looks at it; each of those broke a run.
    root = Path(__file__).resolve().parents[2]
    told = subprocess.run(
        [sys.executable, "-c", VANISHING], cwd=root, capture_output=True, text=True, timeout=120, check=False
    )
    assert (told.returncode, told.stderr) == (0, "")
