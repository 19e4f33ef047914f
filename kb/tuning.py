"""Learn the weights of the ranking and the calibration of its confidence from a file of questions.

    python -m kb.tuning FOLDER QUESTIONS.jsonl [--write]

Prints five-fold figures: each fifth of the questions is ranked with weights learnt on the other four. With `--write`
the weights learnt on all questions go to `tables/ranking.json`. The weights stay near their values of before, so that a
few questions cannot pull them far.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from kb import ranking
from kb.evaluate import Asked, read
from kb.knowledge import KnowledgeBase
from kb.pages import Page
from kb.ranking import CALIBRATION, FEATURES, Ranking

CANDIDATES = 80
FOLDS = 5
# How strongly weights are held to those of before; 0 would fit the questions alone.
HELD = 1.0
CALIBRATION_HELD = 0.15
# These may not turn into their opposite, whatever a few questions say.
POSITIVE = frozenset(
    [
        "vector",
        "words_body",
        "words_title",
        "named",
        "legacy",
        "argument",
        "hint_vector",
        "hint_words",
        "popularity",
        "error_rule",
    ]
)

# Few questions teach the confidence, and the next ones may be harder: say a little less than they suggest.
MODESTY = 0.75

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """One question's candidates: a row of features each, and which of them answer it."""

    asked: Asked
    features: Array
    right: NDArray[np.bool_]
    signals: Array


def cases(knowledge: KnowledgeBase, questions: Sequence[Asked]) -> list[Case]:
    """Search all questions and keep the best candidates of each."""
    found = []
    for asked in questions:
        result, pages = knowledge.explain_search(asked.question)
        right = np.array([_answers(page, asked.gold) for page in pages])
        scores = result.features @ ranking.load().weights
        chosen = np.union1d(np.argsort(-scores)[:CANDIDATES], np.flatnonzero(right))
        found.append(
            Case(asked, result.features[chosen].astype(np.float64), right[chosen], result.signals.astype(np.float64))
        )
    return found


def _answers(page: Page, gold: frozenset[str]) -> bool:
    return page.symbol in gold or bool(gold.intersection(page.symbols))


def learn(data: Sequence[Case], before: Array) -> Array:
    """Return weights that put right pages first: the likelihood of a softmax over each question's candidates."""
    usable = [case for case in data if case.right.any()]

    def loss(weights: Array) -> tuple[float, Array]:
        total, gradient = 0.0, np.zeros_like(weights)
        for case in usable:
            scores = case.features @ weights
            scores -= scores.max()
            shares = np.exp(scores)
            shares /= shares.sum()
            rights = shares * case.right
            sum_right = max(float(rights.sum()), 1e-12)
            total -= np.log(sum_right)
            gradient += case.features.T @ (shares - rights / sum_right)
        drift = weights - before
        return total + HELD * float(drift @ drift), gradient + 2 * HELD * drift

    bounds = [(0.0, None) if name in POSITIVE else (None, None) for name in FEATURES]
    return np.asarray(minimize(loss, before, jac=True, bounds=bounds, method="L-BFGS-B").x)


def calibrate(data: Sequence[Case], weights: Array, before: Array) -> Array:
    """Return the weights of the confidence: a logistic regression on whether the first page is right."""
    rows = np.array([signals(case, weights) for case in data])
    right = np.array([first_is_right(case, weights) for case in data], dtype=float)

    def loss(values: Array) -> tuple[float, Array]:
        sure = 1 / (1 + np.exp(-(rows @ values)))
        drift = values - before
        likelihood = -np.sum(right * np.log(sure + 1e-9) + (1 - right) * np.log(1 - sure + 1e-9))
        gradient = rows.T @ (sure - right)
        return float(likelihood + CALIBRATION_HELD * drift @ drift), gradient + 2 * CALIBRATION_HELD * drift

    bounds = [(None, None) if name in {"constant", "foreign"} else (0.0, None) for name in CALIBRATION]
    found = np.asarray(minimize(loss, np.maximum(before, 0), jac=True, bounds=bounds, method="L-BFGS-B").x)
    found[list(CALIBRATION).index("constant")] -= MODESTY
    return found


def signals(case: Case, weights: Array) -> Array:
    """Return a case's signals as they are with other weights: the score and the margin change."""
    scores = np.sort(case.features @ weights)[::-1]
    values = case.signals.copy()
    names = list(CALIBRATION)
    values[names.index("score")] = scores[0]
    values[names.index("margin")] = scores[0] - scores[min(5, len(scores) - 1)]
    first = int(np.argmax(case.features @ weights))
    values[names.index("named")] = case.features[first][list(FEATURES).index("named")]
    return values


def first_is_right(case: Case, weights: Array) -> bool:
    """Tell whether the first page answers."""
    return bool(case.right[int(np.argmax(case.features @ weights))])


def place(case: Case, weights: Array) -> int:
    """Return the place of the first right page, from 1; 0 when there is none."""
    order = np.argsort(-(case.features @ weights), kind="stable")
    places = np.flatnonzero(case.right[order])
    return int(places[0]) + 1 if len(places) else 0


def folds(data: Sequence[Case], before: Ranking) -> tuple[list[int], list[float]]:
    """Return each case's place and confidence with weights learnt without its fold."""
    places, sure = [0] * len(data), [0.0] * len(data)
    for fold in range(FOLDS):
        rest = [case for number, case in enumerate(data) if number % FOLDS != fold]
        weights = learn(rest, before.weights.astype(np.float64))
        calibration = calibrate(rest, weights, before.calibration.astype(np.float64))
        for number in range(fold, len(data), FOLDS):
            places[number] = place(data[number], weights)
            sure[number] = float(1 / (1 + np.exp(-(signals(data[number], weights) @ calibration))))
    return places, sure


def describe(data: Sequence[Case], places: Sequence[int], sure: Sequence[float], threshold: float) -> dict[str, float]:
    """Return the figures of a ranking."""
    answerable = [n for n, case in enumerate(data) if case.asked.answerable]
    groups = {
        "en": [n for n in answerable if data[n].asked.language == "en"],
        "other": [n for n in answerable if data[n].asked.language != "en"],
        "error": [n for n in answerable if data[n].asked.kind == "error"],
    }
    found: dict[str, float] = {}
    for name, numbers in groups.items():
        if numbers:
            for cut in (1, 3, 5):
                found[f"{name} hit@{cut}"] = float(np.mean([1 <= places[n] <= cut for n in numbers]))
            found[f"{name} mrr"] = float(np.mean([1 / places[n] if places[n] else 0.0 for n in numbers]))
    off_topic = [n for n in range(len(data)) if n not in set(answerable)]
    found["off-topic answered"] = float(np.mean([sure[n] >= threshold for n in off_topic])) if off_topic else 0.0
    found["refused"] = float(np.mean([sure[n] < threshold for n in answerable])) if answerable else 0.0
    high = [n for n in range(len(data)) if sure[n] >= 0.8]
    found["wrong at 0.8"] = float(np.mean([places[n] != 1 for n in high])) if high else 0.0
    found["at 0.8"] = len(high)
    return {name: round(value, 3) for name, value in found.items()}


def main() -> None:
    """Learn, print the figures, and write the table when told to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--content", type=Path)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    before = ranking.load()
    data = cases(KnowledgeBase(chosen.folder, content=chosen.content), read(chosen.questions))
    old = before.weights.astype(np.float64)
    old_sure = [float(1 / (1 + np.exp(-(case.signals @ before.calibration)))) for case in data]
    report = {"before": describe(data, [place(case, old) for case in data], old_sure, before.threshold)}
    places, sure = folds(data, before)
    report["five-fold"] = describe(data, places, sure, before.threshold)
    weights = learn(data, old)
    calibration = calibrate(data, weights, before.calibration.astype(np.float64))
    table = {
        "weights": {name: round(float(value), 3) for name, value in zip(FEATURES, weights, strict=True)},
        "calibration": {name: round(float(value), 3) for name, value in zip(CALIBRATION, calibration, strict=True)},
        "threshold": before.threshold,
    }
    json.dump({**report, "table": table}, sys.stdout, indent=1)
    if chosen.write:
        ranking.TABLE.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
