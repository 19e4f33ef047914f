"""`keras.backend` functions that made variables, constants, placeholders and random numbers."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import calling, expression, is_none, number, string, text_of
from runner.upgrade.rule import Rule
from runner.upgrade.rules.backend import fill


class BackendConstants(Rule):
    """Tensors and variables made from values."""

    name = "backend-variables"
    matches = "`K.variable(0.)`, `K.constant(…)`, `K.zeros(…)`, `K.placeholder(…)`"
    since = "Keras 3.0"
    why = "A value that changes is a `keras.Variable`; one that does not is a tensor; a placeholder is a `keras.Input`."
    source = "https://keras.io/api/ops/core/"
    calls = tuple(f"keras.backend.{name}" for name in ("variable", "constant", "zeros", "placeholder", "ones"))

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        symbol = name.rpartition(".")[2]
        made: cst.BaseExpression | None
        if symbol == "variable" and number(arguments.get("value", 0)) is not None and _sums_up(original, context):
            made = arguments.get("value", 0)
        elif symbol == "variable":
            made = self._variable(arguments, context)
        elif symbol == "constant":
            made = self._constant(arguments, context)
        elif symbol in ("zeros", "ones"):
            made = arguments.call(context.refer(f"keras.ops.{symbol}"))
        else:
            made = self._placeholder(arguments, context)
        if made is None:
            return None
        context.forget(original.func)
        context.change(self, original)
        return made

    @staticmethod
    def _variable(arguments: Arguments, context: Context) -> cst.BaseExpression | None:
        value = arguments.get("value", 0)
        name = arguments.get("name", 2)
        dtype = arguments.get("dtype", 1)
        if value is None:
            return None
        made = Arguments(calling("{Variable}({value})", Variable=context.refer("keras.Variable"), value=value))
        if dtype is not None:
            made.set("dtype", dtype)
        elif number(value) is None:
            made.set("dtype", string("float32"))
        if name is not None and "/" not in (text_of(name) or ""):
            made.set("name", name)
        return made.call()

    @staticmethod
    def _constant(arguments: Arguments, context: Context) -> cst.BaseExpression | None:
        value = arguments.get("value", 0)
        shape = arguments.get("shape", 2)
        dtype = arguments.get("dtype", 1) or string("float32")
        if value is None:
            return None
        if shape is not None and not is_none(shape):
            full = context.refer("keras.ops.full")
            return expression(
                "{full}({shape}, {value}, dtype={dtype})", full=full, shape=shape, value=value, dtype=dtype
            )
        convert = context.refer("keras.ops.convert_to_tensor")
        return expression("{convert}({value}, dtype={dtype})", convert=convert, value=value, dtype=dtype)

    @staticmethod
    def _placeholder(arguments: Arguments, context: Context) -> cst.BaseExpression | None:
        shape = arguments.get("shape", 0)
        if shape is None:
            return None
        made = Arguments(calling("{Input}(batch_shape={shape})", Input=context.refer("keras.Input"), shape=shape))
        for keyword in ("dtype", "name", "sparse"):
            value = arguments.get(keyword)
            if value is not None:
                made.set(keyword, value)
        return made.call()


def _sums_up(call: cst.Call, context: Context) -> bool:
    """Whether a variable is only the number that a sum of tensors starts with."""
    for scope in context.analysis.scopes.values():
        for name, values in scope.assigned.items():
            if any(value is call for value, _ in values):
                return len(values) > 1 or name in scope.augmented
    return False


class BackendRandom(Rule):
    """Random numbers come from `keras.random`."""

    name = "backend-random"
    matches = "`K.random_normal(shape, std=…)`, `K.random_uniform(…)`, `K.dropout(…)`, `K.random_binomial(…)`"
    since = "Keras 3.0"
    why = "Random numbers come from `keras.random` today."
    source = "https://keras.io/api/random/"
    _FUNCTIONS: ClassVar[dict[str, str]] = {
        "random_normal": "normal",
        "random_uniform": "uniform",
        "truncated_normal": "truncated_normal",
        "dropout": "dropout",
    }
    calls = tuple(f"keras.backend.{name}" for name in (*_FUNCTIONS, "random_binomial", "random_bernoulli"))

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        symbol = name.rpartition(".")[2]
        context.forget(original.func)
        context.change(self, original)
        if symbol in ("random_binomial", "random_bernoulli"):
            shape, p = arguments.get("shape", 0), arguments.get("p", 1) or cst.Float("0.5")
            return fill(
                "«keras.ops.cast»(«keras.random.uniform»({shape}) < {p}, 'float32')",
                {"shape": shape, "p": p} if shape is not None else {},
                context,
            )
        arguments.rename("std", "stddev")
        arguments.rename("level", "rate")
        arguments.rename("x", "inputs")
        return arguments.call(context.refer(f"keras.random.{self._FUNCTIONS[symbol]}"))


class SharedVariables(Rule):
    """Theano's variables had `get_value` and `set_value`."""

    name = "shared-variables"
    matches = "`model.optimizer.lr.get_value()`, `model.optimizer.lr.set_value(0.01)`"
    since = "Keras 2.4"
    why = "Variables are the backend's own no more: `assign` sets one, `keras.ops.convert_to_numpy` gives its value."
    source = "https://keras.io/api/ops/core/"
    marks = False
    methods = ("get_value", "set_value")
    _OF = ("lr", "learning_rate", "momentum", "iterations", "rho", "beta_1", "beta_2")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if not isinstance(node.func, cst.Attribute) or not isinstance(original.func, cst.Attribute):
            return None
        variable = original.func.value
        if not isinstance(variable, cst.Attribute) or variable.attr.value not in self._OF:
            return None
        if context.kind(variable.value) != "optimizer" or len(node.args) != (name == "set_value"):
            return None
        context.change(self, original)
        if name == "set_value":
            return node.with_changes(func=node.func.with_changes(attr=cst.Name("assign")))
        return fill("«keras.ops.convert_to_numpy»({x})", {"x": node.func.value}, context)


RULES: tuple[type[Rule], ...] = (BackendConstants, BackendRandom, SharedVariables)
