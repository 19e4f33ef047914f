"""Arguments of layers that Keras 2 renamed; Keras 3 no longer takes the old names."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import string, text_of, truth
from runner.upgrade.rule import KERAS_2, Rule
from runner.upgrade.rules.layer_names import (
    ALL,
    CONVOLUTIONS,
    DENSE,
    DROPOUTS,
    POOLING,
    RECURRENT,
    SPATIAL,
    layers,
)


class RenamedArguments(Rule):
    """Base of the rules that only give arguments other names."""

    renames: ClassVar[dict[str, str]] = {}
    since = "Keras 2.0"
    source = KERAS_2

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        done = [f"`{old}` is `{new}`" for old, new in self.renames.items() if arguments.rename(old, new)]
        if not done:
            return None
        context.change(self, original, f"{', '.join(done)} since {self.since}. {self.why}".strip())
        return arguments.call()


class OutputDim(RenamedArguments):
    """The number of a layer's outputs is `units`."""

    name = "output-dim"
    matches = "`Dense(output_dim=…)`, `LSTM(output_dim=…)`"
    calls = (*DENSE, *RECURRENT)
    renames: ClassVar[dict[str, str]] = {"output_dim": "units"}


class Filters(RenamedArguments):
    """Convolutions take `filters` and `strides`."""

    name = "filters"
    matches = "`nb_filter=`, `subsample=`, `subsample_length=`"
    calls = CONVOLUTIONS
    renames: ClassVar[dict[str, str]] = {
        "nb_filter": "filters",
        "subsample": "strides",
        "subsample_length": "strides",
        "filter_length": "kernel_size",
        "atrous_rate": "dilation_rate",
    }


class Padding(RenamedArguments):
    """What happens at the border is called `padding`."""

    name = "padding"
    matches = "`border_mode='same'`"
    calls = (*CONVOLUTIONS, *POOLING)
    renames: ClassVar[dict[str, str]] = {"border_mode": "padding"}

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if text_of(Arguments(node).get("border_mode")) == "full":
            context.find(self, original, "border_mode='full' is gone; pad first with ZeroPadding2D, then use 'valid'")
            return None
        return super().call(node, original, name, context)


class Initializers(RenamedArguments):
    """Initial weights are set by `…_initializer`."""

    name = "initializers"
    matches = "`init=`, `inner_init=`, `bias_init=`, `beta_init=`, `gamma_init=`"
    calls = ALL
    renames: ClassVar[dict[str, str]] = {
        "init": "kernel_initializer",
        "inner_init": "recurrent_initializer",
        "bias_init": "bias_initializer",
        "beta_init": "beta_initializer",
        "gamma_init": "gamma_initializer",
    }

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        symbol = name.rpartition(".")[2]
        arguments = Arguments(node)
        new = {
            "Embedding": "embeddings_initializer",
            "PReLU": "alpha_initializer",
            "DepthwiseConv2D": "depthwise_initializer",
        }.get(symbol)
        if new is not None and arguments.rename("init", new):
            context.change(self, original, f"`init` is `{new}` since Keras 2.0.")
            node = arguments.call()
        return super().call(node, original, name, context) or (node if new else None)


class Regularizers(RenamedArguments):
    """Regularizers and constraints say which weights they are for."""

    name = "regularizers"
    matches = "`W_regularizer=`, `b_regularizer=`, `U_regularizer=`, `W_constraint=`, `b_constraint=`"
    calls = ALL
    renames: ClassVar[dict[str, str]] = {
        "W_regularizer": "kernel_regularizer",
        "b_regularizer": "bias_regularizer",
        "U_regularizer": "recurrent_regularizer",
        "W_constraint": "kernel_constraint",
        "b_constraint": "bias_constraint",
        "U_constraint": "recurrent_constraint",
    }

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if name == "keras.layers.Embedding":
            arguments = Arguments(node)
            done = [arguments.rename(f"W_{kind}", f"embeddings_{kind}") for kind in ("regularizer", "constraint")]
            if not any(done):
                return None
            context.change(self, original, "Arguments for an embedding's weights start with `embeddings_`.")
            return arguments.call()
        return super().call(node, original, name, context)


class UseBias(RenamedArguments):
    """Whether a layer has a bias is `use_bias`."""

    name = "use-bias"
    matches = "`bias=False`"
    calls = (*CONVOLUTIONS, *DENSE)
    renames: ClassVar[dict[str, str]] = {"bias": "use_bias"}


class RecurrentArguments(RenamedArguments):
    """Recurrent layers name the recurrent part `recurrent_…`."""

    name = "recurrent-arguments"
    matches = "`inner_activation=`, `dropout_W=`, `dropout_U=`"
    calls = (*RECURRENT, *layers("ConvLSTM2D"))
    renames: ClassVar[dict[str, str]] = {
        "inner_activation": "recurrent_activation",
        "dropout_W": "dropout",
        "dropout_U": "recurrent_dropout",
    }


class ForgetBias(Rule):
    """The forget gate's bias starts at one by `unit_forget_bias`, which is the default."""

    name = "forget-bias"
    matches = "`LSTM(forget_bias_init='one')`"
    since = "Keras 2.0"
    why = "`forget_bias_init` became `unit_forget_bias`, which is on unless it is switched off."
    source = KERAS_2
    calls = layers("LSTM ConvLSTM2D CuDNNLSTM")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        value = arguments.remove("forget_bias_init")
        if value is None:
            return None
        if text_of(value) not in ("one", "ones"):
            arguments.set("unit_forget_bias", cst.Name("False"))
        context.change(self, original)
        return arguments.call()


class DroppedLayerArguments(Rule):
    """Arguments that chose an implementation and mean nothing today."""

    name = "dropped-layer-arguments"
    matches = "`consume_less=`, `implementation=`, `time_major=False`, `W_learning_rate_multiplier=`"
    since = "Keras 2.0 and 3.0"
    why = "This argument only chose how a layer was computed; Keras 3 chooses by itself."
    marks = False
    calls = (*RECURRENT, *CONVOLUTIONS, *DENSE, *layers("BatchNormalization Embedding Bidirectional"))

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        gone = [
            arguments.remove(argument)
            for argument in (
                "consume_less", "implementation", "W_learning_rate_multiplier", "b_learning_rate_multiplier", "fused",
                "virtual_batch_size", "truncate_gradient",
            )
        ]  # fmt: skip
        if truth(arguments.get("time_major")) is False:
            gone.append(arguments.remove("time_major"))
        if not any(value is not None for value in gone):
            return None
        context.change(self, original)
        return arguments.call()


class DropoutRate(RenamedArguments):
    """The share that is dropped is `rate`."""

    name = "dropout-rate"
    matches = "`Dropout(p=0.5)`"
    calls = DROPOUTS
    renames: ClassVar[dict[str, str]] = {"p": "rate"}


class NoiseStddev(RenamedArguments):
    """Noise is told by its standard deviation, `stddev`."""

    name = "noise-stddev"
    matches = "`GaussianNoise(sigma=0.1)`"
    calls = layers("GaussianNoise")
    renames: ClassVar[dict[str, str]] = {"sigma": "stddev"}


class PoolSize(RenamedArguments):
    """Pooling takes `pool_size` and `strides`."""

    name = "pool-size"
    matches = "`MaxPooling1D(pool_length=2, stride=2)`, `poolsize=`"
    calls = POOLING
    renames: ClassVar[dict[str, str]] = {
        "pool_length": "pool_size",
        "poolsize": "pool_size",
        "stride": "strides",
        "st": "strides",
    }


class UpSamplingSize(RenamedArguments):
    """Upsampling and cropping take `size` and `cropping`."""

    name = "upsampling-size"
    matches = "`UpSampling1D(length=2)`"
    calls = layers("UpSampling1D UpSampling2D")
    renames: ClassVar[dict[str, str]] = {"length": "size"}


class NegativeSlope(RenamedArguments):
    """The slope of `LeakyReLU` is `negative_slope`."""

    name = "negative-slope"
    matches = "`LeakyReLU(alpha=0.2)`"
    since = "Keras 3.0"
    why = "`alpha` still works with a warning."
    calls = layers("LeakyReLU")
    renames: ClassVar[dict[str, str]] = {"alpha": "negative_slope"}


class ThresholdedReLU(RenamedArguments):
    """`ThresholdedReLU` is `ReLU` with a threshold."""

    name = "thresholded-relu"
    matches = "`ThresholdedReLU(theta=1.0)`"
    since = "Keras 3.0"
    why = "`ReLU(threshold=…)` computes the same."
    calls = layers("ThresholdedReLU")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        if not arguments.rename("theta", "threshold"):
            if arguments.positional:
                arguments.name_position(0, "threshold")
            else:
                arguments.set("threshold", cst.Float("1.0"))
        context.change(self, original, self.why)
        return arguments.call()


class DataFormat(Rule):
    """Which axis holds the channels is said by `data_format`."""

    name = "data-format"
    matches = "`dim_ordering='th'`, `dim_ordering='tf'`"
    since = "Keras 2.0"
    why = "`dim_ordering` is `data_format`: 'th' is 'channels_first', 'tf' is 'channels_last'."
    source = KERAS_2
    calls = (
        *CONVOLUTIONS, *POOLING, *SPATIAL,
        *(f"keras.preprocessing.image.{name}" for name in ("ImageDataGenerator", "img_to_array", "array_to_img")),
    )  # fmt: skip

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        value = arguments.get("dim_ordering")
        if value is None:
            return None
        said = text_of(value)
        if said == "default":
            arguments.remove("dim_ordering")
        else:
            arguments.rename("dim_ordering", "data_format")
            if said in ORDERINGS:
                arguments.set("data_format", string(ORDERINGS[said], value))
        context.change(self, original)
        return arguments.call()


ORDERINGS = {"th": "channels_first", "tf": "channels_last"}


class SpatialKeywords(RenamedArguments):
    """`Reshape(dims=…)`, `RepeatVector(n=…)` and their like."""

    name = "shape-arguments"
    matches = "`Reshape(dims=…)`, `ZeroPadding1D(pad=…)`"
    calls = layers("Reshape ZeroPadding1D ZeroPadding2D")
    renames: ClassVar[dict[str, str]] = {"dims": "target_shape", "pad": "padding"}


class MaxNormArguments(RenamedArguments):
    """`MaxNorm` takes `max_value`; `l1` and `l2` take a value of their own name."""

    name = "constraint-arguments"
    matches = "`maxnorm(m=2)`, `l2(l=0.01)`"
    calls = (
        *(f"keras.constraints.{name}" for name in ("maxnorm", "max_norm", "MaxNorm")),
        *(f"keras.regularizers.{name}" for name in ("l1", "l2", "activity_l1", "activity_l2")),
    )

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        symbol = name.rpartition(".")[2]
        self_named = symbol.removeprefix("activity_")
        arguments = Arguments(node)
        old, new = ("m", "max_value") if "norm" in symbol.lower() else ("l", self_named)
        if not arguments.rename(old, new):
            return None
        context.change(self, original, f"`{old}` is `{new}` since Keras 2.0.")
        return arguments.call()


RULES: tuple[type[Rule], ...] = (
    OutputDim, Filters, Padding, Initializers, Regularizers, UseBias, RecurrentArguments, ForgetBias,
    DroppedLayerArguments, DropoutRate, NoiseStddev, PoolSize, UpSamplingSize, NegativeSlope, ThresholdedReLU,
    DataFormat, SpatialKeywords, MaxNormArguments,
)  # fmt: skip
