"""The strings of a program that name what is logged while a model trains: keys of histories and logs, monitors."""

from __future__ import annotations

import libcst as cst

from runner.upgrade.analysis import Scope
from runner.upgrade.context import Context
from runner.upgrade.nodes import code
from runner.upgrade.walking import Reader

_ASKED = ("get", "append", "pop", "index", "EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint")
# What a list of the metrics' names, or a dictionary by them, is made of.
_NAMED = ("metrics_names", "get_metrics_result", "return_dict=True")


def logged_keys(context: Context) -> set[int]:
    """Return the identities of the strings that stand where the name of something logged is expected."""

    def find() -> set[int]:
        finder = _Finder(context)
        finder.read(context.module)
        return finder.found

    found: set[int] = context.remember("logged keys", find)
    return found


class _Names(Reader):
    """Collects the names in an expression."""

    def __init__(self) -> None:
        self.names: list[cst.Name] = []

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        return False

    def visit_Call(self, node: cst.Call) -> bool:
        return isinstance(node.func, cst.Attribute) and node.func.attr.value == "format"

    def visit_Name(self, node: cst.Name) -> None:
        self.names.append(node)


class _Finder(Reader):
    def __init__(self, context: Context) -> None:
        self.found: set[int] = set()
        self._context = context
        self._scopes = context.analysis.scopes
        self._scope = context.analysis.module_scope
        self._loops: list[cst.For | cst.CompFor] = []

    def read(self, node: cst.CSTNode) -> None:
        before, self._scope = self._scope, self._scopes.get(id(node), self._scope)
        super().read(node)
        self._scope = before

    # -- where keys stand ------------------------------------------------------------------------------------

    def visit_Subscript(self, node: cst.Subscript) -> None:
        if self._is_log(node.value):
            for element in node.slice:
                if isinstance(element.slice, cst.Index):
                    self._key(element.slice.value)

    def visit_Arg(self, node: cst.Arg) -> None:
        if node.keyword is not None and node.keyword.value == "monitor":
            self._key(node.value)

    def visit_Param(self, node: cst.Param) -> None:
        if node.default is not None and node.name.value in ("monitor", "metric", "value"):
            self.found.add(id(node.default))

    def visit_Assign(self, node: cst.Assign) -> None:
        if "monitor" in code(node.targets[0].target):
            self.found.add(id(node.value))

    def visit_Call(self, node: cst.Call) -> None:
        called = node.func.attr.value if isinstance(node.func, cst.Attribute) else getattr(node.func, "value", "")
        if called not in _ASKED or not node.args:
            return
        if called in ("EarlyStopping", "ReduceLROnPlateau"):
            self._key(node.args[0].value)
        elif called == "ModelCheckpoint":
            if len(node.args) > 1:
                self._key(node.args[1].value)
        elif isinstance(node.func, cst.Attribute):
            held = code(node.func.value)
            logs = ("log" in held or "hist" in held) and called != "index" and not self._is_own(node.func.value)
            if logs or self._holds_names(node.func.value):
                self._key(node.args[0].value)

    def visit_Comparison(self, node: cst.Comparison) -> None:
        right = node.comparisons[0].comparator
        if "hist" in code(right) or "logs" in code(right) or self._holds_names(right):
            self.found.add(id(node.left))

    def visit_For(self, node: cst.For) -> None:
        if isinstance(node.iter, cst.List | cst.Tuple) and "history[" in code(node.body):
            self.found.update(id(element.value) for element in node.iter.elements)
        self._loops.append(node)

    # -- what stands there -----------------------------------------------------------------------------------

    def _is_log(self, node: cst.BaseExpression) -> bool:
        if self._is_own(node):
            return False
        said = code(node)
        return said.endswith("history") or "hist" in said.lower() or "log" in said.lower() or self._holds_names(node)

    def _is_own(self, node: cst.BaseExpression) -> bool:
        """Whether something called like a history or logs is the program's own dictionary."""
        if not isinstance(node, cst.Name) or self._holds_names(node):
            return False
        owner = self._scope.owner(node.value)
        values = owner.assigned.get(node.value, []) if owner is not None else []
        if owner is None or node.value in owner.parameters or not values:
            return False
        return all(_is_dictionary(value) for value, _ in values)

    def _holds_names(self, node: cst.BaseExpression) -> bool:
        """Whether an expression, or what a name was assigned, is made of the names of a model's metrics."""
        if isinstance(node, cst.Name):
            owner = self._scope.owner(node.value)
            values = owner.assigned.get(node.value, []) if owner is not None else []
            return any(word in code(value) for value, _ in values[:4] for word in _NAMED)
        return isinstance(node, cst.Call | cst.Attribute) and any(word in code(node) for word in _NAMED)

    def _key(self, node: cst.BaseExpression) -> None:
        """Note a key, and the strings that the names in it stand for."""
        self.found.add(id(node))
        if isinstance(node, cst.SimpleString):
            return
        names = _Names()
        names.read(node)
        for name in names.names:
            for value in self._values(name.value, self._scope):
                self.found.add(id(value))

    def _values(self, name: str, scope: Scope) -> list[cst.BaseExpression]:
        """Return the strings that a name may stand for: assigned, looped over, or passed to a function."""
        owner = scope.owner(name)
        if owner is None:
            return []
        values = [value for value, index in owner.assigned.get(name, ()) if index is None]
        for loop in self._loops:
            if isinstance(loop.target, cst.Name) and loop.target.value == name:
                values += [element.value for element in getattr(loop.iter, "elements", ())]
        function = owner.node
        if name in owner.parameters and isinstance(function, cst.FunctionDef):
            position = owner.parameters.index(name)
            values += [
                each.default for each in function.params.params if each.name.value == name and each.default is not None
            ]
            for call, _ in self._context.analysis.calls.get(function.name.value, ()):
                for number, arg in enumerate(call.args):
                    named = arg.keyword is not None and arg.keyword.value == name
                    if named or (arg.keyword is None and not arg.star and number == position):
                        values.append(arg.value)
        return [value for value in values if isinstance(value, cst.SimpleString)]


def _is_dictionary(node: cst.BaseExpression) -> bool:
    """Whether an expression makes a new dictionary, and not one of what was logged."""
    if isinstance(node, cst.Call):
        made = code(node.func).rpartition(".")[2]
        return made in ("defaultdict", "OrderedDict", "dict") and ".history" not in code(node)
    return isinstance(node, cst.Dict | cst.DictComp) and ".history" not in code(node)
