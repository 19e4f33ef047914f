"""The axes of shapes and arrays that a program writes down, followed through its assignments. Nothing is executed."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from runner.upgrade.analysis import Analysis, Scope
from runner.upgrade.kinds import Kinds
from runner.upgrade.nodes import code, whole

_DEPTH = 12
_ARRAYS = frozenset(("zeros", "ones", "empty", "full", "zeros_like", "ones_like"))
_SIZED = frozenset(("normal", "uniform", "randint", "random_sample", "binomial", "choice", "poisson"))
_SAME = frozenset(("astype", "copy", "clip", "round"))


@dataclass(frozen=True)
class Axis:
    """One axis of a shape: how long it is, None where that is not written down, and what the program calls it."""

    size: int | None
    said: str


Axes = tuple[Axis, ...]


class Shapes:
    """Answers which axes a shape has, or an array; None where the program does not tell, or tells two things."""

    def __init__(self, analysis: Analysis, kinds: Kinds) -> None:
        self._analysis = analysis
        self._kinds = kinds
        self._current: dict[tuple[int, str], Axes | None] = {}

    def axes(self, node: cst.BaseExpression | None, scope: Scope, depth: int = 0) -> Axes | None:
        """Return the axes of an expression that is a shape."""
        if node is None or depth > _DEPTH:
            return None
        if isinstance(node, cst.Tuple | cst.List):
            found: list[Axis] = []
            for element in node.elements:
                if isinstance(element, cst.StarredElement):
                    spread = self.axes(element.value, scope, depth + 1)
                    if spread is None:
                        return None
                    found += spread
                else:
                    found.append(Axis(self.size(element.value, scope, depth + 1), code(element.value).strip()))
            return tuple(found)
        if isinstance(node, cst.Name):
            return self._of_name(node.value, scope, depth, arrays=False)
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
            sides = self.axes(node.left, scope, depth + 1), self.axes(node.right, scope, depth + 1)
            return None if sides[0] is None or sides[1] is None else sides[0] + sides[1]
        if isinstance(node, cst.Attribute) and node.attr.value == "shape":
            return self.array(node.value, scope, depth + 1)
        if isinstance(node, cst.Subscript):
            return self._part(self.axes(node.value, scope, depth + 1), node, scope, depth)
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in ("tuple", "list"):
            return self.axes(node.args[0].value, scope, depth + 1) if len(node.args) == 1 else None
        return None

    def size(self, node: cst.BaseExpression, scope: Scope, depth: int = 0) -> int | None:
        """Return the number that an expression is, as far as it is written down."""
        if depth > _DEPTH:
            return None
        if isinstance(node, cst.Integer):
            return whole(node)
        if isinstance(node, cst.Name):
            return self._number(node.value, scope, depth)
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "int" and node.args:
            return self.size(node.args[0].value, scope, depth + 1)
        if isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
            at = whole(node.slice[0].slice.value)
            axes = self.axes(node.value, scope, depth + 1) if at is not None else None
            return axes[at].size if axes is not None and at is not None and at < len(axes) else None
        if isinstance(node, cst.BinaryOperation):
            left, right = self.size(node.left, scope, depth + 1), self.size(node.right, scope, depth + 1)
            if left is None or right is None:
                return None
            if isinstance(node.operator, cst.Add):
                return left + right
            if isinstance(node.operator, cst.Multiply):
                return left * right
            if isinstance(node.operator, cst.Divide | cst.FloorDivide) and right:
                return left // right
        return None

    def array(self, node: cst.BaseExpression, scope: Scope, depth: int = 0) -> Axes | None:
        """Return the axes of an expression that is an array."""
        if depth > _DEPTH:
            return None
        if isinstance(node, cst.Name):
            return self._of_name(node.value, scope, depth, arrays=True)
        if isinstance(node, cst.BinaryOperation):
            return self.array(node.left, scope, depth + 1) or self.array(node.right, scope, depth + 1)
        if isinstance(node, cst.Subscript):
            axes = self.array(node.value, scope, depth + 1)
            if axes is None or all(isinstance(element.slice, cst.Slice) for element in node.slice):
                return axes
            only = node.slice[0].slice if len(node.slice) == 1 else None
            if not isinstance(only, cst.Index):
                return None
            return axes[1:] if isinstance(only.value, cst.Integer) else axes
        return self._made(node, scope, depth) if isinstance(node, cst.Call) else None

    def _made(self, node: cst.Call, scope: Scope, depth: int) -> Axes | None:
        """Return the axes of the array that a call gives."""
        full = self._kinds.resolve(node.func, scope) or ""
        name = full.rpartition(".")[2]
        values = [arg.value for arg in node.args if arg.keyword is None and not arg.star]
        named = {arg.keyword.value: arg.value for arg in node.args if arg.keyword is not None}
        if full.startswith("numpy."):
            if name in ("rand", "randn") and len(values) == len(node.args):
                return self.axes(cst.Tuple([cst.Element(value) for value in values]), scope, depth + 1)
            if name in _SIZED:
                return self.axes(named.get("size"), scope, depth + 1)
            if name == "reshape" and len(values) > 1:
                return self.axes(values[1], scope, depth + 1)
            if name in _ARRAYS or name == "random":
                given = named.get("shape") or named.get("size") or (values[0] if values else None)
                return None if name.endswith("_like") else self.axes(given, scope, depth + 1)
            return None
        if isinstance(node.func, cst.Attribute):
            method = node.func.attr.value
            if method == "reshape" and values:
                if len(values) > 1:
                    return self.axes(cst.Tuple([cst.Element(value) for value in values]), scope, depth + 1)
                return self.axes(values[0], scope, depth + 1)
            if method == "transpose":
                return self._permuted(self.array(node.func.value, scope, depth + 1), values, scope, depth)
            return self.array(node.func.value, scope, depth + 1) if method in _SAME else None
        return None

    def _permuted(self, axes: Axes | None, values: list[cst.BaseExpression], scope: Scope, depth: int) -> Axes | None:
        order = self.axes(
            values[0] if len(values) == 1 else cst.Tuple([cst.Element(value) for value in values]), scope, depth + 1
        )
        if axes is None or order is None or sorted(axis.size or 0 for axis in order) != list(range(len(axes))):
            return None
        return tuple(axes[axis.size or 0] for axis in order)

    def _part(self, axes: Axes | None, node: cst.Subscript, scope: Scope, depth: int) -> Axes | None:
        part = node.slice[0].slice if len(node.slice) == 1 else None
        if axes is None or not isinstance(part, cst.Slice) or part.step is not None:
            return None
        bounds: list[int | None] = []
        for bound in (part.lower, part.upper):
            value = None if bound is None else self.size(bound, scope, depth + 1)
            if bound is not None and value is None:
                return None
            bounds.append(value)
        return axes[bounds[0] : bounds[1]]

    def _of_name(self, name: str, scope: Scope, depth: int, *, arrays: bool) -> Axes | None:
        owner = scope.owner(name)
        if owner is None:
            return None
        key = (id(owner), name)
        if key in self._current:
            return self._current[key]  # `X = X.reshape(…)`: what X was before
        ask = self.array if arrays else self.axes
        found: list[Axes] = []
        self._current[key] = None
        try:
            for value, index in owner.assigned.get(name, ()):
                axes = ask(value, owner, depth + 1) if index is None else None
                if axes is not None:
                    found.append(axes)
                    self._current[key] = axes
        finally:
            del self._current[key]
        if arrays and found:
            return found[-1]  # an array is reshaped step by step
        if not found:
            found = [
                axes for value, inner in self._given(name, owner) if (axes := ask(value, inner, depth + 1)) is not None
            ]
        return found[0] if found and all(axes == found[0] for axes in found) else None

    def _number(self, name: str, scope: Scope, depth: int) -> int | None:
        owner = scope.owner(name)
        if owner is None:
            return None
        values = [(value, owner) for value, index in owner.assigned.get(name, ()) if index is None]
        sizes = {self.size(value, inner, depth + 1) for value, inner in (*values, *self._given(name, owner))}
        return sizes.pop() if len(sizes) == 1 else None

    def _given(self, name: str, owner: Scope) -> list[tuple[cst.BaseExpression, Scope]]:
        """Return what a function of the program gets for a parameter: its default, and what it is called with."""
        function = owner.node
        if name not in owner.parameters or not isinstance(function, cst.FunctionDef):
            return []
        outside = owner.parent or self._analysis.module_scope
        given: list[tuple[cst.BaseExpression, Scope]] = [
            (parameter.default, outside)
            for parameter in (*function.params.params, *function.params.kwonly_params)
            if parameter.name.value == name and parameter.default is not None
        ]
        position = owner.parameters.index(name)
        called = function.name.value
        calls = [(call, scope, position) for call, scope in self._analysis.calls.get(called, ())]
        if outside.node is not self._analysis.module_scope.node and isinstance(outside.node, cst.ClassDef):
            calls = [(call, scope, position - 1) for call, scope in self._analysis.method_calls.get(called, ())]
            if called == "__init__":
                made = self._analysis.calls.get(outside.node.name.value, ())
                calls = [(call, scope, position - 1) for call, scope in made]
        for call, scope, at in calls:
            for number, arg in enumerate(call.args):
                named = arg.keyword is not None and arg.keyword.value == name
                if named or (arg.keyword is None and not arg.star and number == at):
                    given.append((arg.value, scope))
        return given
