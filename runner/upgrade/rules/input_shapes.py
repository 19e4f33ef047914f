"""What a model is fed: the arguments by which the first layer told the input's shape."""

from __future__ import annotations

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import code, elements, expression, is_none, pair, whole
from runner.upgrade.rule import Rule
from runner.upgrade.rules.layer_names import ALL, CONV_1D, RECURRENT, layers

SEQUENTIAL = "https://keras.io/guides/sequential_model/"


class InputLength(Rule):
    """A sequence's length and width are told by `input_shape`."""

    name = "input-length"
    matches = "`LSTM(32, input_dim=8, input_length=10)`, `Embedding(1000, 64, input_length=10)`"
    since = "Keras 3.0"
    why = (
        "`input_length` is gone, and `input_dim` alone would stand for a flat input: the shape of one sample is "
        "`input_shape=(length, width)`."
    )
    source = SEQUENTIAL
    calls = (*RECURRENT, *CONV_1D, *layers("Embedding TimeDistributedDense TimeDistributed Bidirectional"))

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        embedding = name == "keras.layers.Embedding"
        length = arguments.get("input_length")
        width = None if embedding else arguments.get("input_dim")
        if length is None and width is None:
            return None
        arguments.remove("input_length")
        if not embedding:
            arguments.remove("input_dim")
        if id(original) in context.analysis.in_sequential and not arguments.has("input_shape"):
            none = cst.Name("None")
            if embedding and length is not None and not is_none(length):
                shape = length if elements(length) is not None else pair(length)
                arguments.set("input_shape", shape)
            elif width is not None:
                arguments.set("input_shape", pair(length if length is not None else none, width))
        context.change(self, original)
        return arguments.call()


class BatchInputShape(Rule):
    """An input with a fixed batch size is an `Input` of its own."""

    name = "batch-input-shape"
    matches = "`model.add(LSTM(32, batch_input_shape=(16, 10, 8), stateful=True))`"
    since = "Keras 3.0"
    why = "Layers no longer take `batch_input_shape`; `keras.Input(batch_shape=…)` says it."
    source = SEQUENTIAL
    calls = (*ALL, "keras.models.Sequential", "keras.Sequential")
    statements = True

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if name.endswith("Sequential"):
            return self._in_list(node, original, context)
        arguments = Arguments(node)
        self._with_batch_size(arguments, name)
        if not arguments.has("batch_input_shape") or name == "keras.layers.InputLayer":
            return None
        if id(original) in context.analysis.in_sequential:
            shape = arguments.remove("batch_input_shape")
            context.remember("batch shapes", dict)[id(original)] = shape
        else:
            arguments.remove("batch_input_shape")
            context.find(self, original, "give the shape of the batch to keras.Input(batch_shape=…)", comment=False)
        context.change(self, original)
        return arguments.call()

    @staticmethod
    def _with_batch_size(arguments: Arguments, name: str) -> None:
        """Put `batch_size=` and `input_shape=` together to the shape of a batch."""
        size, shape = arguments.get("batch_size"), arguments.get("input_shape")
        axes = elements(shape)
        if size is None or name.endswith(("Input", "InputLayer")):
            return
        if axes is not None:
            arguments.remove("batch_size")
            arguments.remove("input_shape")
            arguments.set("batch_input_shape", pair(size, *axes))
        elif shape is not None:
            arguments.remove("batch_size")
            arguments.remove("input_shape")
            arguments.set("batch_input_shape", expression("({size}, *{shape})", size=size, shape=shape))

    def _in_list(self, node: cst.Call, original: cst.Call, context: Context) -> cst.BaseExpression | None:
        shapes = context.remember("batch shapes", dict)
        if not original.args or not isinstance(original.args[0].value, cst.List):
            return None
        first = original.args[0].value.elements[0].value if original.args[0].value.elements else None
        if id(first) not in shapes or not isinstance(node.args[0].value, cst.List):
            return None
        made = expression("{Input}(batch_shape={shape})", Input=context.refer("keras.Input"), shape=shapes[id(first)])
        held = node.args[0].value
        comma = (
            held.elements[0].comma
            if len(held.elements) > 1
            else cst.Comma(cst.SimpleWhitespace(""), cst.SimpleWhitespace(" "))
        )
        several = held.with_changes(elements=[cst.Element(made, comma=comma), *held.elements])
        return node.with_changes(args=[node.args[0].with_changes(value=several), *node.args[1:]])

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        shapes = context.remember("batch shapes", dict)
        begun: set[str] = context.remember("models with layers", set)
        if len(original.body) != 1:
            return None
        small = original.body[0]
        if isinstance(small, cst.Assign):
            begun.difference_update(code(target.target) for target in small.targets)
            return None
        outer = small.value if isinstance(small, cst.Expr) else None
        if (
            not isinstance(outer, cst.Call)
            or not isinstance(outer.func, cst.Attribute)
            or outer.func.attr.value != "add"
        ):
            return None
        model = code(outer.func.value)
        first = model not in begun
        begun.add(model)
        if not first or not outer.args or id(outer.args[0].value) not in shapes:
            return None
        made = expression(
            "{model}.add({Input}(batch_shape={shape}))",
            model=outer.func.value,
            Input=context.refer("keras.Input"),
            shape=shapes[id(outer.args[0].value)],
        )
        return [cst.SimpleStatementLine([cst.Expr(made)]), node]


class ShapeTuple(Rule):
    """A shape is a tuple, also with one axis."""

    name = "shape-tuple"
    matches = "`Input(shape=(784))`, `Dense(10, input_shape=(784))`"
    since = "Keras 3.0"
    why = "A shape with one axis is written `(784,)`; `(784)` is only a number."
    marks = False
    calls = (*ALL, "keras.Input", "keras.layers.Input")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        is_input = name.endswith(".Input")
        value = arguments.get("shape", 0) if is_input else arguments.get("input_shape")
        if whole(value) is None or value is None:
            return None
        arguments.replace(value, pair(value.with_changes(lpar=[], rpar=[])))
        context.change(self, original)
        return arguments.call()


class InputLayerShape(Rule):
    """`InputLayer` takes `shape` or `batch_shape`."""

    name = "input-layer-shape"
    matches = "`InputLayer(input_shape=(8,))`, `InputLayer(batch_input_shape=…)`"
    since = "Keras 3.0"
    why = "The argument is `shape`, or `batch_shape` with the batch's size."
    source = "https://keras.io/api/layers/core_layers/input/"
    calls = layers("InputLayer")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        done = arguments.rename("input_shape", "shape"), arguments.rename("batch_input_shape", "batch_shape")
        if not any(done):
            return None
        context.change(self, original)
        return arguments.call()


class EmbeddingDropout(Rule):
    """`Embedding` drops through a layer after it."""

    name = "embedding-dropout"
    matches = "`Embedding(1000, 64, dropout=0.2)`"
    since = "Keras 2.0"
    why = "`Embedding` has no `dropout` since Keras 2.0; a `SpatialDropout1D` layer after it drops whole dimensions."
    source = "https://github.com/keras-team/keras/wiki/Keras-2.0-release-notes"
    calls = layers("Embedding")
    statements = True

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        rate = arguments.remove("dropout")
        if rate is None:
            return None
        if id(original) in context.analysis.in_sequential:
            context.remember("embedding dropouts", dict)[id(original)] = rate
        else:
            context.find(self, original, "Embedding(dropout=…) was removed; closest today: SpatialDropout1D after it")
        context.change(self, original)
        return arguments.call()

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        rates = context.memory.get("embedding dropouts")
        if not rates or len(original.body) != 1 or not isinstance(original.body[0], cst.Expr):
            return None
        outer = original.body[0].value
        if not isinstance(outer, cst.Call) or not outer.args or id(outer.args[0].value) not in rates:
            return None
        if not isinstance(outer.func, cst.Attribute):
            return None
        made = expression(
            "{model}.add({Layer}({rate}))",
            model=outer.func.value,
            Layer=context.refer("keras.layers.SpatialDropout1D"),
            rate=rates[id(outer.args[0].value)],
        )
        return [node, cst.SimpleStatementLine([cst.Expr(made)])]


class InitialWeights(Rule):
    """A layer's first weights are set after it was added."""

    name = "initial-weights"
    matches = "`model.add(Dense(8, weights=[w, b]))`"
    since = "Keras 3.0"
    why = "Only `Embedding` still takes `weights=`; for any other layer `set_weights` sets them once it is built."
    source = "https://keras.io/api/layers/base_layer/"
    calls = tuple(name for name in ALL if name not in layers("Embedding PReLU Bidirectional"))
    statements = True

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        if not arguments.has("weights"):
            return None
        if is_none(arguments.get("weights")):
            arguments.remove("weights")
            context.change(self, original, "Layers take no `weights` any more; `None` stood for none.")
            return arguments.call()
        if id(original) not in context.analysis.in_sequential:
            context.find(self, original, "weights=… was removed; closest today: layer.set_weights(…) once it is built")
            return None
        context.remember("initial weights", dict)[id(original)] = arguments.remove("weights")
        context.change(self, original)
        return arguments.call()

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        given = context.memory.get("initial weights")
        if not given or len(original.body) != 1 or not isinstance(original.body[0], cst.Expr):
            return None
        outer = original.body[0].value
        if not isinstance(outer, cst.Call) or not outer.args or id(outer.args[0].value) not in given:
            return None
        if not isinstance(outer.func, cst.Attribute):
            return None
        made = expression(
            "{model}.layers[-1].set_weights({weights})",
            model=outer.func.value,
            weights=given[id(outer.args[0].value)],
        )
        return [node, cst.SimpleStatementLine([cst.Expr(made)])]


RULES: tuple[type[Rule], ...] = (
    InputLength,
    BatchInputShape,
    ShapeTuple,
    InputLayerShape,
    EmbeddingDropout,
    InitialWeights,
)
