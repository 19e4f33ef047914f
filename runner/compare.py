"""The same snippet on every backend, side by side."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from runner.job import BACKENDS, Backend, Job, Result

if TYPE_CHECKING:
    from runner.runner import Runner

# Progress and timings are numbers that nobody wants compared.
_TIMINGS = re.compile(r"\d+/\d+|\d+(?:\.\d+)?\s*(?:us|ms|s|m)(?:/(?:step|epoch))?\b|[━─]+")
_NUMBERS = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?(?![\w.])")


@dataclass(frozen=True)
class Row:
    """One backend's line: seconds of the run, last loss of its last fit, and how far its numbers are from the first's.

    `difference` is the largest absolute one among the numbers of an array called `result`, else among the printed
    numbers; None where the backends did not give equally many.
    """

    backend: Backend
    status: str
    seconds: float
    last_loss: float | None
    difference: float | None
    result: Result

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"result": self.result.to_dict()}


def compare(runner: Runner, job: Job, backends: Sequence[Backend] = BACKENDS) -> list[Row]:
    """Run `job` on each backend and return a row for each, in order; differences are to the first that was `ok`."""
    rows: list[Row] = []
    first: list[float] | None = None
    for backend in backends:
        result, values = runner.run_with_values(replace(job, backend=backend))
        numbers = values if values is not None else printed_numbers(result.stdout)
        difference = None
        if result.status == "ok":
            if first is None:
                first, difference = numbers, 0.0
            else:
                difference = largest_difference(first, numbers)
        rows.append(Row(backend, result.status, result.duration_s, last_loss(result), difference, result))
    return rows


def printed_numbers(text: str) -> list[float]:
    """Return the numbers in printed text, without progress and timings."""
    return [float(number) for number in _NUMBERS.findall(_TIMINGS.sub(" ", text))]


def largest_difference(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Return the largest absolute difference, None where the two are not equally long."""
    if len(one) != len(other):
        return None
    largest = 0.0
    for a, b in zip(one, other, strict=True):
        if math.isnan(a) and math.isnan(b):
            continue
        if math.isnan(a) or math.isnan(b):
            return math.inf
        largest = max(largest, abs(a - b) if a != b else 0.0)
    return largest


def last_loss(result: Result) -> float | None:
    """Return the last loss of the last fit."""
    for fit in reversed(result.fits):
        if fit.history.get("loss"):
            return fit.history["loss"][-1]
    return None
