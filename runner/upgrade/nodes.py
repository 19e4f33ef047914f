"""Small questions to ask of expressions, and how to make new ones."""

from __future__ import annotations

from typing import Any

import libcst as cst
from libcst.helpers import parse_template_expression


def expression(code: str, **parts: cst.BaseExpression) -> cst.BaseExpression:
    """Return the expression that `code` says, with nodes in place of its `{names}`."""
    replacements: dict[str, Any] = parts
    return parse_template_expression(code, **replacements)


def calling(code: str, **parts: cst.BaseExpression) -> cst.Call:
    """Return the call that `code` says, with nodes in place of its `{names}`."""
    return cst.ensure_type(expression(code, **parts), cst.Call)


def text_of(node: cst.BaseExpression | None) -> str | None:
    """Return what a plain string literal says, None for anything else."""
    if not isinstance(node, cst.SimpleString) or "b" in node.prefix.lower():
        return None
    value = node.evaluated_value
    return value if isinstance(value, str) else None


def string(value: str, like: cst.BaseExpression | None = None) -> cst.SimpleString:
    """Return a string literal, quoted like `like` if that is one."""
    quote = like.quote if isinstance(like, cst.SimpleString) and len(like.quote) == 1 else "'"
    return cst.SimpleString(f"{quote}{value}{quote}")


def whole(node: cst.BaseExpression | None) -> int | None:
    """Return the value of a whole number that is written out, None for anything else."""
    if isinstance(node, cst.Integer):
        try:
            return int(node.value, 0)
        except ValueError:
            return None
    return None


def number(node: cst.BaseExpression | None) -> float | None:
    """Return the value of a number that is written out, None for anything else."""
    if isinstance(node, cst.Integer | cst.Float):
        try:
            return float(node.value.replace("_", ""))
        except ValueError:
            return None
    return None


def truth(node: cst.BaseExpression | None) -> bool | None:
    """Return True or False where they are written out, None for anything else."""
    return {"True": True, "False": False}.get(node.value) if isinstance(node, cst.Name) else None


def is_none(node: cst.BaseExpression | None) -> bool:
    """Whether `None` is written out."""
    return isinstance(node, cst.Name) and node.value == "None"


def pair(*values: cst.BaseExpression) -> cst.Tuple:
    """Return a tuple with brackets."""
    elements = [
        cst.Element(value, comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))) for value in values[:-1]
    ]
    last_comma = cst.MaybeSentinel.DEFAULT if len(values) > 1 else cst.Comma()
    elements.append(cst.Element(values[-1], comma=last_comma))
    return cst.Tuple(elements, lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def elements(node: cst.BaseExpression | None) -> list[cst.BaseExpression] | None:
    """Return what a list or tuple literal holds; None for anything else, or with a star in it."""
    if not isinstance(node, cst.List | cst.Tuple):
        return None
    if any(isinstance(element, cst.StarredElement) for element in node.elements):
        return None
    return [element.value for element in node.elements]


def tight(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return the expression so that `.name` may follow, in brackets if need be."""
    if isinstance(node, cst.Name | cst.Attribute | cst.Call | cst.Subscript) or bool(getattr(node, "lpar", None)):
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def same(one: cst.BaseExpression, other: cst.BaseExpression) -> bool:
    """Whether two expressions are written alike, spaces and comments left out."""
    return code(one).split() == code(other).split()


_EMPTY = cst.Module([])


def code(node: cst.CSTNode) -> str:
    """Return the source of a node."""
    return _EMPTY.code_for_node(node)
