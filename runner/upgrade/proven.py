"""How many old programs ran before and after the upgrade, by era and backend.

Written by `python tests/benchmarks/upgrade_bench.py --write`, which runs the programs of the tests in the sandbox.
"""

from __future__ import annotations

from typing import NamedTuple


class Proven(NamedTuple):
    """The programs of an era on a backend: how many there are, ran as they were, and ran upgraded.

    `before` is None where only the upgraded programs were run.
    """

    era: str
    backend: str
    programs: int
    before: int | None
    after: int


# figures
PROVEN: tuple[Proven, ...] = (
    Proven("Keras 1", "TensorFlow", 57, 0, 57),
    Proven("Keras 2", "TensorFlow", 54, 3, 54),
    Proven("tf.keras", "TensorFlow", 43, 5, 43),
    Proven("Keras 1", "JAX", 57, 0, 57),
    Proven("Keras 2", "JAX", 51, 3, 51),
    Proven("tf.keras", "JAX", 21, 2, 20),
    Proven("Keras 1", "PyTorch", 57, 0, 57),
    Proven("Keras 2", "PyTorch", 51, 3, 51),
    Proven("tf.keras", "PyTorch", 21, 2, 21),
)
