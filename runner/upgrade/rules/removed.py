"""What Keras 3 has no more, where only a person can choose what to use instead."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.installed import closest, missing
from runner.upgrade.moved import current
from runner.upgrade.nodes import expression
from runner.upgrade.rule import Rule

_CLOSEST = {
    "keras.layers.LocallyConnected1D": "Conv1D, or a layer of your own",
    "keras.layers.LocallyConnected2D": "Conv2D, or a layer of your own",
    "keras.layers.SReLU": "PReLU",
    "keras.layers.ParametricSoftplus": "PReLU, or Activation('softplus')",
    "keras.layers.DenseFeatures": "keras.utils.FeatureSpace",
    "keras.layers.RandomFourierFeatures": "a layer of your own",
    "keras.layers.ConvRecurrent2D": "ConvLSTM2D",
    "keras.layers.LayerRNNCell": "LSTMCell or GRUCell in an RNN layer",
    "keras.models.Graph": "the functional API, keras.Model",
    "keras.models.model_from_config": "keras.Model.from_config",
    "keras.layers.Recurrent": "keras.layers.RNN with a cell",
    "keras.layers.RNNCell": "keras.layers.RNN with a cell",
    "keras.utils.HDF5Matrix": "a keras.utils.PyDataset that reads with h5py",
    "keras.utils.convert_all_kernels_in_model": "nothing is needed: kernels are stored alike for every backend",
    "keras.utils.OrderedEnqueuer": "keras.utils.PyDataset with workers=…",
    "keras.utils.GeneratorEnqueuer": "keras.utils.PyDataset with workers=…",
    "keras.estimator.model_to_estimator": "model.fit; estimators are gone from TensorFlow",
    "keras.experimental.LinearModel": "a Dense layer",
    "keras.experimental.WideDeepModel": "the functional API, keras.Model",
    "keras.experimental.PeepholeLSTMCell": "LSTMCell",
    "keras.experimental.SequenceFeatures": "keras.utils.FeatureSpace",
    "keras.experimental.export_saved_model": "model.export(folder)",
    "keras.experimental.load_from_saved_model": "keras.layers.TFSMLayer",
    "keras.applications.audio_conv_utils": "keras_hub",
    "keras.applications.MusicTaggerCRNN": "keras_hub",
    "keras.backend.foldl": "keras.ops.scan",
    "keras.preprocessing.image.NumpyArrayIterator": "keras.utils.PyDataset",
    "keras.callbacks.BaseLogger": "keras.callbacks.LambdaCallback",
}

# What rules for whole statements see to.
_ELSEWHERE = frozenset(
    f"keras.backend.{name}"
    for name in ("set_session", "get_session", "set_learning_phase", "manual_variable_initialization", "learning_phase")
) | {"keras.layers.legacy_get_updates_support"}


class Removed(Rule):
    """Layers, models and utilities that are gone."""

    name = "removed"
    matches = "`Highway`, `LocallyConnected2D`, `Graph`, `multi_gpu_model`, `HDF5Matrix`, …"
    since = "Keras 2.0 and 3.0"
    why = "This was removed, and what replaces it depends on what it was used for."
    source = "https://keras.io/api/"
    marks = False
    references = (*_CLOSEST, "*")

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        if context.findings and any(rule is self and where is original for rule, where, _ in context.findings):
            return None
        symbol = name.rpartition(".")[2]
        if name in _CLOSEST:
            context.find(self, original, f"{symbol} was removed; closest today: {_CLOSEST[name]}")
        elif name not in context.known and name not in _ELSEWHERE and node is original and self._missing(name):
            context.find(self, original, f"{name} is not in Keras 3; closest today: {closest(name)}")
        return None

    @staticmethod
    def _missing(name: str) -> bool:
        today = current(name)
        if today is None or not today.startswith("keras.") or "._" in today:
            return False
        parts = today.split(".")
        # Below a class nobody can tell from the files; below a module of classes one can.
        return len(parts) <= 4 and parts[-2].islower() and missing(today)


class Maxout(Rule):
    """`MaxoutDense` is `Dense`, `Reshape` and a maximum."""

    name = "maxout-dense"
    matches = "`model.add(MaxoutDense(64, nb_feature=4))`"
    since = "Keras 2.0"
    why = "`MaxoutDense` is gone since Keras 2.0; a layer of a few lines computes the same."
    source = "https://github.com/keras-team/keras/wiki/Keras-2.0-release-notes"
    calls = ("keras.layers.MaxoutDense", "keras.layers.Highway")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        symbol = name.rpartition(".")[2]
        known = {"units", "output_dim", "nb_feature", "input_dim", "input_shape", "activation", "name"}
        if arguments.keywords() - known or arguments.spread:
            context.find(
                self, original, f"{symbol} was removed; closest today: a layer of your own made of Dense layers"
            )
            return None
        arguments.rename("output_dim", "units")
        helper = context.helper(symbol, _MAXOUT if symbol == "MaxoutDense" else _HIGHWAY)
        if symbol in context.analysis.imports:
            context.rewritten.add(symbol)
            helper = context.helper(f"{symbol}Layer", _as(symbol, context.helpers.pop(symbol)))
        context.change(self, original)
        return arguments.call(helper)


def _as(symbol: str, code: str) -> str:
    return code.replace(f"class {symbol}(", f"class {symbol}Layer(")


_MAXOUT = '''
class MaxoutDense(keras.layers.Layer):
    """The largest of several dense layers, output by output."""

    def __init__(self, units, nb_feature=4, **options):
        super().__init__(**options)
        self.units, self.nb_feature = units, nb_feature
        self.dense = keras.layers.Dense(units * nb_feature)

    def call(self, inputs):
        outputs = keras.ops.reshape(self.dense(inputs), (-1, self.units, self.nb_feature))
        return keras.ops.max(outputs, axis=-1)
'''
_HIGHWAY = '''
class Highway(keras.layers.Layer):
    """A dense layer that learns how much of its input to pass on."""

    def __init__(self, activation=None, **options):
        super().__init__(**options)
        self.activation = activation

    def build(self, input_shape):
        closed = keras.initializers.Constant(-2)
        self.transform = keras.layers.Dense(input_shape[-1], activation="sigmoid", bias_initializer=closed)
        self.dense = keras.layers.Dense(input_shape[-1], activation=self.activation)

    def call(self, inputs):
        carry = self.transform(inputs)
        return self.dense(inputs) * carry + inputs * (1 - carry)
'''


class SliceArrays(Rule):
    """`slice_X` took the same part of one or of several arrays."""

    name = "slice-arrays"
    matches = "`slice_X(X, 0, n)`"
    since = "Keras 2.0"
    why = "`slice_X` is gone since Keras 2.0; a slice does it."
    source = "https://github.com/keras-team/keras/wiki/Keras-2.0-release-notes"
    calls: ClassVar[tuple[str, ...]] = ("keras.layers.slice_X", "keras.layers._slice_arrays")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        positional = Arguments(node).positional
        if not 2 <= len(positional) <= 3 or len(positional) != len(node.args):
            return None
        context.forget(original.func)
        context.change(self, original)
        if len(positional) == 2:
            return expression("{x}[{start}:]", x=positional[0], start=positional[1])
        return expression("{x}[{start}:{stop}]", x=positional[0], start=positional[1], stop=positional[2])


class SynchronizedNormalization(Rule):
    """`SyncBatchNormalization` is an argument of `BatchNormalization`."""

    name = "sync-batch-normalization"
    matches = "`SyncBatchNormalization()`"
    since = "Keras 3.0"
    why = "`BatchNormalization(synchronized=True)` is what it is today."
    source = "https://keras.io/api/layers/normalization_layers/batch_normalization/"
    calls: ClassVar[tuple[str, ...]] = ("keras.layers.SyncBatchNormalization",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        arguments.set("synchronized", cst.Name("True"))
        context.change(self, original)
        return arguments.call()


class Reduction(Rule):
    """How a loss is reduced is told by a string."""

    name = "loss-reduction"
    matches = "`tf.keras.losses.Reduction.NONE`"
    since = "Keras 3.0"
    why = "A reduction is a string today: 'sum_over_batch_size', 'sum' or 'none'."
    source = "https://keras.io/api/losses/"
    _VALUES: ClassVar[dict[str, str]] = {
        "NONE": "'none'", "SUM": "'sum'", "AUTO": "'sum_over_batch_size'",
        "SUM_OVER_BATCH_SIZE": "'sum_over_batch_size'",
    }  # fmt: skip
    references = tuple(
        f"{root}.{name}" for name in _VALUES
        for root in ("keras.losses.Reduction", "tensorflow.losses.Reduction", "keras.utils.losses_utils.ReductionV2")
    )  # fmt: skip

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        context.change(self, original)
        made: cst.BaseExpression = expression(self._VALUES[name.rpartition(".")[2]])
        return made


RULES: tuple[type[Rule], ...] = (Maxout, SliceArrays, Removed, SynchronizedNormalization, Reduction)
