"""Measure the knowledge base on a file of questions with the symbols that answer them.

A question is a hit at k when one of its gold symbols (or their aliases) is the symbol of one of the first k sources, or
among the symbols of one that is no API page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from kb.errors import BadSource
from kb.pages import Answer, Source

CUTS = (1, 3, 5, 10)
CONFIDENCE_BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.01)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of an evaluation file."""

    id: str
    question: str
    language: str
    kind: str
    gold: frozenset[str]

    @property
    def answerable(self) -> bool:
        return bool(self.gold)


@dataclass(frozen=True, slots=True)
class Row:
    """How one question went; `rank` is the place of the first right source, 0 when there is none."""

    asked: Asked
    rank: int
    answered: bool
    confidence: float
    total_ms: float
    first: str


@dataclass(frozen=True, slots=True)
class Report:
    """All rows, and the figures made from them."""

    rows: tuple[Row, ...] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        answerable = [row for row in self.rows if row.asked.answerable]
        off_topic = [row for row in self.rows if not row.asked.answerable]
        english = [row for row in answerable if row.asked.language == "en"]
        others = [row for row in answerable if row.asked.language != "en"]
        kinds = sorted({row.asked.kind for row in answerable})
        times = sorted(row.total_ms for row in self.rows)
        return {
            "questions": len(self.rows),
            "all": figures(answerable),
            "english": figures(english),
            "other languages": figures(others),
            "by kind": {kind: figures([row for row in answerable if row.asked.kind == kind]) for kind in kinds},
            "off-topic answered": _share([row.answered for row in off_topic]),
            "answerable refused": _share([not row.answered for row in answerable]),
            "wrong at confidence 0.8": _share([row.rank != 1 for row in self.rows if row.confidence >= 0.8]),
            "calibration": calibration(self.rows),
            "ms": {"p50": _quantile(times, 0.5), "p99": _quantile(times, 0.99)},
        }

    def misses(self, cut: int = 5) -> list[dict[str, Any]]:
        """Return what was not found within the first `cut`, with what came instead."""
        return [
            {
                "id": r.asked.id,
                "question": r.asked.question,
                "gold": sorted(r.asked.gold),
                "rank": r.rank,
                "first": r.first,
            }
            for r in self.rows
            if r.asked.answerable and not 1 <= r.rank <= cut
        ]


def read(path: Path) -> list[Asked]:
    """Return the questions of a JSON-lines file.

    Raises:
        BadSource: it cannot be read; the message names the line.
    """
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSource(f"The question file {path} cannot be read: {error}.", "Name a JSON-lines file.") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            gold = frozenset([*(data.get("gold_symbols") or ()), *(data.get("gold_aliases") or ())])
            asked = Asked(
                str(data["id"]), str(data["question"]), data.get("lang", "en"), data.get("kind", "question"), gold
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadSource(
                f"{path}, line {number}, is no question: {error!r}.", "Each line is an object with id and question."
            ) from None
        found.append(asked)
    return found


def evaluate(ask: Callable[[str], Answer], questions: Iterable[Asked]) -> Report:
    """Ask all questions and say how they went."""
    rows = []
    for asked in questions:
        answer = ask(asked.question)
        first = answer.sources[0].id if answer.sources else ""
        rows.append(
            Row(
                asked,
                rank(answer.sources, asked.gold),
                answer.answered,
                answer.confidence,
                answer.timings_ms["total"],
                first,
            )
        )
    return Report(tuple(rows))


def rank(sources: Sequence[Source], gold: frozenset[str]) -> int:
    """Return the place of the first source that answers, from 1; 0 when none does."""
    for place, source in enumerate(sources, start=1):
        if source.symbol in gold or gold.intersection(source.symbols):
            return place
    return 0


def figures(rows: Sequence[Row]) -> dict[str, float]:
    """Return hit@k and mean reciprocal rank of answerable questions."""
    found: dict[str, float] = {"questions": len(rows)}
    for cut in CUTS:
        found[f"hit@{cut}"] = _share([1 <= row.rank <= cut for row in rows])
    found["mrr"] = round(sum(1 / row.rank for row in rows if row.rank) / len(rows), 3) if rows else 0.0
    return found


def calibration(rows: Sequence[Row]) -> list[dict[str, float]]:
    """Return for each range of confidence how many were answered so and what share of their first sources is right."""
    table = []
    for low, high in pairwise(CONFIDENCE_BINS):
        inside = [row for row in rows if low <= row.confidence < high]
        if inside:
            mean = sum(row.confidence for row in inside) / len(inside)
            table.append(
                {
                    "from": low,
                    "questions": len(inside),
                    "mean": round(mean, 3),
                    "right": _share([r.rank == 1 for r in inside]),
                }
            )
    return table


def _share(values: Sequence[bool]) -> float:
    return round(sum(values) / len(values), 3) if values else 0.0


def _quantile(values: Sequence[float], share: float) -> float:
    return round(values[min(len(values) - 1, int(share * len(values)))], 2) if values else 0.0
