"""Which code of a page gets a Run button, and what that button runs."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from kb.programs import is_session, program, unbound

__all__ = ["is_program", "is_session", "runnable", "standing_on"]


def runnable(code: str) -> str | None:
    """Return `code` as a program, or None when it is not Python.

    A block may build on those above it, or leave a gap for the reader: names that nothing binds are no reason to
    take the button away, for the reader edits the program before it runs.
    """
    made = program(code)
    return made.source if made else None


def standing_on(code: str, before: Sequence[str]) -> str | None:
    """Return a block as a program with those of the blocks above it that it stands on; None when it is not Python.

    Those are the blocks that make or change what it uses, and what they use in turn.
    """
    made = program(code)
    if made is None:
        return None
    needed, kept = set(made.missing), [code]
    for source in reversed(before if needed else ()):
        tree = _tree(source)
        if tree is None:
            continue
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        names |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        if names & needed:
            kept.insert(0, source)
            needed |= unbound(tree)
    whole = program("\n\n".join(part.strip("\n") for part in kept))
    return whole.source if whole is not None else made.source


def _tree(code: str) -> ast.Module | None:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_program(text: str) -> bool:
    """Say whether a text typed as a question is a program: it imports or prints, or has several statements and a call.

    One name or one call may well be a question about it.
    """
    if is_session(text):
        return runnable(text) is not None
    tree = _tree(text)
    if tree is None:
        return False
    if any(isinstance(one, ast.Import | ast.ImportFrom) for one in tree.body):
        return True
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call)]
    printing = any(isinstance(call.func, ast.Name) and call.func.id == "print" for call in calls)
    return printing or (len(tree.body) > 1 and bool(calls))
