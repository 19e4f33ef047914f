"""Calls whose positional arguments mean something else today: the old code runs and builds another model."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import elements, expression, pair, text_of, whole
from runner.upgrade.rule import KERAS_2, Rule
from runner.upgrade.rules.layer_names import CONV_2D, DENSE, POOLING, RECURRENT, layers

_TRANSPOSED = ("Deconvolution2D", "Deconv2D", "Conv2DTranspose", "Convolution2DTranspose")


def _size_like(context: Context, node: cst.BaseExpression) -> bool:
    """Whether an argument may be one side of a kernel: a number or a plain variable, no tuple and no string."""
    if isinstance(node, cst.Integer):
        return True
    if not isinstance(node, cst.Name | cst.Subscript | cst.Attribute | cst.BinaryOperation):
        return False
    return not isinstance(node, cst.Name) or text_of(context.constant(node)) is None


class KernelSize(Rule):
    """A convolution takes its kernel's size as one argument; more numbers mean strides today."""

    name = "kernel-size"
    matches = "`Convolution2D(32, 3, 3)`, `Conv2D(32, nb_row=3, nb_col=3)`, `Convolution3D(8, 3, 3, 3)`"
    since = "Keras 2.0"
    why = (
        "The kernel's size is one argument since Keras 2.0; as it was written, Keras 3 would take the last number for "
        "the strides and build another model without a word."
    )
    source = KERAS_2
    silent = True
    calls = layers(
        "Convolution2D Conv2D AtrousConvolution2D AtrousConv2D SeparableConvolution2D SeparableConv2D Deconvolution2D"
        " Deconv2D Conv2DTranspose Convolution2DTranspose LocallyConnected2D Convolution3D Conv3D ConvLSTM2D"
    )
    _OLD: ClassVar[frozenset[str]] = frozenset(
        layers(
            "Convolution2D AtrousConvolution2D AtrousConv2D SeparableConvolution2D Deconvolution2D Convolution3D"
            " LocallyConnected2D"
        )
    )

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        symbol = name.rpartition(".")[2]
        names = ("kernel_dim1", "kernel_dim2", "kernel_dim3") if "3D" in symbol else ("nb_row", "nb_col")
        positional = arguments.positional
        if any(arg.star == "*" for arg in arguments):
            return None
        if all(arguments.has(each) for each in names):
            sizes = [arguments.remove(each) for each in names]
            arguments.set("kernel_size", pair(*(size for size in sizes if size is not None)))
            context.change(self, original)
            return arguments.call()
        several = len(names)
        if len(positional) == several + 2 and all(isinstance(each, cst.Integer) for each in positional):
            # Before Keras 1.0 the number of input maps stood between.
            arguments.remove_at(1)
            positional = arguments.positional
        sizes_given = positional[1 : several + 1]
        if len(sizes_given) < several or not all(_size_like(context, size) for size in sizes_given):
            return None
        if name not in self._OLD and not context.legacy and not self._old_arguments(arguments):
            first, second = (whole(size) for size in sizes_given[:2])
            if first is not None and first == second and first > 2 and len(positional) == several + 1:
                message = (
                    f"{symbol}(…, {first}, {second}) has strides {second} in Keras 3; "
                    f"Keras 1 meant a {first} by {second} kernel: ({first}, {second})"
                )
                context.find(self, original, message, comment=False)
            return None
        if arguments.has("kernel_size"):
            return None
        for _ in range(several - 1):
            arguments.remove_at(1)
        arguments.replace(sizes_given[-1], pair(*sizes_given))
        self._rest(arguments, symbol, several)
        context.change(self, original)
        return arguments.call()

    @staticmethod
    def _old_arguments(arguments: Arguments) -> bool:
        old = {"border_mode", "subsample", "dim_ordering", "init", "W_regularizer", "nb_filter", "bias", "atrous_rate"}
        return bool(arguments.keywords() & old)

    @staticmethod
    def _rest(arguments: Arguments, symbol: str, several: int) -> None:
        """Name what stood after the kernel's size: the initial weights, then the activation."""
        if (
            symbol in _TRANSPOSED
            and len(arguments.positional) > 2
            and not isinstance(arguments.positional[2], cst.SimpleString)
        ):
            arguments.remove_at(2)  # the output's shape, which is computed today
        for position, keyword in ((2, "kernel_initializer"), (3, "activation")):
            if len(arguments.positional) > position:
                arguments.name_position(position, keyword)


class OutputShapeOfDeconvolution(Rule):
    """A transposed convolution computes its output's shape."""

    name = "deconvolution-output-shape"
    matches = "`Deconvolution2D(…, output_shape=…)`"
    since = "Keras 2.0"
    why = "The output's shape follows from the kernel, the strides and the padding; it is no argument since Keras 2.0."
    source = KERAS_2
    calls = layers("Deconvolution2D Deconv2D Conv2DTranspose Deconvolution3D Conv3DTranspose")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        if arguments.remove("output_shape") is None:
            return None
        context.change(self, original)
        return arguments.call()


class Convolution1DLength(Rule):
    """Positional arguments after the kernel's length of a one-dimensional convolution."""

    name = "convolution-1d"
    matches = "`Convolution1D(64, 3, 'uniform')`, `Convolution1D(nb_filter=…, input_dim=…, input_length=…)`"
    since = "Keras 2.0"
    why = "After filters and kernel size comes `strides` today, not the initial weights."
    source = KERAS_2
    silent = True
    calls = layers("Convolution1D AtrousConvolution1D LocallyConnected1D")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        positional = arguments.positional
        if len(positional) < 3 or text_of(positional[2]) is None:
            return None
        arguments.name_position(2, "kernel_initializer")
        if len(positional) > 3:
            arguments.name_position(3, "activation")
        context.change(self, original)
        return arguments.call()


class DenseInitialization(Rule):
    """The second positional argument of `Dense` is the activation; it was the initial weights."""

    name = "dense-initialization"
    matches = "`Dense(64, 'uniform')`, `Dense(784, 128)`"
    since = "Keras 2.0"
    why = "After the number of units comes the activation since Keras 2.0; it was the initial weights, or the outputs."
    source = KERAS_2
    calls = (*DENSE, *RECURRENT)
    _INITIALIZERS: ClassVar[frozenset[str]] = frozenset(
        ["uniform", "lecun_uniform", "normal", "identity", "orthogonal", "zero", "one", "glorot_normal",
         "glorot_uniform", "he_normal", "he_uniform"]
    )  # fmt: skip

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        positional = arguments.positional
        if len(positional) < 2 or arguments.spread:
            return None
        said = text_of(positional[1])
        if said in self._INITIALIZERS:
            arguments.name_position(1, "kernel_initializer")
            if len(positional) > 2:
                arguments.name_position(2, "activation")
        elif isinstance(positional[0], cst.Integer) and isinstance(positional[1], cst.Integer):
            # Keras before 1.0: Dense(inputs, outputs, initial weights).
            self._swap(arguments, name)
        else:
            return None
        context.change(self, original)
        return arguments.call()

    @staticmethod
    def _swap(arguments: Arguments, name: str) -> None:
        inputs = arguments.remove_at(0)
        shape = pair(cst.Name("None"), inputs) if name in RECURRENT else pair(inputs)
        if len(arguments.positional) > 1:
            arguments.name_position(1, "kernel_initializer")
        if len(arguments.positional) > 2:
            arguments.name_position(2, "activation")
        if not arguments.has("input_shape"):
            arguments.set("input_shape", shape)


class AveragePoolSize(Rule):
    """Average pooling needs its size."""

    name = "average-pool-size"
    matches = "`AveragePooling2D()`"
    since = "Keras 3.0"
    why = "The pool's size of `AveragePooling…` has no default any more; it was 2."
    calls = layers("AveragePooling1D AveragePooling2D AveragePooling3D")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        if arguments.spread or arguments.has("pool_size", 0) or arguments.has("pool_length"):
            return None
        arguments.set("pool_size", cst.Integer("2"))
        context.change(self, original)
        return arguments.call()


class BatchNormalizationMode(Rule):
    """`BatchNormalization` has no modes."""

    name = "batch-normalization-mode"
    matches = "`BatchNormalization(mode=0)`, `BatchNormalization(mode=1)`"
    since = "Keras 2.0"
    why = "`mode` is gone since Keras 2.0; 0 was what the layer does today."
    source = KERAS_2
    calls = layers("BatchNormalization")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        value = arguments.get("mode")
        if value is None:
            return None
        if whole(value) != 0:
            closest = "LayerNormalization" if whole(value) == 1 else "BatchNormalization called with training=True"
            context.find(self, original, f"BatchNormalization(mode=…) was removed; closest today: {closest}")
            if whole(value) is None or whole(value) == 1:
                return None
        arguments.remove("mode")
        context.change(self, original)
        return arguments.call()


class WholeNumbers(Rule):
    """Sizes and numbers of steps must be whole; a division gives a fraction."""

    name = "whole-numbers"
    matches = "`Dense(n / 2)`, `steps_per_epoch=len(x) / batch_size`, `Dense(np.prod(shape))`"
    since = "Python 3 and Keras 3.0"
    why = "Keras 3 takes whole numbers only here: in Python 3 `/` gives a fraction, and NumPy's numbers are no `int`."
    marks = False
    calls = (
        *DENSE,
        *RECURRENT,
        *CONV_2D,
        *POOLING,
        *layers("Reshape RepeatVector Embedding Input Conv1D"),
        "keras.Input",
    )
    methods = ("fit", "fit_generator", "evaluate_generator", "predict_generator", "evaluate", "predict")
    _STEPS = ("steps_per_epoch", "validation_steps", "epochs", "batch_size", "steps", "samples_per_epoch")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        changed = False
        if name in self.methods:
            values = [arguments.get(keyword) for keyword in self._STEPS]
        else:
            values = [arguments.get(key, 0) for key in ("units", "filters", "output_dim", "n", "target_shape", "shape")]
        for value in values:
            fixed = self._fixed(value, original, context) if value is not None else None
            if value is not None and fixed is not None:
                arguments.replace(value, fixed)
                changed = True
        if not changed:
            return None
        context.change(self, original)
        return arguments.call()

    def _fixed(self, value: cst.BaseExpression, original: cst.Call, context: Context) -> cst.BaseExpression | None:
        if isinstance(value, cst.BinaryOperation):
            if isinstance(value.operator, cst.Divide):
                operator = cst.FloorDivide(value.operator.whitespace_before, value.operator.whitespace_after)
                return value.with_changes(operator=operator)
            left = self._fixed(value.left, original, context)
            return value.with_changes(left=left) if left is not None else None
        if isinstance(value, cst.Call):
            full = context.full_name(value.func) or ""
            if full in ("numpy.prod", "numpy.ceil", "numpy.floor", "numpy.product", "math.ceil", "math.floor") and (
                not full.startswith("math")
            ):
                return expression("int({value})", value=value)
            return None
        if isinstance(value, cst.Name) and not context.is_python_number(value):
            return expression("int({value})", value=value)
        held = elements(value)
        if held is not None and isinstance(value, cst.Tuple):
            made = [self._fixed(each, original, context) for each in held]
            if any(each is not None for each in made):
                return pair(*(new or old for new, old in zip(made, held, strict=True)))
        return None


RULES: tuple[type[Rule], ...] = (
    KernelSize, OutputShapeOfDeconvolution, Convolution1DLength, DenseInitialization, AveragePoolSize,
    BatchNormalizationMode, WholeNumbers,
)  # fmt: skip
