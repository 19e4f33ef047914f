"""`keras.backend` functions that made variables, constants, placeholders and random numbers."""

from __future__ import annotations

from typing import Any, ClassVar

import libcst as cst

from runner.upgrade.analysis import Scope
from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import calling, expression, is_none, number, string, text_of
from runner.upgrade.rule import Rule
from runner.upgrade.rules.backend import fill
from runner.upgrade.rules.initial import own_initializers


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
        elif symbol == "variable" and self._initial(context):
            made = self._constant(arguments, context)
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
    def _initial(context: Context) -> bool:
        """Whether we are in a function that gives a layer's weights their first values, which are no variables."""
        scope: Scope | None = context.scope
        while scope is not None:
            if id(scope.node) in own_initializers(context):
                return True
            scope = scope.parent
        return False

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
    """Random numbers come from `keras.random`, within a layer from a generator of its own."""

    name = "backend-random"
    matches = "`K.random_normal(shape, std=…)`, `K.random_uniform(…)`, `K.dropout(…)`, `K.random_binomial(…)`"
    since = "Keras 3.0"
    why = (
        "Random numbers come from `keras.random` today; a layer that draws them holds the generator, or JAX would "
        "refuse to compile it."
    )
    source = "https://keras.io/api/random/"
    definitions = True
    _FUNCTIONS: ClassVar[dict[str, str]] = {
        "random_normal": "normal",
        "random_uniform": "uniform",
        "truncated_normal": "truncated_normal",
        "dropout": "dropout",
    }
    _NOISE: ClassVar[tuple[str, ...]] = tuple(
        f"keras.backend.{name}" for name in (*_FUNCTIONS, "random_binomial", "random_bernoulli")
    )
    calls = (*_NOISE, "keras.layers.Lambda")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        if name == "keras.layers.Lambda":
            return self._layer(node, original, context)
        symbol = name.rpartition(".")[2]
        context.forget(original.func)
        context.change(self, original)
        holder = self._holder(context)
        if holder is not None and not arguments.has("seed"):
            arguments.set("seed", cst.Name("seed") if holder == "function" else expression("self.seed_generator"))
        seed = arguments.get("seed")
        if symbol in ("random_binomial", "random_bernoulli"):
            shape, p = arguments.get("shape", 0), arguments.get("p", 1) or cst.Float("0.5")
            if shape is None:
                return None
            template = "«keras.ops.cast»(«keras.random.uniform»({shape}) < {p}, 'float32')"
            if seed is None:
                return fill(template, {"shape": shape, "p": p}, context)
            return fill(
                template.replace("{shape})", "{shape}, seed={seed})"), {"shape": shape, "p": p, "seed": seed}, context
            )
        arguments.rename("std", "stddev")
        arguments.rename("level", "rate")
        arguments.rename("x", "inputs")
        return arguments.call(context.refer(f"keras.random.{self._FUNCTIONS[symbol]}"))

    def _holder(self, context: Context) -> str | None:
        """Return what holds the generator where we are: the `function` of a `Lambda`, a layer's `class`, or nothing."""
        scope: Scope | None = context.scope
        noisy = context.remember("noisy", lambda: self._noisy(context))
        while scope is not None:
            if id(scope.node) in noisy:
                return "class" if isinstance(scope.node, cst.ClassDef) else "function"
            scope = scope.parent
        return None

    def _noisy(self, context: Context) -> set[int]:
        """Return the functions of `Lambda` layers, and the layers, that draw random numbers."""
        wanted: set[int] = set()
        for call, scope in (
            *context.analysis.calls.get("Lambda", ()),
            *context.analysis.method_calls.get("Lambda", ()),
        ):
            value = Arguments(call).get("function", 0)
            if context.kinds.name(call.func, scope) != "keras.layers.Lambda" or value is None:
                continue
            function = context.analysis.functions.get(value.value) if isinstance(value, cst.Name) else None
            wanted.add(id(function or value))
        found: set[int] = set()
        for several in (*context.analysis.calls.values(), *context.analysis.method_calls.values()):
            for call, scope in several:
                if context.kinds.name(call.func, scope) not in self._NOISE:
                    continue
                inner: Scope | None = scope
                while inner is not None:
                    node = inner.node
                    layer = isinstance(node, cst.ClassDef) and context.kinds.of_class(node, inner) == "layer"
                    if id(node) in wanted or layer:
                        found.add(id(node))
                    inner = inner.parent
        return found

    def _layer(self, node: cst.Call, original: cst.Call, context: Context) -> cst.BaseExpression | None:
        """Turn a `Lambda` whose function draws random numbers into one with a generator."""
        noisy = context.remember("noisy", lambda: self._noisy(context))
        value = Arguments(original).get("function", 0)
        function = context.analysis.functions.get(value.value) if isinstance(value, cst.Name) else value
        if function is None or id(function) not in noisy:
            return None
        made = Arguments(node)
        given = made.get("function", 0)
        if isinstance(given, cst.Lambda):
            made.replace(given, given.with_changes(params=_with_seed(given.params)))
        context.forget(original.func)
        context.change(self, original)
        return made.call(context.helper("SeededLambda", _SEEDED))

    def definition(
        self, node: cst.ClassDef | cst.FunctionDef, original: cst.ClassDef | cst.FunctionDef, context: Context
    ) -> cst.ClassDef | cst.FunctionDef | None:
        if id(original) not in context.remember("noisy", lambda: self._noisy(context)):
            return None
        if isinstance(node, cst.FunctionDef):
            return node.with_changes(params=_with_seed(node.params))
        line = cst.SimpleStatementLine(
            [_assigned("self.seed_generator", expression("{f}()", f=context.refer("keras.random.SeedGenerator")))]
        )
        body: list[Any] = list(node.body.body)
        for at, member in enumerate(body):
            if isinstance(member, cst.FunctionDef) and member.name.value == "__init__":
                inner = list(member.body.body)
                body[at] = member.with_changes(body=member.body.with_changes(body=[*inner, line]))
                return node.with_changes(body=node.body.with_changes(body=body))
        start: Any = cst.parse_statement(
            "def __init__(self, **options):\n    super().__init__(**options)\n",
            config=context.module.config_for_parsing,
        )
        start = start.with_changes(body=start.body.with_changes(body=[*start.body.body, line]))
        has_text = body and isinstance(body[0], cst.SimpleStatementLine) and isinstance(body[0].body[0], cst.Expr)
        body.insert(1 if has_text else 0, start)
        return node.with_changes(body=node.body.with_changes(body=body))


def _with_seed(parameters: cst.Parameters) -> cst.Parameters:
    """Return the parameters of a function, with `seed=None` after those that are passed by position."""
    seed = cst.Param(cst.Name("seed"), default=cst.Name("None"), equal=_TIGHT)
    return parameters.with_changes(params=[*parameters.params, seed])


def _assigned(target: str, value: cst.BaseExpression) -> cst.Assign:
    return cst.Assign([cst.AssignTarget(cst.ensure_type(expression(target), cst.Attribute))], value)


_TIGHT = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
_SEEDED = '''
class SeededLambda(keras.layers.Lambda):
    """A `Lambda` whose function draws random numbers: the layer holds their generator."""

    def __init__(self, function, **options):
        super().__init__(function, **options)
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, inputs):
        return self.function(inputs, seed=self.seed_generator)
'''


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
