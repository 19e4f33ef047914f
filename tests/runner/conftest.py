"""The real sandbox, in each of the ways in which a run can be launched."""

from __future__ import annotations

import contextlib
import os
import textwrap
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from runner.job import Job, Limits, Result
from runner.runner import Runner, RunnerConfig

# How a child comes to be: from the bare parent, forked now from a warm parent, or taken from those that wait.
MODES = ("cold", "forked", "parked")
Run = Callable[..., Result]


def config(mode: str) -> RunnerConfig:
    if mode == "cold":
        return RunnerConfig(launch="cold", cache_entries=0)
    return RunnerConfig(parked=0 if mode == "forked" else 3, cache_entries=0, plain_is_bare=False)


def backend(mode: str) -> str:
    return "jax" if mode == "forked" else "tensorflow"


@pytest.fixture(scope="session", params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def runners(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Runner]]:
    made: dict[str, Runner] = {}

    def get(mode: str) -> Runner:
        if mode not in made:
            runner = made[mode] = Runner(tmp_path_factory.mktemp(f"runner-{mode}"), config(mode))
            if not runner.capability().available:
                pytest.skip(f"THIS MACHINE CANNOT ISOLATE CODE: {runner.capability().problems}")
            if mode == "forked":
                runner.run(Job("import jax", backend="jax"))
            if mode == "parked":
                assert runner._pool.wait_parked("tensorflow", 1, 60)
        return made[mode]

    yield get
    for runner in made.values():
        runner.close()


@pytest.fixture(scope="session")
def runner(mode: str, runners: Callable[[str], Runner]) -> Runner:
    return runners(mode)


def caller(runner: Runner, mode: str) -> Run:
    def run(source: str, *, job: dict[str, Any] | None = None, **limits: Any) -> Result:
        if mode == "parked":
            runner._pool.wait_parked("tensorflow", 1, 20)
        made = Job(textwrap.dedent(source), backend=backend(mode), limits=Limits(**{"wall_s": 15.0, **limits}))
        return runner.run(replace(made, **(job or {})))

    return run


@pytest.fixture
def run(runner: Runner, mode: str) -> Iterator[Run]:
    """Run a snippet; afterwards the next request must be answered and nothing may be left of this one."""
    yield caller(runner, mode)
    after = runner.run(Job("print('next')", backend=backend(mode)))
    assert (after.status, after.stdout) == ("ok", "next\n")


@pytest.fixture(scope="session")
def cold(runners: Callable[[str], Runner]) -> Run:
    """Run a snippet the plainest way, for what does not depend on the launch."""
    return caller(runners("cold"), "cold")


@pytest.fixture(scope="session")
def warm_runner(runners: Callable[[str], Runner]) -> Runner:
    return runners("parked")


@dataclass(frozen=True)
class Counters:
    """What must be flat over many runs."""

    descriptors: int
    threads: int
    processes: int
    groups: int
    mounts: int


def own_processes() -> int:
    """Count everything below this process: parents, cells and what lives in them."""
    found, waiting = 0, [os.getpid()]
    while waiting:
        pid = waiting.pop()
        found += 1
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                waiting += map(int, children.read_text().split())
    return found


@pytest.fixture(scope="session")
def count() -> Callable[[Runner], Counters]:
    def counters(runner: Runner) -> Counters:
        return Counters(
            sum(1 for _ in Path("/proc/self/fd").iterdir()),
            threading.active_count(),
            own_processes(),
            sum(1 for _ in Path("/sys/fs/cgroup").rglob(f"lobby-*-{runner._owner.name}/run-*")),
            len(Path("/proc/self/mounts").read_text().splitlines()),
        )

    return counters


@pytest.fixture(scope="session")
def warm(runners: Callable[[str], Runner]) -> Run:
    """Run a snippet in a child that waited with Keras on TensorFlow."""
    return caller(runners("parked"), "parked")
