"""Continuation lines that stand under an opening bracket stay there when the name before the bracket gets shorter."""

from __future__ import annotations

import libcst as cst
from libcst._nodes.internal import CodegenState

from runner.upgrade.nodes import code


class Places(CodegenState):
    """Writes a module out and notes where each node begins; a tenth of the work of LibCST's own positions."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self._column = 0
        self._line = 1
        self.lines: dict[int, int] = {}
        """Counted from 1, by the identity of a node."""
        self.columns: dict[int, int] = {}
        """How far right of its block a call begins, by its identity."""
        module._codegen(self)

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.lines.setdefault(id(node), self._line)
        if type(node) is cst.Call:
            self.columns[id(node)] = self._column - sum(len(token) for token in self.indent_tokens)

    def add_indent_tokens(self) -> None:
        self._column += sum(len(token) for token in self.indent_tokens)

    def add_token(self, value: str) -> None:
        newlines = value.count("\n")
        if newlines:
            self._line += newlines
            self._column = len(value) - value.rindex("\n") - 1
        else:
            self._column += len(value)


def continued(call: cst.Call) -> bool:
    """Whether a call's arguments begin right after its bracket and go on in another line."""
    return isinstance(call.whitespace_before_args, cst.SimpleWhitespace) and any(
        isinstance(arg.comma, cst.Comma) and isinstance(arg.comma.whitespace_after, cst.ParenthesizedWhitespace)
        for arg in call.args
    )


def realigned(made: cst.Call, original: cst.Call, column: int) -> cst.Call:
    """Return a call whose lines stand under its bracket again.

    Args:
        made: the call as it is by now.
        original: the call as it was.
        column: how far right of its block the call began.
    """
    before, after = code(original.func), code(made.func)
    moved = len(after) - len(before)
    if not moved or "\n" in before or "\n" in after:
        return made
    under = column + len(before) + 1
    stands = [
        len(arg.comma.whitespace_after.last_line.value)
        for arg in original.args
        if isinstance(arg.comma, cst.Comma) and isinstance(arg.comma.whitespace_after, cst.ParenthesizedWhitespace)
    ]
    if under not in stands:
        return made
    shift = _Shift(under, moved)
    args = [cst.ensure_type(arg.visit(shift), cst.Arg) for arg in made.args]
    return made.with_changes(args=args)


class _Shift(cst.CSTTransformer):
    """Moves the lines that stand at a column or right of it."""

    def __init__(self, column: int, by: int) -> None:
        super().__init__()
        self._column = column
        self._by = by

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        spaces = updated_node.last_line.value
        if len(spaces) < self._column or spaces.strip(" "):
            return updated_node
        return updated_node.with_changes(last_line=cst.SimpleWhitespace(" " * max(0, len(spaces) + self._by)))
