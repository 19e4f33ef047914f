"""`keras.backend` functions, most of which are in `keras.ops` today, some with other arguments."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import code, expression, is_none, string, text_of, tight
from runner.upgrade.rule import OPS, Rule
from runner.upgrade.rules.layer_arguments import ORDERINGS
from runner.upgrade.walking import Reader

# The same name and the same arguments in `keras.ops`.
SAME = [
    "abs",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "cast",
    "cos",
    "cumprod",
    "cumsum",
    "elu",
    "equal",
    "exp",
    "eye",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "log",
    "logsumexp",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "prod",
    "reshape",
    "round",
    "shape",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "softplus",
    "softsign",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "sum",
    "tanh",
    "tile",
    "transpose",
    "var",
    "zeros_like",
    "dot",
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "map",
    "while_loop",
    "cond",
]
# Another name, the same arguments by position.
OTHER = {
    "pow": "power",
    "permute_dimensions": "transpose",
    "get_value": "convert_to_numpy",
    "eval": "convert_to_numpy",
    "map_fn": "map",
}


class BackendFunctions(Rule):
    """Functions of `keras.backend` are those of `keras.ops`."""

    name = "backend-functions"
    matches = "`K.mean(…)`, `K.sum(…)`, `K.exp(…)`, `K.pow(…)`, `K.permute_dimensions(…)`"
    since = "Keras 3.0"
    why = "Keras 3 has these functions in `keras.ops`, for every backend."
    source = OPS
    references = tuple(f"keras.backend.{name}" for name in (*SAME, *OTHER))

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        symbol = name.rpartition(".")[2]
        context.change(self, original, f"`K.{symbol}` is `keras.ops.{OTHER.get(symbol, symbol)}` today.")
        return context.refer(f"keras.ops.{OTHER.get(symbol, symbol)}")


class BackendArguments(Rule):
    """Functions of `keras.backend` whose arguments differ from those of their counterpart."""

    name = "backend-arguments"
    matches = "`K.clip`, `K.concatenate`, `K.expand_dims`, `K.switch`, `K.gather`, `K.random_normal`, `K.int_shape`, …"
    since = "Keras 3.0"
    why = "The counterpart in `keras.ops` takes other arguments, which are given so that the result stays the same."
    source = OPS
    # What a function becomes: {0}, {1}… and {name} stand for arguments, «…» for a symbol that is looked up.
    _TEMPLATES: ClassVar[dict[str, tuple[tuple[str, ...], str]]] = {
        "clip": (("x", "min_value", "max_value"), "«keras.ops.clip»({x}, {min_value}, {max_value})"),
        "gather": (("reference", "indices"), "«keras.ops.take»({reference}, {indices}, axis=0)"),
        "flatten": (("x",), "«keras.ops.reshape»({x}, (-1,))"),
        "batch_flatten": (("x",), "«keras.layers.Flatten»()({x})"),
        "int_shape": (("x",), "{x.}.shape"),
        "ndim": (("x",), "len({x.}.shape)"),
        "get_variable_shape": (("x",), "{x.}.shape"),
        "dtype": (("x",), "{x.}.dtype"),
        "cast_to_floatx": (("x",), "«keras.ops.cast»({x}, «keras.backend.floatx»())"),
        "repeat": (("x", "n"), "«keras.ops.repeat»(«keras.ops.expand_dims»({x}, 1), {n}, axis=1)"),
        "repeat_elements": (("x", "rep", "axis"), "«keras.ops.repeat»({x}, {rep}, axis={axis})"),
        "in_top_k": (("predictions", "targets", "k"), "«keras.ops.in_top_k»({targets}, {predictions}, k={k})"),
        "update": (("x", "new_x"), "{x.}.assign({new_x})"),
        "update_add": (("x", "increment"), "{x.}.assign_add({increment})"),
        "update_sub": (("x", "decrement"), "{x.}.assign_sub({decrement})"),
        "set_value": (("x", "value"), "{x.}.assign({value})"),
        "moving_average_update": (
            ("x", "value", "momentum"),
            "{x.}.assign({x} * {momentum} + {value} * (1.0 - {momentum}))",
        ),
        "reverse": (("x", "axes"), "«keras.ops.flip»({x}, axis={axes})"),
        "bias_add": (("x", "bias"), "«keras.ops.add»({x}, {bias})"),
        "is_keras_tensor": (("x",), "«keras.utils.is_keras_tensor»({x})"),
        "count_params": (("x",), "«keras.ops.size»({x})"),
        "print_tensor": (("x", "message"), "{x}"),
        "identity": (("x",), "{x}"),
        "to_dense": (("x",), "{x}"),
    }
    calls = tuple(f"keras.backend.{name}" for name in _TEMPLATES)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        names, template = self._TEMPLATES[name.rpartition(".")[2]]
        arguments = Arguments(node)
        if arguments.spread:
            return None
        given = {each: arguments.get(each, position) for position, each in enumerate(names)}
        values = {each: value for each, value in given.items() if value is not None}
        if name == "keras.backend.clip":
            # A bound that is None was none.
            if is_none(values.get("max_value")):
                template = "«keras.ops.maximum»({x}, {min_value})"
            elif is_none(values.get("min_value")):
                template = "«keras.ops.minimum»({x}, {max_value})"
        if name == "keras.backend.gather" and isinstance(context.scope.node, cst.Lambda):
            # A Lambda layer tries its function with floats first, to learn the result's shape.
            template = "«keras.ops.take»({reference}, «keras.ops.cast»({indices}, 'int32'), axis=0)"
        made = fill(template, values, context)
        if made is None or len(arguments) > len(values):
            return None
        context.forget(original.func)
        context.change(self, original)
        return made


def fill(template: str, values: dict[str, cst.BaseExpression], context: Context) -> cst.BaseExpression | None:
    """Return the template's expression; None when it needs a value that is not there."""
    parts: dict[str, cst.BaseExpression] = {}
    text, symbols = template, 0
    while "«" in text:
        before, _, rest = text.partition("«")
        symbol, _, after = rest.partition("»")
        key = f"symbol{symbols}"
        parts[key] = context.refer(symbol)
        text, symbols = f"{before}{{{key}}}{after}", symbols + 1
    for name, value in values.items():
        if f"{{{name}.}}" in text:
            text = text.replace(f"{{{name}.}}", f"{{{name}_tight}}")
            parts[f"{name}_tight"] = tight(value)
        if f"{{{name}}}" in text:
            parts[name] = value
    try:
        made: cst.BaseExpression = expression(text, **parts)
    except Exception:  # LibCST names a missing part by a plain exception
        return None
    return made


class BackendDefaults(Rule):
    """Functions whose defaults differ: the old default is written out."""

    name = "backend-defaults"
    matches = "`K.concatenate(xs)`, `K.expand_dims(x)`, `K.argmax(x)`, `K.l2_normalize(x)`, `K.relu(x, alpha=0.1)`"
    since = "Keras 3.0"
    why = "The default of the counterpart in `keras.ops` is another; the old one is written out."
    source = OPS
    silent = True
    calls = tuple(
        f"keras.backend.{name}"
        for name in (
            "concatenate", "expand_dims", "l2_normalize", "relu", "batch_dot", "argmax", "argmin", "cumsum", "cumprod",
        )
    )  # fmt: skip

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        symbol = name.rpartition(".")[2]
        if arguments.spread:
            return None
        arguments.rename("tensors", "xs")
        function = f"keras.ops.{symbol}"
        if symbol in ("concatenate", "expand_dims") and not arguments.has("axis", 1):
            arguments.set("axis", expression("-1"))
        elif symbol in ("argmax", "argmin", "cumsum", "cumprod"):
            if arguments.has("axis", 1):
                return None
            arguments.set("axis", expression("-1" if symbol.startswith("arg") else "0"))
        elif symbol == "l2_normalize":
            function = "keras.ops.normalize"
            if len(arguments.positional) > 1:
                arguments.name_position(1, "axis")
            elif not arguments.has("axis"):
                arguments.set("axis", cst.Name("None"))
        elif symbol == "relu" and len(arguments) > 1:
            function = "keras.activations.relu"
            for position, keyword in ((2, "max_value"), (1, "negative_slope")):
                if len(arguments.positional) > position:
                    arguments.name_position(position, keyword)
            arguments.rename("alpha", "negative_slope")
        elif symbol == "batch_dot":
            return self._batch_dot(arguments, original, context)
        context.forget(original.func)
        context.change(self, original)
        return arguments.call(context.refer(function))

    def _batch_dot(self, arguments: Arguments, original: cst.Call, context: Context) -> cst.BaseExpression | None:
        if not arguments.has("y", 1):
            return None
        # Up to three axes `keras.layers.dot` does the same; with four it computes something else without a word.
        context.forget(original.func)
        context.change(self, original, "`K.batch_dot` is gone; a function of a few lines multiplies by the same axes.")
        return arguments.call(context.helper("batch_dot", _BATCH_DOT))


_BATCH_DOT = '''
def batch_dot(x, y, axes=None):
    """Return the product of two tensors over an axis of each, sample by sample, as the backend's function did."""
    ranks = len(x.shape), len(y.shape)
    if axes is None:
        axes = ranks[0] - 1, ranks[1] - (1 if ranks[1] == 2 else 2)
    first, second = (axes, axes) if isinstance(axes, int) else axes
    first, second, missing = first % ranks[0], second % ranks[1], abs(ranks[0] - ranks[1])
    if ranks == (2, 2):
        return keras.ops.sum(x * y, axis=1, keepdims=True)
    for _ in range(missing):
        x = keras.ops.expand_dims(x, -1) if ranks[0] < ranks[1] else x
        y = keras.ops.expand_dims(y, -1) if ranks[1] < ranks[0] else y
    last = max(ranks) - 1
    x = x if first == last else keras.ops.swapaxes(x, -1, -2)
    y = keras.ops.swapaxes(y, -1, -2) if second == last else y
    product = keras.ops.matmul(x, y)
    begin = ranks[0] + ranks[1] - 3 if ranks[0] > ranks[1] else ranks[0] - 1
    return keras.ops.squeeze(product, tuple(range(begin, begin + missing))) if missing else product
'''


class Switch(Rule):
    """A choice by condition is `where`, or `cond` between functions."""

    name = "switch"
    matches = "`K.switch(condition, a, b)`"
    since = "Keras 3.0"
    why = "`K.switch` is `keras.ops.where` for tensors and `keras.ops.cond` for functions."
    source = OPS
    calls = ("keras.backend.switch",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        condition, then, other = (
            arguments.get("condition", 0),
            arguments.get("then_expression", 1),
            arguments.get("else_expression", 2),
        )
        if condition is None or then is None or other is None:
            return None
        context.forget(original.func)
        context.change(self, original)
        function = "cond" if isinstance(then, cst.Lambda) else "where"
        return expression("{f}({c}, {a}, {b})", f=context.refer(f"keras.ops.{function}"), c=condition, a=then, b=other)


class SafeSqrt(Rule):
    """`K.sqrt` took negative numbers for zero."""

    name = "safe-sqrt"
    matches = "`K.sqrt(x)` of what may be negative"
    since = "Keras 3.0"
    why = "`K.sqrt` gave 0 for negative numbers where `keras.ops.sqrt` gives NaN."
    source = OPS
    silent = True
    calls = ("keras.backend.sqrt",)
    _POSITIVE = (
        "maximum",
        "square",
        "abs",
        "exp",
        "sigmoid",
        "clip",
        "var",
        "K.sum(K.square",
        "sum(ops.square",
        "mean(ops.square",
    )

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if len(node.args) != 1 or isinstance(node.args[0].value, cst.Integer | cst.Float):
            return None
        value = node.args[0].value
        said = code(value)
        inner = said.partition("(")[0].rpartition(".")[2] if isinstance(value, cst.Call) else ""
        if inner in self._POSITIVE or (inner in ("sum", "mean") and "square(" in said.partition("(")[2][:20]):
            return None
        context.forget(original.func)
        context.change(self, original)
        return fill("«keras.ops.sqrt»(«keras.ops.maximum»({x}, 0.0))", {"x": value}, context)


class DimOrderingCalls(Rule):
    """The order of the axes of images is `channels_first` or `channels_last`."""

    name = "image-data-format"
    matches = "`K.set_image_dim_ordering('th')`, `K.image_dim_ordering() == 'th'`"
    since = "Keras 2.0"
    why = "'th' is 'channels_first' and 'tf' is 'channels_last' since Keras 2.0."
    source = "https://keras.io/api/utils/config_utils/"
    texts = True
    calls = tuple(
        f"keras.backend.{name}"
        for name in ("set_image_dim_ordering", "set_image_data_format", "common.set_image_dim_ordering")
    )

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        said = text_of(node.args[0].value) if len(node.args) == 1 else None
        if said not in ORDERINGS:
            return None
        context.change(self, original)
        return node.with_changes(args=[node.args[0].with_changes(value=string(ORDERINGS[said], node.args[0].value))])

    def text(self, node: cst.SimpleString, value: str, original: cst.SimpleString, context: Context) -> str | None:
        if value not in ORDERINGS:
            return None
        asked = context.remember("compared with an ordering", lambda: _compared(context))
        if id(original) not in asked:
            return None
        context.change(self, original)
        return ORDERINGS[value]


def _compared(context: Context) -> set[int]:
    """Return the strings that are compared with what names the order of axes."""
    found: set[int] = set()

    class Finder(Reader):
        def visit_Comparison(self, node: cst.Comparison) -> None:
            sides = [node.left, *(target.comparator for target in node.comparisons)]
            said = " ".join(code(side) for side in sides)
            if "dim_ordering" in said or "image_data_format" in said:
                for side in sides:
                    held = (
                        [e.value for e in side.elements] if isinstance(side, cst.Set | cst.Tuple | cst.List) else [side]
                    )
                    found.update(id(each) for each in held)

        def visit_Assign(self, node: cst.Assign) -> None:
            target = code(node.targets[0].target)
            if "dim_ordering" in target:
                found.add(id(node.value))

        def visit_Param(self, node: cst.Param) -> None:
            if "dim_ordering" in node.name.value and node.default is not None:
                found.add(id(node.default))

    Finder().read(context.module)
    return found


RULES: tuple[type[Rule], ...] = (
    SafeSqrt, BackendDefaults, BackendArguments,   Switch, DimOrderingCalls,
    BackendFunctions,
)  # fmt: skip
