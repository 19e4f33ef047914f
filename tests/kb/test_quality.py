"""How good the answers are, on questions of our own; and that an evaluation tells better from worse."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from kb.comparison import FOLDER, compare, keep
from kb.evaluate import Asked, Report, Row, evaluate, read
from kb.knowledge import KnowledgeBase

QUESTIONS = Path(__file__).with_name("questions.jsonl")


@pytest.fixture(scope="session")
def figures(knowledge: KnowledgeBase) -> dict[str, Any]:
    return evaluate(knowledge.ask, read(QUESTIONS)).to_dict()


# Floors stand a few questions below what was measured when they were set: they catch what breaks, not what trembles.
@pytest.mark.parametrize(
    ("group", "figure", "floor"),
    [
        ("english", "hit@1", 0.85),
        ("english", "hit@5", 0.95),
        ("english", "mrr", 0.90),
        ("other languages", "hit@1", 0.80),
        ("other languages", "hit@5", 0.87),
        ("api", "hit@3", 1.0),
        ("typo", "hit@3", 1.0),
        ("legacy", "hit@3", 1.0),
        ("error", "hit@5", 0.92),
        ("concept", "hit@5", 0.93),
        ("howto", "hit@5", 0.92),
    ],
)
def test_the_right_page_comes(figures: dict[str, Any], group: str, figure: str, floor: float) -> None:
    found = figures.get(group) or figures["by kind"][group]
    assert found["questions"] >= 6 and found[figure] >= floor


@pytest.mark.parametrize(
    ("figure", "ceiling"), [("off-topic answered", 0.1), ("answerable refused", 0.1), ("wrong at confidence 0.8", 0.06)]
)
def test_it_knows_what_it_does_not_know(figures: dict[str, Any], figure: str, ceiling: float) -> None:
    assert figures[figure] <= ceiling


def report(ranks: list[int], answered: bool = True) -> Report:
    return Report(
        tuple(
            Row(
                Asked(f"q{n}", f"question {n}?", "en", "howto", frozenset({"keras.Model"})),
                rank,
                answered,
                0.9,
                1.0,
                "",
            )
            for n, rank in enumerate(ranks)
        )
    )


def test_a_real_loss_is_told_from_chance(tmp_path: Path) -> None:
    assert compare(tmp_path, report([1] * 100)) is None
    keep(tmp_path, report([1] * 100))
    few = compare(tmp_path, report([1] * 98 + [0] * 2))
    many = compare(tmp_path, report([1] * 85 + [0] * 15))
    same = compare(tmp_path, report([1] * 100))
    assert few is not None and many is not None and same is not None
    assert (few.worse, many.worse, same.worse) == (False, True, False)
    first = next(figure for figure in many.figures if figure.name == "hit@1")
    assert (first.before, first.now, first.questions) == (1.0, 0.85, 100)


def test_better_is_never_called_worse(tmp_path: Path) -> None:
    shuffled = [1] * 50 + [0] * 50
    random.Random(1).shuffle(shuffled)
    keep(tmp_path, report(shuffled, answered=False))
    found = compare(tmp_path, report([1] * 100))
    assert found is not None and not found.worse
    keep(tmp_path, report([1] * 100))
    refusing = compare(tmp_path, report([1] * 100, answered=False))
    assert refusing is not None and refusing.worse


def test_other_questions_and_broken_records_are_not_compared(tmp_path: Path) -> None:
    keep(tmp_path, report([1] * 10))
    assert compare(tmp_path, report([1] * 11)) is None
    (path,) = (tmp_path / FOLDER).iterdir()
    for rubbish in ("", "[]", '{"rows": {"q0": 1}, "at": 2}', '{"rows": []}'):
        path.write_text(rubbish)
        assert compare(tmp_path, report([1] * 10)) is None
