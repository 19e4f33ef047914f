"""What an upgrade gives back: the new source, the changes with their reasons, and what was left alone."""

from __future__ import annotations

import difflib
import re
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was rewritten.

    `line` counts from 1 in the source as it was sent; `rule` names the rule, `reason` says why in a sentence and
    `link` where to read more.
    """

    line: int
    rule: str
    reason: str
    link: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a person has to look at; `line` counts from 1 in the source as it was sent."""

    line: int
    rule: str
    message: str
    link: str


def _lines(text: str) -> list[str]:
    """Return the lines with their ends; unlike `splitlines`, a form feed ends none."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


@dataclass(frozen=True)
class Upgrade:
    """A program before and after.

    `problem` says, in one line with the place, why a program could not be read at all; then `source` is what was sent.
    """

    before: str
    source: str
    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    problem: str | None = None

    @property
    def changed(self) -> bool:
        return self.source != self.before

    @cached_property
    def diff(self) -> str:
        """The change as a unified diff; empty when nothing changed."""
        lines = difflib.unified_diff(_lines(self.before), _lines(self.source), "before.py", "after.py")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the upgrade as plain JSON data, without runs."""
        return {
            "changed": self.changed,
            "source": self.source,
            "diff": self.diff,
            "changes": [asdict(change) for change in self.changes],
            "findings": [asdict(finding) for finding in self.findings],
        }
