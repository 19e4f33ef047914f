"""How many old programs ran before and after the upgrade, by era and backend.

Written by `python tests/benchmarks/upgrade_bench.py --write`, which runs the programs of the tests in the sandbox.
"""

from __future__ import annotations

from typing import NamedTuple


class Proven(NamedTuple):
    """The programs of an era on a backend: how many there are, ran as they were, and ran upgraded."""

    era: str
    backend: str
    programs: int
    before: int
    after: int


# figures
PROVEN: tuple[Proven, ...] = (Proven("Keras 1", "TensorFlow", 57, 0, 57),)
