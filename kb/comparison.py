"""Whether the answers became better or worse: an evaluation beside the last one that was kept of the same questions.

Each question is compared with itself, so that a change shows through the differences between questions: of 150
questions, two or three that turn worse are chance, ten are not.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from kb.evaluate import CUTS, Report, Row
from kb.state import text_hash
from kb.store import no_space

FOLDER = "evaluations"
# The interval that holds the true change 19 times of 20, by the normal approximation of a mean.
SPREAD = 1.96

# What is kept of a question: the place of the first right source (0: none), whether it was answered, how sure.
Kept = tuple[int, bool, float]


@dataclass(frozen=True, slots=True)
class Figure:
    """How one figure changed: `change` ± `interval` between the means `before` and `now` over `questions`."""

    name: str
    before: float
    now: float
    interval: float
    questions: int
    more_is_better: bool = True

    @property
    def worse(self) -> bool:
        """Tell whether it fell by more than chance explains."""
        change = self.now - self.before if self.more_is_better else self.before - self.now
        return change < -self.interval and change < 0

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "before": round(self.before, 3),
            "now": round(self.now, 3),
            "interval": round(self.interval, 3),
            "questions": self.questions,
            "worse": self.worse,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """All figures beside those of the run of `since` (ISO 8601)."""

    since: str
    figures: tuple[Figure, ...]

    @property
    def worse(self) -> bool:
        return any(figure.worse for figure in self.figures)

    def to_dict(self) -> dict[str, Any]:
        return {"since": self.since, "worse": self.worse, "figures": [figure.to_dict() for figure in self.figures]}


def keep(folder: Path, report: Report) -> None:
    """Keep an evaluation as the last one of its questions, in place of the one before.

    Raises:
        NoSpace: the folder cannot be written.
    """
    path = _path(folder, report)
    data = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": {row.asked.id: _kept(row) for row in report.rows},
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(f".{os.getpid()}.new")
        new.write_text(json.dumps(data), encoding="utf-8")
        new.replace(path)
    except OSError as error:
        raise no_space(path, error) from None


def compare(folder: Path, report: Report) -> Comparison | None:
    """Return an evaluation beside the last one that was kept; None when there is none that can be read."""
    try:
        data = json.loads(_path(folder, report).read_text(encoding="utf-8"))
        before: dict[str, Kept] = {str(name): (int(k[0]), bool(k[1]), float(k[2])) for name, k in data["rows"].items()}
        since = str(data["at"])
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None
    rows = [row for row in report.rows if row.asked.id in before]
    return Comparison(since, tuple(_figures(rows, before)))


def _figures(rows: Sequence[Row], before: Mapping[str, Kept]) -> list[Figure]:
    answerable = [row for row in rows if row.asked.answerable]
    off_topic = [row for row in rows if not row.asked.answerable]
    groups = {
        "": answerable,
        "English ": [row for row in answerable if row.asked.language == "en"],
        "other languages ": [row for row in answerable if row.asked.language != "en"],
    }
    found: list[Figure] = []
    for group, members in groups.items():
        pairs = [(before[row.asked.id], _kept(row)) for row in members]
        for cut in CUTS[:-1]:
            found += _figure(f"{group}hit@{cut}", [(1 <= b[0] <= cut, 1 <= n[0] <= cut) for b, n in pairs])
        found += _figure(f"{group}MRR", [(1 / b[0] if b[0] else 0.0, 1 / n[0] if n[0] else 0.0) for b, n in pairs])
    for name, members, fault in (("off-topic answered", off_topic, True), ("answerable refused", answerable, False)):
        pairs = [(before[row.asked.id], _kept(row)) for row in members]
        found += _figure(name, [(b[1] is fault, n[1] is fault) for b, n in pairs], more_is_better=False)
    return found


def _figure(name: str, pairs: Sequence[tuple[float, float]], *, more_is_better: bool = True) -> list[Figure]:
    if not pairs:
        return []
    before, now = np.array(pairs, dtype=np.float64).T
    change = now - before
    interval = SPREAD * float(change.std(ddof=1)) / len(pairs) ** 0.5 if len(pairs) > 1 else 1.0
    return [Figure(name, float(before.mean()), float(now.mean()), interval, len(pairs), more_is_better)]


def _kept(row: Row) -> Kept:
    return row.rank, row.answered, round(row.confidence, 3)


def _path(folder: Path, report: Report) -> Path:
    """Return where the last run of these questions is kept, whatever their file is called."""
    questions = sorted(f"{row.asked.id} {row.asked.question}" for row in report.rows)
    return folder / FOLDER / f"{text_hash(*questions)}.json"
