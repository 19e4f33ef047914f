"""The last step of a walk: imports that nothing uses any more go, what is needed comes in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import libcst as cst

from runner.upgrade.analysis import dotted
from runner.upgrade.context import Context
from runner.upgrade.installed import missing
from runner.upgrade.moved import gone_module
from runner.upgrade.walking import Reader, Rewriter

# Of a needed module, how it is usually imported: `from keras import ops`.
_FROM = frozenset(("ops", "backend", "layers", "random"))
LONGEST_IMPORT = 120
"""Columns; a longer line is split in two."""


class _Used(Reader):
    """Collects the names that a program reads or writes, imports left out."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_Import(self, node: cst.Import) -> bool:
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return False

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        inner: cst.BaseExpression = node
        while isinstance(inner, cst.Attribute):
            inner = inner.value
        self.read(inner)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:
        self.read(node.value)
        return False

    def visit_Name(self, node: cst.Name) -> None:
        self.names.add(node.value)

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        if node.value[1:-1].isidentifier():
            self.names.add(node.value[1:-1])  # `__all__`, `globals()[...]`


def finish(module: cst.Module, context: Context) -> cst.Module:
    """Return `module` without the imports that rewriting emptied, and with those that it needs."""
    if not context.changes and not context.needed and not context.helpers:
        return module
    used = _Used()
    used.read(module)
    needed = {name: local for name, local in context.needed.items() if local in used.names}
    for code in context.helpers.values():
        used.names.update(word for word in ("keras", "ops") if f"{word}." in code)
        if "keras." in code and context.planned.get("keras") != "keras":
            needed.setdefault("keras", "keras")
    # First in, then out: what is needed goes where what it replaces was.
    grown = _with_new(module, context, needed)
    made = cst.ensure_type(_Dropper(context, used.names | set(needed.values())).rewrite(grown), cst.Module)
    if len(made.body) < len(grown.body) and made.body and not made.header:
        first: Any = made.body[0]
        lines = list(first.leading_lines)
        while lines and lines[0].comment is None:
            lines.pop(0)
        made = made.with_changes(body=[first.with_changes(leading_lines=lines), *made.body[1:]])
    return made


class _Dropper(Rewriter):
    """Takes out imported names that are no longer used because of a rewrite, or that no longer exist."""

    def __init__(self, context: Context, used: set[str]) -> None:
        self._context = context
        self._used = used
        self._dropped: set[int] = set()
        # Of a program that only imports, nobody can tell what is used.
        self._only_imports = not used - set(context.needed.values())

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> bool:
        return any(isinstance(small, cst.Import | cst.ImportFrom) for small in node.body)

    def leave_SimpleStatementLine(self, original_node: Any, updated_node: Any) -> Any:
        if updated_node is original_node or len(updated_node.body) != 1:
            return updated_node
        (small,) = updated_node.body
        imports = isinstance(small, cst.Import | cst.ImportFrom) and not isinstance(small.names, cst.ImportStar)
        if imports and not small.names:
            self._dropped.add(id(original_node))
            return None
        return updated_node

    def leave_IndentedBlock(self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock) -> Any:
        return self._with_comments(original_node, updated_node)

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> Any:
        return self._with_comments(original_node, updated_node)

    def _with_comments(self, original: Any, updated: Any) -> Any:
        """Give what stood above a statement that went to the next one: seldom was it about the import alone."""
        if not any(id(node) in self._dropped for node in original.body):
            return updated
        left, body, comments = iter(updated.body), [], []
        for node in original.body:
            if id(node) in self._dropped:
                comments += [line for line in node.leading_lines if line.comment is not None]
                continue
            new: Any = next(left)
            body.append(new.with_changes(leading_lines=[*comments, *new.leading_lines]) if comments else new)
            comments = []
        return updated.with_changes(body=body)

    def leave_Import(self, original_node: cst.Import, updated_node: cst.Import) -> cst.Import:
        kept = [
            alias
            for alias in updated_node.names
            if not self._unused(str(alias.evaluated_alias or alias.evaluated_name.partition(".")[0]), alias)
        ]
        return cast(cst.Import, self._with(updated_node, kept))

    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> cst.ImportFrom:
        if isinstance(updated_node.names, cst.ImportStar):
            return updated_node
        module = dotted(updated_node.module) if updated_node.module is not None else ""
        kept = []
        for alias in updated_node.names:
            local = str(alias.evaluated_alias or alias.evaluated_name)
            if self._unused(local, alias) or (
                local not in self._used and self._gone(f"{module}.{alias.evaluated_name}")
            ):
                continue
            kept.append(alias)
        return cast(cst.ImportFrom, self._with(updated_node, kept))

    def _gone(self, name: str) -> bool:
        return not self._only_imports and (gone_module(name) or missing(name))

    def _unused(self, local: str, alias: cst.ImportAlias) -> bool:
        target = self._context.analysis.imports.get(local, "")
        ours = target.startswith(("keras.", "tensorflow", "theano"))
        return ours and local not in self._used and local in self._context.rewritten

    @staticmethod
    def _with(node: Any, kept: Sequence[cst.ImportAlias]) -> Any:
        if len(kept) == len(node.names):
            return node
        kept = list(kept)
        if kept:
            last = node.names[-1].comma if getattr(node, "rpar", None) else cst.MaybeSentinel.DEFAULT
            kept[-1] = kept[-1].with_changes(comma=last)
        # LibCST refuses an import without names; the statement around it goes instead.
        made = node.deep_clone() if not kept else node.with_changes(names=kept)
        if not kept:
            object.__setattr__(made, "names", [])
        return made


def _with_new(module: cst.Module, context: Context, needed: dict[str, str]) -> cst.Module:
    """Put the imports that are needed before the first one of Keras, and helpers after the last import."""
    body: list[Any] = list(module.body)
    there = {_code(module, node) for node in body if isinstance(node, cst.SimpleStatementLine)}
    needed = {name: local for name, local in needed.items() if not _joined(body, name, local)}
    lines = sorted(_import_lines(needed), key=lambda line: not line.startswith("import "))
    lines = [line for line in lines if line not in there]
    # The helpers' names are looked for in the program: a second upgrade finds them there.
    helpers = [code for name, code in context.helpers.items() if name not in context.analysis.classes]
    helpers = [
        code for name, code in context.helpers.items() if code in helpers and name not in context.analysis.functions
    ]
    # What comes from `keras.ops` stands where the backend was imported, which is seldom needed any more.
    backend = _backend(body)
    for line in reversed(lines) if backend is not None else ():
        if line == "from keras import ops" and backend is not None:
            _put(body, backend, [line], module)
            lines.remove(line)
    if lines:
        _put(body, _first_keras(body, context), lines, module)
    if helpers:
        at = _after_imports(body)
        made: list[Any] = []
        for code in helpers:
            made += cst.parse_module(f"\n\n{code.strip()}\n", config=module.config_for_parsing).body
        made = [node.with_changes(leading_lines=[cst.EmptyLine(indent=False)] * 2) for node in made]
        if at < len(body):
            lead = list(body[at].leading_lines)
            while lead and lead[0].comment is None:
                lead.pop(0)
            body[at] = body[at].with_changes(leading_lines=[cst.EmptyLine(indent=False)] * 2 + lead)
        body[at:at] = made
    return module.with_changes(body=body)


def _put(body: list[Any], at: int, lines: list[str], module: cst.Module) -> None:
    """Put imports before the statement at a place, below the comments above it."""
    new = [cst.parse_statement(line, config=module.config_for_parsing) for line in lines]
    if at < len(body):
        first: Any = body[at]
        new[0] = new[0].with_changes(leading_lines=first.leading_lines)
        body[at] = first.with_changes(leading_lines=[])
    body[at:at] = new


def _joined(body: list[Any], name: str, local: str) -> bool:
    """Add a name to the import from its module that a program has already; False where there is none."""
    module, _, symbol = name.rpartition(".")
    for at, node in enumerate(body):
        if not isinstance(node, cst.SimpleStatementLine) or len(node.body) != 1:
            continue
        small = node.body[0]
        if not isinstance(small, cst.ImportFrom) or isinstance(small.names, cst.ImportStar) or small.relative:
            continue
        if small.module is None or dotted(small.module) != module or module in ("", "keras") or local != symbol:
            continue
        if any(alias.evaluated_name == symbol for alias in small.names):
            continue
        *front, last = small.names
        comma = front[-1].comma if front else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        names = [*front, last.with_changes(comma=comma), cst.ImportAlias(cst.Name(symbol), comma=last.comma)]
        made = node.with_changes(body=[small.with_changes(names=names)])
        if small.rpar is None and len(cst.Module([made.with_changes(leading_lines=[])]).code) > LONGEST_IMPORT:
            continue
        body[at] = made
        return True
    return False


def _backend(body: Sequence[Any]) -> int | None:
    """Return where `keras.backend` is imported, None where it is not."""
    for at, node in enumerate(body):
        small = node.body[0] if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1 else None
        if isinstance(small, cst.Import):
            if any(dotted(alias.name) == "keras.backend" for alias in small.names):
                return at
        elif isinstance(small, cst.ImportFrom) and small.module is not None and dotted(small.module) == "keras":
            names = () if isinstance(small.names, cst.ImportStar) else small.names
            if len(names) == 1 and names[0].evaluated_name == "backend":
                return at
    return None


def _import_lines(needed: dict[str, str]) -> Iterable[str]:
    for name, local in needed.items():
        module, _, symbol = name.rpartition(".")
        if not module:
            yield f"import {name}" if local == name else f"import {name} as {local}"
        else:
            yield f"from {module} import {symbol}" + ("" if local == symbol else f" as {local}")


def _code(module: cst.Module, node: cst.CSTNode) -> str:
    if (
        isinstance(node, cst.SimpleStatementLine)
        and node.body
        and isinstance(node.body[0], cst.Import | cst.ImportFrom)
    ):
        return module.code_for_node(node.with_changes(leading_lines=[])).strip()
    return ""


def _imports_keras(node: cst.CSTNode) -> bool:
    if not isinstance(node, cst.SimpleStatementLine):
        return False
    for small in node.body:
        if isinstance(small, cst.ImportFrom) and small.module is not None:
            if (dotted(small.module) or "").partition(".")[0] in ("keras", "tensorflow"):
                return True
        elif isinstance(small, cst.Import):
            for alias in small.names:
                if (dotted(alias.name) or "").partition(".")[0] in ("keras", "tensorflow"):
                    return True
    return False


def _first_keras(body: Sequence[Any], context: Context) -> int:
    for number, node in enumerate(body):
        if _imports_keras(node):
            return number
    return _after_imports(body, first=True)


def _after_imports(body: Sequence[Any], first: bool = False) -> int:
    """Return the place after the imports at the top; with `first`, after the docstring and `__future__`."""
    at = 0
    for number, node in enumerate(body):
        small = node.body[0] if isinstance(node, cst.SimpleStatementLine) and node.body else None
        if number == 0 and isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString):
            at = 1
        elif (
            isinstance(small, cst.ImportFrom) and small.module is not None and dotted(small.module) == "__future__"
        ) or (not first and isinstance(small, cst.Import | cst.ImportFrom)):
            at = number + 1
    return at
