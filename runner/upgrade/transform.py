"""One walk over a program that asks, at each place, the rules that may apply there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import libcst as cst

from runner.upgrade.context import Context
from runner.upgrade.layout import continued, realigned
from runner.upgrade.moved import current
from runner.upgrade.provenance import MODEL_METHODS
from runner.upgrade.rule import Rule
from runner.upgrade.walking import Rewriter

COMMENT = "# Keras 3: "
Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
_STATEMENTS = frozenset(
    (cst.SimpleStatementLine, cst.If, cst.For, cst.While, cst.With, cst.FunctionDef, cst.ClassDef, cst.Try)
)


class Rulebook:
    """The rules by what they match."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.calls: dict[str, list[Rule]] = {}
        self.methods: dict[str, list[Rule]] = {}
        self.references: dict[str, list[Rule]] = {}
        self.attributes: dict[str, list[Rule]] = {}
        self.statements: list[Rule] = []
        self.blocks: list[Rule] = []
        self.dictionaries: list[Rule] = []
        self.definitions: list[Rule] = []
        self.operations: list[Rule] = []
        self.texts: list[Rule] = []
        self.known: set[str] = set()
        """The dotted names that some rule asks for."""
        for rule in rules:
            for table, keys in (
                (self.calls, rule.calls),
                (self.methods, rule.methods),
                (self.references, rule.references),
                (self.attributes, rule.attributes),
            ):
                for key in keys:
                    table.setdefault(key, []).append(rule)
                    self.known.add(key)
            for member, wanted in (
                (self.statements, rule.statements),
                (self.blocks, rule.blocks),
                (self.dictionaries, rule.dictionaries),
                (self.definitions, rule.definitions),
                (self.operations, rule.operations),
                (self.texts, rule.texts),
            ):
                if wanted:
                    member.append(rule)


class Walk(Rewriter):
    """Applies the rules of a rulebook to a module."""

    def __init__(self, context: Context, rules: Rulebook) -> None:
        self._context = context
        context.known = rules.known
        self._rules = rules
        self._names: dict[int, tuple[str | None, str | None]] = {}
        self._inside: set[int] = set()  # links of a chain of names: only the whole chain is looked at
        self._removed: set[int] = set()
        self._inserted: dict[int, list[cst.BaseStatement]] = {}
        self._docstrings: set[int] = set()
        self.asked: tuple[Rule, cst.CSTNode] | None = None
        """The rule that was asked last, and about which node of the original program."""

    # -- scopes and names ------------------------------------------------------------------------------------

    def enter(self, node: cst.CSTNode) -> bool:
        scope = self._context.analysis.scopes.get(id(node))
        if scope is not None:
            self._context.scope = scope
        if type(node) in _STATEMENTS:
            self._context.comments.append([])
        return type(node) not in (cst.Import, cst.ImportFrom)

    def leave(self, node: cst.CSTNode) -> None:
        scope = self._context.analysis.scopes.get(id(node))
        if scope is not None:
            self._context.scope = scope.parent or self._context.analysis.module_scope

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self._inside.add(id(node.attr))
        inner: cst.BaseExpression = node.value
        while isinstance(inner, cst.Attribute):
            self._inside.add(id(inner))
            inner = inner.value
        if isinstance(inner, cst.Name):
            self._inside.add(id(inner))

    def visit_Arg(self, node: cst.Arg) -> None:
        if node.keyword is not None:
            self._inside.add(id(node.keyword))

    def visit_Expr(self, node: cst.Expr) -> None:
        if isinstance(node.value, cst.SimpleString):
            self._docstrings.add(id(node.value))

    def visit_Param(self, node: cst.Param) -> None:
        self._inside.add(id(node.name))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._inside.add(id(node.name))

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._inside.add(id(node.name))

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        if isinstance(node.target, cst.Name):
            self._inside.add(id(node.target))

    # -- expressions -----------------------------------------------------------------------------------------

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        context = self._context
        func = original_node.func
        name = context.name(func)
        full = name or context.full_name(func)
        node: cst.BaseExpression = updated_node
        for rule in (*self._rules.calls.get(full or "", ()), *self._rules.calls.get("*", ())):
            node = self._called(rule, node, original_node, full or "")
        if isinstance(func, cst.Attribute):
            for rule in self._of_model(self._rules.methods.get(func.attr.value, ()), func):
                node = self._called(rule, node, original_node, func.attr.value)
        if node is not original_node and isinstance(node, cst.Call) and continued(original_node):
            return realigned(node, original_node, context.places.columns.get(id(original_node), 0))
        return node

    def _of_model(self, rules: Sequence[Rule], original: cst.Attribute) -> Sequence[Rule]:
        """Leave out rules on a model's methods and attributes where these are known to be another thing's."""
        if not rules or original.attr.value not in MODEL_METHODS:
            return rules
        context = self._context
        if id(original) in context.provenance.guarded or not context.may_be_keras(original.value):
            return [rule for rule in rules if rule.of_any]
        return rules

    def _called(self, rule: Rule, node: cst.BaseExpression, original: cst.Call, name: str) -> cst.BaseExpression:
        if not isinstance(node, cst.Call):
            return node
        self.asked = rule, original
        made = rule.call(node, original, name, self._context)
        return node if made is None else made

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.Dict:
        node = updated_node
        for rule in self._rules.dictionaries:
            self.asked = rule, original_node
            node = rule.dictionary(node, original_node, self._context) or node
        return node

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        node: cst.BaseExpression = updated_node
        for rule in self._of_model(self._rules.attributes.get(original_node.attr.value, ()), original_node):
            self.asked = rule, original_node
            made = rule.reference(node, original_node, original_node.attr.value, self._context)
            node = node if made is None else made
        if id(original_node) in self._inside:
            return node
        return self._referred(node, original_node)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        if id(original_node) in self._inside:
            return updated_node
        return self._referred(updated_node, original_node)

    def _referred(self, node: cst.BaseExpression, original: cst.BaseExpression) -> cst.BaseExpression:
        full = self._context.full_name(original)
        if full is None:
            return node
        name = self._context.name(original)
        tried: list[Rule] = [*self._rules.references.get(name or full, ()), *self._rules.references.get("*", ())]
        for rule in tried:
            self.asked = rule, original
            mention = rule.reference(node, original, name or full, self._context)
            if mention is not None and mention is not node:
                self._context.forget(original)
                return mention
        return node

    def leave_BinaryOperation(
        self, original_node: cst.BinaryOperation, updated_node: cst.BinaryOperation
    ) -> cst.BaseExpression:
        for rule in self._rules.operations:
            self.asked = rule, original_node
            made = rule.operation(updated_node, original_node, self._context)
            if made is not None:
                return made
        return updated_node

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.BaseExpression:
        if id(original_node) in self._docstrings or not self._rules.texts or len(original_node.value) > 300:
            return updated_node
        if original_node.prefix.lower() not in ("", "u", "r"):
            return updated_node
        value = original_node.raw_value
        for rule in self._rules.texts:
            self.asked = rule, original_node
            said = rule.text(updated_node, value, original_node, self._context)
            if said is not None and said != value:
                quote = original_node.quote
                return updated_node.with_changes(value=f"{original_node.prefix}{quote}{said}{quote}")
        return updated_node

    # -- statements ------------------------------------------------------------------------------------------

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement:
        node = updated_node
        before: list[cst.BaseStatement] = []
        for rule in self._rules.statements:
            self.asked = rule, original_node
            made = rule.statement(node, original_node, self._context)
            if made is None:
                continue
            if not made:
                self._context.comments.pop()
                self._removed.add(id(node))
                return node
            *front, last = made
            before += front
            if not isinstance(last, cst.SimpleStatementLine):
                self._inserted[id(node)] = [*before, last]
                self._removed.add(id(node))
                self._context.comments.pop()
                return node
            node = last
        node = cast(cst.SimpleStatementLine, self._commented(node))
        if before:
            first = before[0]
            if isinstance(first, cst.SimpleStatementLine):
                before[0] = first.with_changes(leading_lines=node.leading_lines)
                node = node.with_changes(leading_lines=[])
            self._inserted[id(node)] = before
        return node

    def _commented(self, node: Any) -> Any:
        """Put what was found out about a statement above it, once."""
        messages = self._context.comments.pop()
        there = {line.comment.value for line in node.leading_lines if line.comment is not None}
        new = [
            cst.EmptyLine(comment=cst.Comment(f"{COMMENT}{message}"))
            for message in messages
            if f"{COMMENT}{message}" not in there
        ]
        if self._context.module.body and not node.leading_lines:
            first = self._context.module.header
            there |= {line.comment.value for line in first if line.comment is not None}
            new = [line for line in new if line.comment is not None and line.comment.value not in there]
        return node.with_changes(leading_lines=[*node.leading_lines, *new]) if new else node

    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> cst.If:
        return cast(cst.If, self._commented(updated_node))

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> cst.For:
        return cast(cst.For, self._commented(updated_node))

    def leave_While(self, original_node: cst.While, updated_node: cst.While) -> cst.While:
        return cast(cst.While, self._commented(updated_node))

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> cst.With:
        return cast(cst.With, self._commented(updated_node))

    def leave_Try(self, original_node: cst.Try, updated_node: cst.Try) -> cst.Try:
        return cast(cst.Try, self._commented(updated_node))

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        return cast(cst.FunctionDef, self._defined(original_node, updated_node))

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        return cast(cst.ClassDef, self._defined(original_node, updated_node))

    def _defined(self, original: Any, node: Any) -> Any:
        for rule in self._rules.definitions:
            self.asked = rule, original
            made = rule.definition(node, original, self._context)
            node = node if made is None else made
        return self._commented(node)

    # -- lists of statements ---------------------------------------------------------------------------------

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        body = self._body(original_node.body, updated_node.body)
        return updated_node if body is None else updated_node.with_changes(body=body)

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
        body = self._body(original_node.body, updated_node.body)
        return updated_node if body is None else updated_node.with_changes(body=body)

    def _body(
        self, original: Sequence[cst.CSTNode], updated: Sequence[cst.BaseStatement]
    ) -> list[cst.BaseStatement] | None:
        body: list[Any] = list(updated)
        touched = False
        for rule in self._rules.blocks:
            self.asked = rule, original[0] if original else self._context.module
            rewritten = rule.block(body, original, self._context)
            if rewritten is not None:
                body, touched = list(rewritten), True
        result: list[Any] = []
        carried: list[cst.EmptyLine] = []
        for node in body:
            added = self._inserted.pop(id(node), [])
            gone = id(node) in self._removed
            if not added and not gone and not carried:
                result.append(node)
                continue
            touched = True
            if carried and not gone:
                first: Any = added[0] if added else node
                if all(line.comment is None for line in carried) and _spaced(first):
                    carried = []
                kept = first.with_changes(leading_lines=[*carried, *first.leading_lines])
                added, node = ([kept, *added[1:]], node) if added else (added, kept)
                carried = []
            result += added
            if gone:
                lines = list(node.leading_lines)
                if added:
                    result[-len(added)] = result[-len(added)].with_changes(leading_lines=lines)
                elif any(line.comment is not None for line in lines) or not result or not carried:
                    carried += lines
            else:
                result.append(node)
        return result if touched else None


def _spaced(node: Any) -> bool:
    """Whether a statement has an empty line above it."""
    return bool(node.leading_lines) and node.leading_lines[0].comment is None


def name_of_today(name: str) -> str:
    """Return a merged name under its name of today."""
    return current(name) or name
