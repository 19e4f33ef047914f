"""The figures of the operators' board: plain tables, made of what is kept, without anything about persons."""

from __future__ import annotations

import builtins
import csv
import io
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.assistant import Assistant
from bot.memory import Asked, Memory
from bot.redaction import disarm
from kb.normalize import words

PERIOD_S = 30 * 86_400.0
# Below this an answer is more often wrong than right.
UNSURE_BELOW = 0.5
# So much of two questions' words must be shared for them to be about the same.
ALIKE = 0.4
MOST_CLUSTERS = 25
DAY_S = 86_400.0
DAYS_SHOWN = 14
# What a snippet calls its own exceptions is its author's business.
KNOWN_ERRORS = frozenset(
    name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, BaseException)
) | {
    "InvalidArgumentError",
    "OperatorNotAllowedInGraphError",
    "NotFoundError",
    "ResourceExhaustedError",
    "TracerBoolConversionError",
    "UnexpectedTracerError",
    "OutOfMemoryError",
}

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Questions about the same thing that had no sure answer: how many, when last, and the pages that came closest."""

    id: str
    subject: str
    count: int
    last: float
    languages: tuple[str, ...]
    channels: tuple[str, ...]
    confidence: float
    closest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that the board shows of the last 30 days."""

    totals: Row
    days: list[Row]
    clusters: list[Cluster]
    feedback: list[Row]
    top: list[Row]
    outcomes: list[Row]
    errors: list[Row]
    runner: Row

    def table(self, name: str) -> list[Row] | None:
        """Return one table by its name, with plain values; None when there is none of that name."""
        tables: dict[str, list[Row]] = {
            "days": self.days,
            "questions": [_cluster_row(cluster) for cluster in self.clusters],
            "feedback": [
                {**row, "at": _moment(row["at"]), "sources": " ".join(row["sources"])} for row in self.feedback
            ],
            "top": self.top,
            "outcomes": self.outcomes,
            "errors": self.errors,
        }
        return tables.get(name)


TABLES = ("days", "questions", "feedback", "top", "outcomes", "errors")


def collect(assistant: Assistant, memory: Memory) -> Figures:
    """Read the figures of the last 30 days."""
    asked = memory.questions(PERIOD_S)
    votes = memory.verdicts(PERIOD_S)
    runs = assistant.runner.outcomes(PERIOD_S)
    answered = [one for one in asked if one.answered]
    waits = sorted(one.seconds for one in answered)
    status = assistant.runner.status()
    totals = {
        "questions": len(asked),
        "answered": len(answered),
        "unsure": sum(one.answered and one.confidence < UNSURE_BELOW for one in asked),
        "answer_rate": round(len(answered) / len(asked), 3) if asked else None,
        "median_seconds_to_answer": round(waits[len(waits) // 2], 4) if waits else None,
        "votes_up": sum(vote["vote"] == "up" for vote in votes),
        "votes_down": sum(vote["vote"] == "down" for vote in votes),
        "runs": sum(row["count"] for row in runs),
    }
    return Figures(
        totals=totals,
        days=_days(asked),
        clusters=clusters([one for one in asked if not one.answered or one.confidence < UNSURE_BELOW]),
        feedback=[{**vote, "subject": _shown(vote["subject"]), "reason": _shown(vote["reason"])} for vote in votes],
        top=_top(asked),
        outcomes=_outcomes(runs),
        errors=_errors(runs),
        runner={name: value for name, value in status.items() if isinstance(value, bool | int | float | str)},
    )


def clusters(asked: Sequence[Asked]) -> list[Cluster]:
    """Group questions that share most of their words, largest groups first; each is named by its newest question."""
    groups: list[tuple[set[str], list[Asked]]] = []
    for one in asked:
        said = set(words(one.subject))
        for known, members in groups:
            if said and len(said & known) / len(said | known) >= ALIKE:
                members.append(one)
                break
        else:
            groups.append((said, [one]))
    found = []
    for _, members in groups:
        closest = Counter(source for one in members for source in one.sources[:3])
        found.append(
            Cluster(
                id=members[0].id,
                subject=_shown(members[0].subject),
                count=len(members),
                last=max(one.at for one in members),
                languages=tuple(sorted({one.language for one in members if one.language})),
                channels=tuple(sorted({one.channel for one in members})),
                confidence=round(sum(one.confidence for one in members) / len(members), 2),
                closest=tuple(name for name, _ in closest.most_common(3)),
            )
        )
    return sorted(found, key=lambda cluster: (-cluster.count, -cluster.last))[:MOST_CLUSTERS]


def as_csv(rows: Iterable[Row]) -> str:
    """Write rows as CSV that no spreadsheet takes for formulas."""
    rows = list(rows)
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def _days(asked: Sequence[Asked]) -> list[Row]:
    """Return the questions of each of the last days, oldest first."""
    today = int(time.time() // DAY_S)
    count: dict[int, list[int]] = {day: [0, 0] for day in range(today - DAYS_SHOWN + 1, today + 1)}
    for one in asked:
        day = int(one.at // DAY_S)
        if day in count:
            count[day][0 if one.answered else 1] += 1
    return [
        {"day": time.strftime("%Y-%m-%d", time.gmtime(day * DAY_S)), "answered": yes, "unanswered": no}
        for day, (yes, no) in count.items()
    ]


def _top(asked: Sequence[Asked]) -> list[Row]:
    pages = Counter(one.sources[0] for one in asked if one.answered and one.sources)
    return [{"page": page, "questions": count} for page, count in pages.most_common(15)]


def _outcomes(runs: Iterable[Row]) -> list[Row]:
    count: Counter[tuple[str, str]] = Counter()
    for row in runs:
        count[row["status"], row["backend"]] += row["count"]
    return [{"status": status, "backend": backend, "runs": runs} for (status, backend), runs in count.most_common()]


def _errors(runs: Iterable[Row]) -> list[Row]:
    count: Counter[tuple[str, str, str]] = Counter()
    for row in runs:
        if row["status"] == "error" and row["error"]:
            name = row["error"] if row["error"] in KNOWN_ERRORS else "another"
            count[name, row["backend"], row["keras_version"] or ""] += row["count"]
    return [
        {"error": name, "backend": backend, "keras": version, "runs": runs}
        for (name, backend, version), runs in count.most_common(25)
    ]


def _cluster_row(cluster: Cluster) -> Row:
    return {
        "question": cluster.subject,
        "count": cluster.count,
        "last": _moment(cluster.last),
        "languages": " ".join(cluster.languages),
        "channels": " ".join(cluster.channels),
        "confidence": cluster.confidence,
        "closest": " ".join(cluster.closest),
    }


def _moment(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def _shown(text: str) -> str:
    line = disarm(" ".join(text.split()))
    return line if len(line) <= 200 else line[:199] + "…"
