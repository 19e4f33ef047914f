"""The same snippet on every backend."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from runner.compare import compare, largest_difference, printed_numbers
from runner.job import Job, Limits
from runner.runner import Runner, RunnerConfig


def test_printed_numbers_leave_out_progress_and_timings() -> None:
    text = "Epoch 1/3\n2/2 - 0s - 246ms/step - loss: 0.7596 - acc: 5e-1\nv2 x3.y -4 1,5\n"
    assert printed_numbers(text) == [0.7596, 0.5, -4.0, 1.0, 5.0]


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [([1.0, 2.0], [1.5, 2.0], 0.5), ([], [], 0.0), ([1.0], [1.0, 2.0], None), ([math.nan], [math.nan], 0.0),
     ([math.nan], [1.0], math.inf), ([math.inf], [math.inf], 0.0)],
)  # fmt: skip
def test_largest_difference(one: list[float], other: list[float], difference: float | None) -> None:
    assert largest_difference(one, other) == difference


def test_backends_are_compared_by_their_results(tmp_path: Path) -> None:
    source = """
import os
import numpy as np
result = np.array([1.0, 2.0]) + {"tensorflow": 0, "jax": 0.25, "torch": 0}[os.environ["KERAS_BACKEND"]]
if os.environ["KERAS_BACKEND"] == "torch": raise SystemExit(3)
"""
    with Runner(tmp_path / "r", RunnerConfig(launch="cold")) as runner:
        rows = compare(runner, Job(source, limits=Limits(wall_s=30)))
    assert [(row.backend, row.status, row.difference) for row in rows] == [
        ("tensorflow", "ok", 0.0),
        ("jax", "ok", 0.25),
        ("torch", "error", None),
    ]
