"""Utilities and preprocessing layers whose arguments changed, and what belonged to old hardware and backends."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import code, string, text_of, tight
from runner.upgrade.rule import KERAS_2, MIGRATING, Rule
from runner.upgrade.rules.layer_arguments import RenamedArguments
from runner.upgrade.rules.layer_names import ALL, layers


class UtilityArguments(RenamedArguments):
    """Numbers of classes and words are `num_…`."""

    name = "utility-arguments"
    matches = "`to_categorical(y, nb_classes=10)`, `Tokenizer(nb_words=1000)`, `imdb.load_data(nb_words=5000)`"
    calls = (
        "keras.utils.to_categorical", "keras.preprocessing.text.Tokenizer", "keras.datasets.imdb.load_data",
        "keras.datasets.reuters.load_data",
    )  # fmt: skip
    renames: ClassVar[dict[str, str]] = {"nb_classes": "num_classes", "nb_words": "num_words"}


class PreprocessingArguments(Rule):
    """Preprocessing layers count tokens by `num_tokens`, and encode several at once by `multi_hot`."""

    name = "preprocessing-arguments"
    matches = "`CategoryEncoding(max_tokens=10, output_mode='binary')`, `Discretization(bins=[…])`"
    since = "TensorFlow 2.6"
    why = "This argument of the layer has another name, or value, since it left `experimental`."
    source = "https://keras.io/api/layers/preprocessing_layers/"
    marks = False
    calls = layers("CategoryEncoding TextVectorization StringLookup IntegerLookup Discretization")
    _NAMES: ClassVar[dict[str, str]] = {"max_values": "max_tokens", "vocabulary_size": "max_tokens"}

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        symbol = name.rpartition(".")[2]
        changed = [arguments.rename(old, new) for old, new in self._NAMES.items()]
        if symbol == "CategoryEncoding":
            changed.append(arguments.rename("max_tokens", "num_tokens"))
        if symbol == "Discretization":
            changed.append(arguments.rename("bins", "bin_boundaries"))
        mode = arguments.get("output_mode")
        if mode is not None and text_of(mode) in ("binary", "tf-idf"):
            arguments.replace(mode, string({"binary": "multi_hot"}.get(text_of(mode) or "", "tf_idf"), mode))
            changed.append(True)
        if not any(changed):
            return None
        context.change(self, original)
        return arguments.call()


class MultiGpu(Rule):
    """A copy of a model on each GPU is made by a distribution."""

    name = "multi-gpu"
    matches = "`parallel = multi_gpu_model(model, gpus=2)`"
    since = "Keras 2.4"
    why = "`multi_gpu_model` only split batches between GPUs: the model alone computes the same, on one device."
    source = "https://keras.io/guides/distribution/"
    marks = False
    calls = ("keras.utils.multi_gpu_model",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        model = Arguments(node).get("model", 0)
        if model is None:
            return None
        message = "multi_gpu_model was removed; closest today: keras.distribution.DataParallel"
        context.find(self, original, message)
        context.forget(original.func)
        context.change(self, original)
        return model


class PrintSummary(Rule):
    """A model prints its summary itself."""

    name = "print-summary"
    matches = "`keras.utils.print_summary(model)`"
    since = "Keras 2.4"
    why = "`print_summary` is the method `summary` of a model."
    source = "https://keras.io/api/models/model/#summary-method"
    marks = False
    calls = ("keras.utils.print_summary",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        model = arguments.get("model", 0)
        if model is None:
            return None
        if arguments.remove("model") is None:
            arguments.remove_at(0)
        context.forget(original.func)
        context.change(self, original)
        return arguments.call(cst.Attribute(tight(model), cst.Name("summary")))


class BackendChoice(Rule):
    """Theano, CNTK and MXNet are no backends any more."""

    name = "backend-choice"
    matches = "`os.environ['KERAS_BACKEND'] = 'theano'`"
    since = "Keras 2.4"
    why = "Theano, CNTK and MXNet are no backends of Keras 3; TensorFlow, JAX and PyTorch are."
    source = "https://keras.io/getting_started/#configuring-your-backend"
    marks = False
    statements = True

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        small = node.body[0] if len(node.body) == 1 else None
        if not isinstance(small, cst.Assign) or text_of(small.value) not in ("theano", "cntk", "mxnet"):
            return None
        if "environ" not in (said := code(small.targets[0].target)) or "KERAS_BACKEND" not in said:
            return None
        context.change(self, original)
        return [node.with_changes(body=[small.with_changes(value=string("tensorflow", small.value))])]


class CustomActivations(Rule):
    """An activation of one's own is passed itself, not by a name it was registered under."""

    name = "custom-activations"
    matches = "`get_custom_objects().update({'swish': Activation(swish)})` and `Dense(8, activation='swish')`"
    since = "Keras 3.0"
    why = "Keras 3 knows only its own activations by name; a function is passed itself."
    source = "https://keras.io/api/layers/activations/"
    marks = False
    calls = ALL

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        value = arguments.get("activation", 0 if name == "keras.layers.Activation" else None)
        said = text_of(value) if value is not None else None
        if said is None or value is None:
            return None
        own = context.remember("registered", lambda: _registered(context)).get(said)
        if own is None:
            return None
        arguments.replace(value, own)
        context.change(self, original)
        return arguments.call()


def _registered(context: Context) -> dict[str, cst.BaseExpression]:
    """Return the functions that a program registers under a name, by `get_custom_objects`."""
    found: dict[str, cst.BaseExpression] = {}
    for call, _ in context.analysis.method_calls.get("update", ()):
        if not isinstance(call.func, cst.Attribute) or "get_custom_objects" not in code(call.func.value):
            continue
        given = call.args[0].value if len(call.args) == 1 else None
        for pair in given.elements if isinstance(given, cst.Dict) else ():
            key = text_of(pair.key) if isinstance(pair, cst.DictElement) else None
            value = pair.value
            if isinstance(value, cst.Call) and code(value.func).endswith("Activation") and len(value.args) == 1:
                value = value.args[0].value
            if key is not None and isinstance(value, cst.Name | cst.Attribute):
                found[key] = value
    return found


class PrivateFunctions(Rule):
    """What prepared a model for threads and graphs."""

    name = "private-functions"
    matches = "`model._make_predict_function()`, `optimizer._decayed_lr(tf.float32)`"
    since = "TensorFlow 2.0 and Keras 3.0"
    why = "There are no graphs to prepare any more; the optimizer tells its learning rate of now by `learning_rate`."
    source = MIGRATING
    marks = False
    statements = True
    methods = ("_decayed_lr",)
    _GONE = ("_make_predict_function", "_make_train_function", "_make_test_function", "make_predict_function")

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        small = node.body[0] if len(node.body) == 1 else None
        call = small.value if isinstance(small, cst.Expr) else None
        if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute):
            return None
        if call.func.attr.value not in self._GONE[:3]:
            return None
        context.change(self, original)
        return []

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if not isinstance(node.func, cst.Attribute):
            return None
        context.change(self, original)
        return node.func.with_changes(attr=cst.Name("learning_rate"))


class CrossentropyOrder(Rule):
    """The true values come first, then the predicted ones."""

    name = "crossentropy-order"
    matches = "`K.categorical_crossentropy(y_pred, y_true)`, `K.binary_crossentropy(output, target)`"
    since = "Keras 2.0"
    why = "The backend's crossentropies took the prediction first until Keras 1; they take the target first since."
    source = KERAS_2
    silent = True
    calls = tuple(
        f"keras.{module}.{kind}_crossentropy"
        for module in ("backend", "ops")
        for kind in ("categorical", "binary", "sparse_categorical")
    )

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        positional = Arguments(node).positional
        if len(positional) < 2:
            return None
        first, second = (code(value).lower() for value in positional[:2])
        if not ("pred" in first or "output" in first) or not ("true" in second or "target" in second):
            return None
        if "true" in first or "target" in first or "pred" in second or "output" in second:
            return None
        one, two, *rest = node.args
        context.change(self, original)
        return node.with_changes(args=[one.with_changes(value=two.value), two.with_changes(value=one.value), *rest])


RULES: tuple[type[Rule], ...] = (
    UtilityArguments, PreprocessingArguments, MultiGpu, PrintSummary, BackendChoice, CustomActivations,
    PrivateFunctions, CrossentropyOrder,
)  # fmt: skip
