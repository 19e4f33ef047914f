"""Each rule: before, after, a second time; and what every rule has to tell."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from runner.upgrade import RULES, upgrade

_spec = importlib.util.spec_from_file_location("upgrade_cases", Path(__file__).with_name("cases.py"))
assert _spec is not None and _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
sys.modules["upgrade_cases"] = _module
_spec.loader.exec_module(_module)
CASES, OTHERS = _module.CASES, _module.OTHERS


@pytest.mark.parametrize("rule", CASES)
def test_before_and_after(rule: str) -> None:
    before, after = CASES[rule]
    upgraded = upgrade(before)
    assert upgraded.source == after
    assert rule in {change.rule for change in upgraded.changes}
    assert upgrade(after).source == after


@pytest.mark.parametrize("rule", OTHERS)
def test_what_is_put_in_or_said(rule: str) -> None:
    before, said = OTHERS[rule]
    upgraded = upgrade(before)
    assert said in upgraded.source + "\n".join(finding.message for finding in upgraded.findings)
    assert rule in {item.rule for item in (*upgraded.changes, *upgraded.findings)}
    assert upgrade(upgraded.source).source == upgraded.source


def test_every_rule_has_a_case() -> None:
    shown = {*CASES, *OTHERS}
    assert {rule.name for rule in RULES if not rule.on_error} == shown


def test_every_rule_tells_its_reason() -> None:
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names))
    for rule in RULES:
        assert rule.name and rule.matches and rule.since, rule
        assert rule.source.startswith("https://"), rule
        assert (rule.__doc__ or "").strip(), rule
