"""Walks over a tree that build nothing anew but what changed.

LibCST's own `visit` makes every node again, with its checks, also where nothing is rewritten, and goes through every
space and comma: on a program of a thousand lines that took most of an upgrade's time. These walks ask hooks of the same
names (`visit_Call`, `leave_Call`), skip what holds no names, and give the very node back where nothing below changed.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

import libcst as cst

# What only says how a program is laid out: nobody asks for it.
_LAYOUT = frozenset(
    (
        "lpar", "rpar", "lbracket", "rbracket", "lbrace", "rbrace", "comma", "equal", "semicolon", "colon", "dot",
        "operator", "leading_lines", "lines_after_decorators", "header", "footer", "indent", "default_indent",
        "default_newline", "encoding", "has_trailing_newline", "newline", "first_colon", "second_colon", "star",
        "relative", "trailing_whitespace", "asynchronous", "conversion", "start", "end",
    )
)  # fmt: skip
# Where the order of a node's fields is not the order in which they are written.
_ORDER: dict[type[cst.CSTNode], tuple[str, ...]] = {
    cst.FunctionDef: ("decorators", "name", "params", "returns", "body"),
    cst.ClassDef: ("decorators", "name", "bases", "keywords", "body"),
    cst.IfExp: ("body", "test", "orelse"),
    cst.Lambda: ("params", "body"),
}


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """Return the names of a node's fields that may hold names, in the order in which they are written."""
    if kind in _ORDER:
        return _ORDER[kind]
    names = (field.name for field in dataclasses.fields(kind))
    return tuple(name for name in names if name not in _LAYOUT and not name.startswith(("whitespace", "_")))


@cache
def _hooks(walker: Any, kind: Any) -> tuple[str | None, str | None]:
    """Return the names of the hooks that a walk has for a kind of node, before and after what is below it."""
    before, after = f"visit_{kind.__name__}", f"leave_{kind.__name__}"
    return before if hasattr(walker, before) else None, after if hasattr(walker, after) else None


@cache
def _is_node(kind: Any) -> bool:
    """Whether values of a type are nodes; LibCST's nodes are abstract classes, which `isinstance` is slow to ask."""
    return issubclass(kind, cst.CSTNode)


class Reader:
    """Base of what looks at a tree: `visit_X` before what is below a node, False to leave that out; `leave_X` after."""

    def read(self, node: cst.CSTNode) -> None:
        """Look at a node and at all below it."""
        kind: Any = type(node)
        walker: Any = type(self)
        before, after = _hooks(walker, kind)
        if before is not None and getattr(self, before)(node) is False:
            return
        for field in _fields(kind):
            value = getattr(node, field)
            if _is_node(value.__class__):
                self.read(value)
            elif isinstance(value, list | tuple):
                for each in value:
                    self.read(each)
        if after is not None:
            getattr(self, after)(node)


class Rewriter:
    """Base of what changes a tree: `leave_X` gets a node as it was and as it is by now, and returns what it shall be.

    `None` takes a node out of the list that it is in.
    """

    def enter(self, node: cst.CSTNode) -> bool:
        """Take note of a node before what is below it is walked; False leaves that out."""
        return True

    def leave(self, node: cst.CSTNode) -> None:
        """Take note that the walk is through with a node, given as it was."""

    def rewrite(self, node: cst.CSTNode) -> Any:
        """Return a node with all below it rewritten; the very same one if nothing was."""
        kind: Any = type(node)
        walker: Any = type(self)
        before, after = _hooks(walker, kind)
        changed: dict[str, Any] = {}
        if self.enter(node) and (before is None or getattr(self, before)(node) is not False):
            for field in _fields(kind):
                value = getattr(node, field)
                if _is_node(value.__class__):
                    made = self.rewrite(value)
                    if made is not value:
                        changed[field] = made
                elif isinstance(value, list | tuple) and value:
                    several = [self.rewrite(each) for each in value]
                    if any(new is not old for new, old in zip(several, value, strict=True)):
                        changed[field] = [each for each in several if each is not None]
        made = node.with_changes(**changed) if changed else node
        if after is not None:
            made = getattr(self, after)(node, made)
        self.leave(node)
        return made
