"""Which code of a page gets a Run button, and what that button runs."""

from __future__ import annotations

import ast

from kb.programs import is_session, program

__all__ = ["is_program", "is_session", "runnable"]


def runnable(code: str) -> str | None:
    """Return `code` as a program, or None when it is not Python.

    A block may build on those above it, or leave a gap for the reader: names that nothing binds are no reason to
    take the button away, for the reader edits the program before it runs.
    """
    made = program(code)
    return made.source if made else None


def is_program(text: str) -> bool:
    """Say whether a text typed as a question is a program: it imports or prints, or has several statements and a call.

    One name or one call may well be a question about it.
    """
    if is_session(text):
        return runnable(text) is not None
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    if any(isinstance(one, ast.Import | ast.ImportFrom) for one in tree.body):
        return True
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call)]
    printing = any(isinstance(call.func, ast.Name) and call.func.id == "print" for call in calls)
    return printing or (len(tree.body) > 1 and bool(calls))
