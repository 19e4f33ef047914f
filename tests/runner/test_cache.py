"""Identical deterministic runs are answered from memory; whatever might differ is not."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from runner import cache
from runner.job import Event, Job, Limits
from runner.runner import Runner, RunnerConfig


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    made = Runner(tmp_path_factory.mktemp("cache"), RunnerConfig(launch="cold"))
    made.run(Job("print('first')"))
    yield made
    made.close()


def test_identical_run_is_answered_at_once_and_says_so(runner: Runner) -> None:
    job = Job("print(6 * 7)\nopen('/work/a.txt', 'w').write('x')")
    first = runner.run(job)
    seen: list[Event] = []
    begun = time.monotonic()
    second = runner.run(job, seen.append)
    took = time.monotonic() - begun
    assert (first.cached, second.cached) == (False, True)
    assert second.id != first.id
    assert replace(second, id="", cached=False, startup_ms=0, queued_ms=0, artifacts=()) == replace(
        first, id="", startup_ms=0, queued_ms=0, artifacts=()
    )
    assert runner.artifact_path(second.id, "a.txt").read_text() == "x"
    # A busy machine may tell one line in two pieces.
    assert [kind for kind, _ in itertools.groupby(event.kind for event in seen)] == ["output", "artifact", "done"]
    assert runner.result(second.id) == second
    assert took < 0.25  # 10 ms on an idle machine; the benchmark tells the figure


def test_error_is_answered_from_memory_too(runner: Runner) -> None:
    runner.run(Job("1 / 0"))
    again = runner.run(Job("1 / 0"))
    assert again.cached
    assert again.error is not None
    assert again.error.type == "ZeroDivisionError"


@pytest.mark.parametrize(
    "other",
    [
        {"source": "print(8 )"},
        {"backend": "jax"},
        {"seed": 1},
        {"limits": Limits(wall_s=29)},
        {"device": "cpu"},
        {"stdin": b"x"},
        {"files": {"a": b"b"}},
    ],
)
def test_any_part_of_the_key_makes_another_run(runner: Runner, other: dict[str, object]) -> None:
    job = Job("print(8)")
    runner.run(job)
    assert runner.run(job).cached
    assert not runner.run(replace(job, **other)).cached  # type: ignore[arg-type]


def test_other_versions_make_another_run(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    runner.run(Job("print(9)"))
    monkeypatch.setattr(cache, "versions", lambda: "keras 4")
    assert not runner.run(Job("print(9)")).cached


@pytest.mark.parametrize(
    "source",
    [
        "import random; print(random.random())",
        "from random import *; print(randint(1, 9) * 0)",
        "import numpy; print(numpy.random.rand())",
        "import time; print(5)",
        "import os; print(os.urandom(2))",
        "import uuid; print(uuid.uuid4())",
        "import datetime; print(datetime.datetime.now())",
        "import os; print(os.getpid())",
        "print(id(object()))",
        "import pandas as pd; print(pd.Timestamp.now())",
        "from os import stat; open('a', 'w').write('x'); print(stat('a').st_mtime)",
        "from tensorflow import timestamp as t; print(5)",
        "import logging; logging.warning('x')",
        "import os; print(os.times())",
        "print(object())",
        "import numpy as np; print(np.empty(3))",
        "import numpy as np; print(getattr(np, 'em' + 'pty')(3))",
        "print(vars()['__builtins__'])",
        "import numpy as np; print(np.datetime64('now'))",
        "import numpy as np; print(np.datetime64('NOW', 'ms'))",
        "class A: pass\nprint(hash(A()))",
        "import numpy as np; print(np.ndarray((6,)))",
        "import keras, numpy as np\nkeras.utils.set_random_seed(1)\ndef make(seed=None):\n"
        "    return np.random.default_rng(seed)\nprint(make().normal())",
        "import keras, random\nkeras.utils.set_random_seed(1)\nrandom.seed(None)\nprint(random.random())",
        "import keras, numpy as np\nkeras.utils.set_random_seed(1)\nprint(np.random.SeedSequence().entropy)",
        "import keras\nkeras.utils.set_random_seed(1)\nprint(open('/dev/urandom', 'rb').read(4).hex())",
        "import os as o; print(o.times())",
        "import numpy as np\nfor i in range(3): print(np.random.default_rng().integers(9))",
    ],
)
def test_what_may_differ_is_run_again(runner: Runner, source: str) -> None:
    runner.run(Job(source))
    assert not runner.run(Job(source)).cached


@pytest.mark.parametrize(
    "source",
    [
        "print(sum(range(5)))",
        "import os\nos.environ['KERAS_BACKEND'] = 'tensorflow'\nprint(os.path.join('a', 'b'))",
        "import math, json\nfrom collections import Counter\nprint(json.dumps(Counter('hello')), math.pi)",
        "class Stat:\n    def times(self): return 2\nprint(Stat().times())",
        "import sys\nprint(sys.version_info[:2], file=sys.stderr)",
        "import numpy as np\nprint(np.arange(6).reshape(2, 3).sum(axis=0))",
    ],
)
def test_what_only_computes_is_remembered(runner: Runner, source: str) -> None:
    first = runner.run(Job(source))
    assert first.status == "ok", first
    second = runner.run(Job(source))
    assert (second.cached, second.stdout) == (True, first.stdout)


def test_seeded_randomness_is_remembered(runner: Runner) -> None:
    job = Job("import random; print(random.random())", seed=4)
    first = runner.run(job)
    second = runner.run(job)
    assert second.cached
    assert second.stdout == first.stdout


def test_timeouts_are_run_again(runner: Runner) -> None:
    job = Job("while True: pass", limits=Limits(wall_s=0.5))
    runner.run(job)
    assert not runner.run(job).cached


def test_cache_can_be_switched_off(tmp_path: Path) -> None:
    with Runner(tmp_path / "r", RunnerConfig(launch="cold", cache_entries=0)) as off:
        off.run(Job("print(1)"))
        assert not off.run(Job("print(1)")).cached
