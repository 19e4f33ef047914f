"""Initializers: functions of one's own, and those that Keras 1 had as functions of a shape."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst

from runner.upgrade.analysis import Scope
from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import expression
from runner.upgrade.rule import Rule

_SOURCE = "https://keras.io/api/layers/initializers/"
_KEYWORDS = ("init", "inner_init", "initializer", "forget_bias_init")
_TIGHT = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
_GONE = ("name", "dim_ordering")


def own_initializers(context: Context) -> set[int]:
    """Return the functions of the program that are given to layers as initializers, by their identity."""

    def found() -> set[int]:
        result: set[int] = set()
        tables = (*context.analysis.calls.values(), *context.analysis.method_calls.values())
        for call, scope in (pair for table in tables for pair in table):
            for arg in call.args:
                keyword = arg.keyword.value if arg.keyword is not None else ""
                if keyword not in _KEYWORDS and not keyword.endswith("_initializer"):
                    continue
                if not _of_layers(call, scope, context):
                    continue
                value: cst.CSTNode = arg.value
                if isinstance(value, cst.Name):
                    value = context.analysis.functions.get(value.value, value)
                if isinstance(value, cst.FunctionDef | cst.Lambda):
                    result.add(id(value))
        return result

    made: set[int] = context.remember("own initializers", found)
    return made


def _of_layers(call: cst.Call, scope: Scope, context: Context) -> bool:
    name = context.kinds.name(call.func, scope) or ""
    weight = isinstance(call.func, cst.Attribute) and call.func.attr.value in ("add_weight", "add_variable")
    return weight or name.startswith("keras.layers.")


class OwnInitializer(Rule):
    """A function that initializes weights is called with the shape and the type."""

    name = "initializer-arguments"
    matches = "`def my_init(shape, name=None)` given as `kernel_initializer=my_init`"
    since = "Keras 2.0 and 3.0"
    why = "An initializer is called as `initializer(shape, dtype=…)` and no longer with a name."
    source = _SOURCE
    marks = False
    definitions = True
    calls = ("*",)

    def definition(
        self, node: cst.ClassDef | cst.FunctionDef, original: cst.ClassDef | cst.FunctionDef, context: Context
    ) -> cst.ClassDef | cst.FunctionDef | None:
        if not isinstance(node, cst.FunctionDef) or id(original) not in own_initializers(context):
            return None
        made = _with_type(node.params)
        if made is None:
            return None
        context.change(self, original)
        return node.with_changes(params=made)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if not any(isinstance(arg.value, cst.Lambda) for arg in original.args):
            return None
        args, changed = list(node.args), False
        wanted = own_initializers(context)
        lambdas = {arg.keyword.value for arg in original.args if arg.keyword is not None and id(arg.value) in wanted}
        if not any(id(arg.value) in wanted for arg in original.args):
            return None
        for number, arg in enumerate(args):
            keyword = arg.keyword.value if arg.keyword is not None else ""
            renamed = keyword in lambdas or keyword.endswith("_initializer")
            if isinstance(arg.value, cst.Lambda) and renamed:
                made = _with_type(arg.value.params)
                if made is not None:
                    args[number] = arg.with_changes(value=arg.value.with_changes(params=made))
                    changed = True
        if not changed:
            return None
        context.change(self, original)
        return node.with_changes(args=args)


def _with_type(parameters: cst.Parameters) -> cst.Parameters | None:
    """Return the parameters of an initializer with `dtype`, and a default for its name; None if they are fine."""
    params = list(parameters.params)
    names = [each.name.value for each in params]
    if not params or parameters.star_kwarg is not None:
        return None
    changed = False
    for number, each in enumerate(params[1:], 1):
        if each.default is None and (each.name.value in _GONE or changed):
            params[number] = each.with_changes(default=cst.Name("None"), equal=_TIGHT)
            changed = True
    if "dtype" not in names and not any(each.name.value == "dtype" for each in parameters.kwonly_params):
        params.append(cst.Param(cst.Name("dtype"), default=cst.Name("None"), equal=_TIGHT))
        changed = True
    return parameters.with_changes(params=params) if changed else None


class InitializerOfShape(Rule):
    """Keras 1 had initializers as functions of a shape; today they are made first and called then."""

    name = "initializer-of-shape"
    matches = "`initializations.normal(shape, scale=0.01, name=name)`"
    since = "Keras 2.0"
    why = "An initializer is made with its options, and the result is called with the shape."
    source = "https://github.com/keras-team/keras/wiki/Keras-2.0-release-notes"
    # Old name → today's, with what `scale` set and its default of the time.
    _MADE: ClassVar[dict[str, tuple[str, str]]] = {
        "normal": ("RandomNormal", "stddev={scale}"),
        "uniform": ("RandomUniform", "minval=-{scale}, maxval={scale}"),
        "orthogonal": ("Orthogonal", "gain={scale}"),
        "identity": ("Identity", "gain={scale}"),
        "zero": ("Zeros", ""),
        "one": ("Ones", ""),
        **{
            f"{who}_{kind}": (f"{made}{kind.capitalize()}", "")
            for who, made in (("lecun", "Lecun"), ("glorot", "Glorot"), ("he", "He"))
            for kind in ("normal", "uniform")
        },
    }
    _SCALES: ClassVar[dict[str, str]] = {"normal": "0.05", "uniform": "0.05", "orthogonal": "1.1", "identity": "1.0"}
    calls = tuple(f"keras.initializers.{name}" for name in _MADE)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        full = context.full_name(original.func) or ""
        symbol = name.rpartition(".")[2]
        arguments = Arguments(node)
        shape = arguments.get("shape", 0)
        if ".initializations." not in full or shape is None or arguments.spread:
            return None
        made, options = self._MADE[symbol]
        if options:
            scale = arguments.get("scale", 1) or expression(self._SCALES[symbol])
            text = f"{{Initializer}}({options})({{shape}})"
            new = expression(text, Initializer=context.refer(f"keras.initializers.{made}"), scale=scale, shape=shape)
        else:
            new = expression(
                "{Initializer}()({shape})", Initializer=context.refer(f"keras.initializers.{made}"), shape=shape
            )
        context.forget(original.func)
        context.change(self, original)
        return new


RULES: tuple[type[Rule], ...] = (OwnInitializer, InitializerOfShape)
