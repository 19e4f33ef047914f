"""What is missing on a machine, in words for whoever runs it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is missing: what it is, and what to do about it, a line each."""

    what: str
    remedy: str
