"""`merge` and `Merge`, which became one function and one layer a mode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import calling, code, elements, expression, pair, text_of
from runner.upgrade.rule import KERAS_2, Rule
from runner.upgrade.rules.layer_names import layers

_MODES: dict[str, tuple[str, str]] = {
    "sum": ("add", "Add"),
    "mul": ("multiply", "Multiply"),
    "ave": ("average", "Average"),
    "max": ("maximum", "Maximum"),
    "concat": ("concatenate", "Concatenate"),
    "dot": ("dot", "Dot"),
    "cos": ("dot", "Dot"),
}
_WHY = "`merge` was replaced in Keras 2.0 by one function and one layer for each mode."


_LAMBDA = "A function of the inputs is a `Lambda` layer."


def _is_function(mode: cst.BaseExpression, context: Context) -> bool:
    """Whether a mode is surely a function of the inputs, and no name of one."""
    if isinstance(mode, cst.Lambda):
        return True
    if isinstance(mode, cst.Name):
        owner = context.scope.owner(mode.value)
        values = owner.assigned.get(mode.value, []) if owner is not None else []
        if values:
            return all(isinstance(value, cst.Lambda) and index is None for value, index in values)
        return owner is not None and mode.value not in owner.parameters and mode.value in context.analysis.functions
    return (context.full_name(mode) or "").startswith(("keras.backend.", "functools.partial", "tensorflow."))


def _lambda(mode: cst.BaseExpression, arguments: Arguments, context: Context) -> cst.Call:
    """Return the layer that applies a function to its inputs, with the options that `Merge` had for it."""
    made = Arguments(calling("{Lambda}({mode})", Lambda=context.refer("keras.layers.Lambda"), mode=mode))
    for keyword in ("output_shape", "name", "arguments"):
        value = arguments.get(keyword)
        if value is not None:
            made.set(keyword, value)
    return made.call()


def _options(arguments: Arguments, mode: str) -> list[cst.Arg]:
    """Return what the function or layer of a mode takes besides the tensors."""
    found: list[cst.Arg] = []
    tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))

    def give(keyword: str, value: cst.BaseExpression | None) -> None:
        if value is not None:
            found.append(cst.Arg(value, keyword=cst.Name(keyword), equal=tight))

    if mode == "concat":
        give("axis", arguments.get("concat_axis"))
    elif mode in ("dot", "cos"):
        axes = arguments.get("dot_axes")
        held = elements(axes)
        # Keras 0: a list of lists, one for each input.
        if held and all((inner := elements(each)) is not None and len(inner) == 1 for each in held):
            axes = pair(*(elements(each)[0] for each in held))  # type: ignore[index]
        give("axes", axes if axes is not None else expression("-1"))
        if mode == "cos":
            give("normalize", cst.Name("True"))
    give("name", arguments.get("name"))
    return found


class MergeFunction(Rule):
    """`merge([a, b], mode=…)` is `add`, `multiply`, `concatenate` and so on."""

    name = "merge-function"
    matches = "`merge([a, b], mode='concat', concat_axis=1)`"
    since = "Keras 2.0"
    why = _WHY
    source = KERAS_2
    calls = layers("merge")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        tensors = arguments.get("inputs", 0) or arguments.get("layers")
        if tensors is None:
            return None
        mode = arguments.get("mode", 1)
        said = text_of(context.constant(mode)) if mode is not None else "sum"
        if said in _MODES:
            options = _options(arguments, said)
            function = context.refer(f"keras.layers.{_MODES[said][0]}")
            context.forget(original.func)
            context.change(self, original)
            return cst.Call(function, [cst.Arg(tensors), *options])
        if mode is not None and _is_function(mode, context):
            context.forget(original.func)
            context.change(self, original, f"{_WHY} {_LAMBDA}")
            return cst.Call(_lambda(mode, arguments, context), [cst.Arg(tensors)])
        context.find(
            self, original, f"merge(mode={code(mode) if mode else ''}) was removed; see keras.layers.add and its like"
        )
        return None


class MergeLayer(Rule):
    """A `Sequential` that began with `Merge` is a model with several inputs."""

    name = "merge-layer"
    matches = "`model.add(Merge([left, right], mode='sum'))`"
    since = "Keras 2.0"
    why = "`Merge` is gone since Keras 2.0; a model with several inputs is a `Model`, not a `Sequential`."
    source = KERAS_2
    blocks = True
    calls = layers("Merge")
    _NAMES: ClassVar[tuple[str, ...]] = layers("Merge")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if id(original) in context.analysis.in_sequential:
            if isinstance(context.scope.node, cst.FunctionDef) and "self" in context.scope.parameters:
                message = (
                    "Merge was removed; closest today: a keras.Model of the branches' inputs and their merged outputs"
                )
                context.find(self, original, message)
            return None
        arguments = Arguments(node)
        branches = elements(arguments.get("layers", 0))
        if branches is not None:
            mode_node = arguments.get("mode", 1)
            said = text_of(context.constant(mode_node)) if mode_node is not None else "sum"
            if said not in _MODES and (mode_node is None or not _is_function(mode_node, context)):
                self._left(original, mode_node, context)
                return None
            context.forget(original.func)
            context.change(self, original)
            return self._outputs(branches, arguments, mode_node, said, context)
        mode_node = arguments.get("mode", 1) or arguments.get("mode", 0)
        mode = text_of(context.constant(mode_node)) if mode_node is not None else "sum"
        if mode_node is not None and _is_function(mode_node, context):
            context.forget(original.func)
            context.change(self, original, f"{_WHY} {_LAMBDA}")
            return _lambda(mode_node, arguments, context)
        if mode not in _MODES or mode is None:
            self._left(original, mode_node, context)
            return None
        context.forget(original.func)
        context.change(self, original)
        return cst.Call(context.refer(f"keras.layers.{_MODES[mode][1]}"), _options(arguments, mode))

    def _left(self, original: cst.Call, mode: cst.BaseExpression | None, context: Context) -> None:
        said = code(mode) if mode is not None else ""
        context.find(self, original, f"Merge(mode={said}) was removed; see keras.layers.Add and its like, or Lambda")

    def block(
        self, body: list[cst.BaseStatement], original: Sequence[cst.CSTNode], context: Context
    ) -> list[cst.BaseStatement] | None:
        made: list[cst.BaseStatement] | None = None
        while True:
            step = self._first(made if made is not None else body, original, context)
            if step is None:
                return made
            made = step

    def _first(
        self, body: list[cst.BaseStatement], original: Sequence[cst.CSTNode], context: Context
    ) -> list[cst.BaseStatement] | None:
        """Rewrite the first model that begins with `Merge`, None when there is none."""
        first = next((at for at, node in enumerate(body) if self._merging(node, context) is not None), None)
        if first is None:
            return None
        merged = self._merging(body[first], context)
        if not (merged is not None):
            return None
        model, merge, named = merged
        arguments = Arguments(merge)
        branches = elements(arguments.get("layers", 0))
        mode_node = arguments.get("mode", 1)
        mode = text_of(context.constant(mode_node)) if mode_node is not None else "sum"
        if branches is None or (mode not in _MODES and (mode_node is None or not _is_function(mode_node, context))):
            return None
        anchor: cst.CSTNode = original[min(first, len(original) - 1)]
        outputs = named or self._outputs(branches, arguments, mode_node, mode, context)
        name = f"{model}_output"
        made: list[cst.BaseStatement] = list(body)
        line: Any = body[first]
        made[first] = line.with_changes(body=[_assign(name, outputs)])
        last = first
        for at in range(first + 1, len(body)):
            added = _added(body[at])
            if added is None or added[0] != model:
                if added is None and _mentions(body[at], model):
                    break
                continue
            follow: Any = body[at]
            made[at] = follow.with_changes(body=[_assign(name, cst.Call(added[1], [cst.Arg(cst.Name(name))]))])
            last = at
        inputs = _inputs(branches, context)
        build = cst.Call(
            context.refer("keras.models.Model"), [cst.Arg(inputs, comma=_comma()), cst.Arg(cst.Name(name))]
        )
        made.insert(last + 1, cst.SimpleStatementLine([_assign(model, build)]))
        for at in range(first - 1, -1, -1):
            if _creates(made[at], model):
                created: Any = made[at]
                following: Any = made[at + 1]
                if not following.leading_lines:
                    made[at + 1] = following.with_changes(leading_lines=created.leading_lines)
                del made[at]
                break
        context.rewritten.update(("Merge", "Sequential"))
        context.change(self, anchor)
        return made

    def _merging(
        self, node: cst.BaseStatement, context: Context
    ) -> tuple[str, cst.Call, cst.BaseExpression | None] | None:
        """Return the model, the call of `Merge` that it begins with, and the name that this was given before."""
        added = _added(node)
        if added is None or added[0] == "self":
            return None
        model, layer = added
        named: cst.BaseExpression | None = None
        if isinstance(layer, cst.Name):
            owner = context.scope.owner(layer.value)
            values = owner.assigned.get(layer.value, []) if owner is not None else []
            if len(values) != 1 or values[0][1] is not None:
                return None
            named, layer = layer, values[0][0]
        if not isinstance(layer, cst.Call) or context.name(layer.func) not in self._NAMES:
            return None
        return (model, layer, named) if elements(Arguments(layer).get("layers", 0)) is not None else None

    def _outputs(
        self,
        branches: list[cst.BaseExpression],
        arguments: Arguments,
        mode_node: cst.BaseExpression | None,
        mode: str | None,
        context: Context,
    ) -> cst.BaseExpression:
        tensors = expression(
            "[" + ", ".join(f"{{b{number}}}.outputs[0]" for number in range(len(branches))) + "]",
            **{f"b{number}": branch for number, branch in enumerate(branches)},
        )
        if mode in _MODES:
            function = context.refer(f"keras.layers.{_MODES[mode][0]}")
            return cst.Call(function, [cst.Arg(tensors), *_options(arguments, mode)])
        return cst.Call(_lambda(mode_node or cst.Name("None"), arguments, context), [cst.Arg(tensors)])


def _inputs(branches: list[cst.BaseExpression], context: Context) -> cst.BaseExpression:
    """Return the inputs of all branches; one that several branches share is asked for once, as it always was."""
    parts = {f"b{number}": branch for number, branch in enumerate(branches)}
    every = "[" + ", ".join(f"*{{{name}}}.inputs" for name in parts) + "]"
    if len(context.analysis.calls.get("Merge", ())) < 2 and "id(tensor), tensor" not in context.code:
        return expression(every, **parts)
    code = "list(dict((id(tensor), tensor) for tensor in {every}).values())"
    return expression(code, every=expression(every, **parts))


def _comma() -> cst.Comma:
    return cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def _assign(name: str, value: cst.BaseExpression) -> cst.Assign:
    return cst.Assign([cst.AssignTarget(cst.Name(name))], value)


def _added(node: cst.CSTNode) -> tuple[str, cst.BaseExpression] | None:
    """Return the model's name and the layer of `model.add(layer)`."""
    if not isinstance(node, cst.SimpleStatementLine) or len(node.body) != 1 or not isinstance(node.body[0], cst.Expr):
        return None
    call = node.body[0].value
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute) or call.func.attr.value != "add":
        return None
    if not isinstance(call.func.value, cst.Name) or len(call.args) != 1:
        return None
    return call.func.value.value, call.args[0].value


def _mentions(node: cst.CSTNode, name: str) -> bool:
    return f"{name}." in code(node) or f"({name}" in code(node)


def _creates(node: cst.CSTNode, name: str) -> bool:
    """Whether a statement only makes the empty `Sequential` that is not one any more."""
    if not isinstance(node, cst.SimpleStatementLine) or len(node.body) != 1:
        return False
    small = node.body[0]
    return (
        isinstance(small, cst.Assign)
        and len(small.targets) == 1
        and isinstance(small.targets[0].target, cst.Name)
        and small.targets[0].target.value == name
        and isinstance(small.value, cst.Call)
        and code(small.value.func).endswith("Sequential")
        and not small.value.args
    )


RULES: tuple[type[Rule], ...] = (MergeFunction, MergeLayer)
