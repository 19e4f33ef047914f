"""Proof by running: a program before and after, and what a failed run's message calls for tried once more."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from runner.job import Result
from runner.upgrade.engine import upgrade
from runner.upgrade.rules import RULES
from runner.upgrade.values import Change, Finding, Upgrade

MAX_ROUNDS = 3
"""A fourth error in a row is not the last one either; a person is quicker then."""
Run = Callable[[str], Result]


@dataclass(frozen=True)
class Proof:
    """An upgrade with how the program ran before and after."""

    upgrade: Upgrade
    before: Result
    after: Result


def upgraded_and_run(source: str, run: Run) -> Proof:
    """Upgrade a program, run it before and after, and mend what the run afterwards complains about.

    Args:
        source: the program.
        run: runs a program in isolation.

    Returns:
        The upgrade that got furthest, with both runs. A program that could not be read, or that is fine as it is,
        was run once.
    """
    first = upgrade(source)
    before = run(source)
    if not first.changed and before.status != "error":
        return Proof(first, before, before)
    after = run(first.source) if first.changed else before
    made, tried = first, set[str]()
    for _ in range(MAX_ROUNDS):
        message = called_for(after)
        if message is None:
            break
        wanted = {rule.name for rule in RULES if rule.on_error and re.search(rule.on_error, message)}
        if not wanted:
            break
        line = after.error.line if after.error is not None else None
        mended = upgrade(made.source, also=wanted, error=(message, line))
        if not mended.changed or mended.source in tried:
            break
        tried.add(mended.source)
        again = run(mended.source)
        made, after = joined(made, mended), again
        if again.status == "ok":
            break
    return Proof(made, before, after)


def called_for(result: Result) -> str | None:
    """Return the message of a failed run that a rule may answer."""
    if result.status != "error" or result.error is None:
        return None
    return f"{result.error.type}: {result.error.message}"


def joined(first: Upgrade, second: Upgrade) -> Upgrade:
    """Return two upgrades, one after the other, as one."""
    again = [
        Change(change.line, change.rule, f"{change.reason} (The run asked for it.)", change.link)
        for change in second.changes
    ]
    findings: tuple[Finding, ...] = first.findings + tuple(f for f in second.findings if f not in first.findings)
    return Upgrade(first.before, second.source, first.changes + tuple(again), findings)
