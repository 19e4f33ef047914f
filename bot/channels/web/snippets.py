"""Which code of a page gets a Run button, and what that button runs."""

from __future__ import annotations

from kb.programs import is_session, program

__all__ = ["is_session", "runnable"]


def runnable(code: str) -> str | None:
    """Return `code` as a program, or None when it is not Python.

    A block may build on those above it, or leave a gap for the reader: names that nothing binds are no reason to
    take the button away, for the reader edits the program before it runs.
    """
    made = program(code)
    return made.source if made else None
