"""The diffs of the documentation are what the upgrade makes of their old side."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runner.upgrade import upgrade
from runner.upgrade.proven import PROVEN

PAGE = Path(__file__).resolve().parents[3] / "docs" / "upgrade.md"
DIFFS = re.findall(r"^```diff\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def side(diff: str, mark: str) -> str:
    """Return the lines of a diff that are on one side of it."""
    return "".join(line[1:] + "\n" for line in diff.splitlines() if line[:1] in (" ", mark))


def test_the_table_is_the_last_one_measured() -> None:
    for era, backend, programs, before, after in PROVEN:
        ran = "" if before is None else before
        assert f"| {era} | {backend} | {programs} | {ran} | {after} ({after / programs:.0%}) |" in PAGE.read_text()


def test_there_are_ten() -> None:
    assert len(DIFFS) == 10


@pytest.mark.parametrize("diff", DIFFS, ids=lambda diff: diff.splitlines()[0][1:40])
def test_a_diff_of_the_documentation_is_what_the_upgrade_does(diff: str) -> None:
    old, new = side(diff, "-"), side(diff, "+")
    upgraded = upgrade(old)
    assert upgraded.source == new
    assert upgraded.changes
    assert upgrade(new).source == new
