"""Methods and attributes of models, layers and metrics that are gone."""

from __future__ import annotations

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import code, expression, text_of, tight
from runner.upgrade.rule import MIGRATING, Rule
from runner.upgrade.rules.layer_methods import told_shape
from runner.upgrade.rules.training import TRAINING


class PredictClasses(Rule):
    """Classes are the largest of the predicted probabilities."""

    name = "predict-classes"
    matches = "`model.predict_classes(x)`, `model.predict_proba(x)`"
    since = "TensorFlow 2.6 and Keras 3.0"
    why = "`predict` gives the probabilities; the class is the largest, or for one output whether it is over one half."
    source = "https://www.tensorflow.org/versions/r2.5/api_docs/python/tf/keras/Sequential#predict_classes"
    marks = False
    methods = ("predict_classes", "predict_proba")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if not isinstance(node.func, cst.Attribute):
            return None
        func = node.func.with_changes(attr=cst.Name("predict"))
        asked = original.func.value if isinstance(original.func, cst.Attribute) else original.func
        if context.provenance.of(asked, context.scope) == "wrapper":
            return None  # what replaces `KerasClassifier` has the methods of scikit-learn
        context.change(self, original)
        made = node.with_changes(func=func)
        if name == "predict_proba":
            return made
        if not isinstance(original.func, cst.Attribute):
            return None
        receiver = code(original.func.value)
        if _is_binary(receiver, context):
            return expression("({predicted} > 0.5).astype('int32')", predicted=made)
        return expression("{argmax}({predicted}, axis=-1)", argmax=context.numpy("argmax"), predicted=made)


def _is_binary(receiver: str, context: Context) -> bool:
    """Whether a model has one output between zero and one, told by its loss."""
    losses: dict[str, list[str]] = {}
    for call, _ in context.analysis.method_calls.get("compile", ()):
        loss = Arguments(call).get("loss", 1)
        if not isinstance(call.func, cst.Attribute):
            continue
        losses.setdefault(code(call.func.value), []).append(code(loss) if loss is not None else "")
    own = losses.get(receiver) or [loss for several in losses.values() for loss in several]
    return bool(own) and all("binary_crossentropy" in loss or "BinaryCrossentropy" in loss for loss in own)


class MetricsNames(Rule):
    """`metrics_names` no longer names the metrics that were asked for."""

    name = "metrics-names"
    matches = "`model.metrics_names[1]`"
    since = "Keras 3.0"
    why = (
        "`metrics_names` holds 'loss' and 'compile_metrics' today; the names beside the values that `evaluate` gives "
        "are those of `get_metrics_result()`."
    )
    source = TRAINING
    silent = True
    attributes = ("metrics_names",)

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        if not isinstance(node, cst.Attribute):
            return None
        if isinstance(node.value, cst.Name) and node.value.value == "self":
            return None
        context.change(self, original)
        return expression("list({model}.get_metrics_result())", model=node.value)


class GoneAttributes(Rule):
    """Shapes of a layer are those of its tensors."""

    name = "layer-shapes"
    matches = "`layer.output_shape`, `layer.input_shape`, `model.layers[0].get_output_at(0)`"
    since = "Keras 3.0"
    why = "A layer's shape is that of its tensors: `layer.output.shape`."
    source = "https://keras.io/api/layers/base_layer/"
    attributes = ("output_shape", "input_shape")
    methods = ("get_output_at", "get_input_at", "get_output_shape_at", "get_input_shape_at")

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        if not (isinstance(node, cst.Attribute) and isinstance(original, cst.Attribute)):
            return None
        known = context.kind(original.value)
        loop = isinstance(original.value, cst.Name) and original.value.value in ("layer", "l", "lyr")
        if known != "layer" and not (known is None and loop):
            return None
        context.change(self, original)
        tensor = cst.Attribute(node.value, cst.Name(name.partition("_")[0]))
        return cst.Attribute(tensor, cst.Name("shape"))

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if not isinstance(node.func, cst.Attribute):
            return None
        context.change(self, original)
        what = "output" if "output" in name else "input"
        tensor = cst.Attribute(tight(node.func.value), cst.Name(what))
        return cst.Attribute(tensor, cst.Name("shape")) if "shape" in name else tensor


class SequentialTensors(Rule):
    """A `Sequential` that nothing has called has `inputs` and `outputs`, but no `input` and `output`."""

    name = "sequential-tensors"
    matches = "`model.input`, `model.output` of a `Sequential`"
    since = "Keras 3.0"
    why = "A Sequential model has `.input` and `.output` only once it was called; `.inputs[0]` is there before."
    source = "https://keras.io/guides/sequential_model/"
    attributes = ("input", "output")

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        if not isinstance(node, cst.Attribute) or not isinstance(original, cst.Attribute):
            return None
        if not context.kinds.is_sequential(original.value, context.scope):
            return None
        context.change(self, original)
        return expression(f"{{model}}.{name}s[0]", model=node.value)


class InputLayerTensor(Rule):
    """The tensor of an input layer is its output."""

    name = "input-layer-tensor"
    matches = "`model.get_layer('image').input` and `model.layers[0].input` where that is an `Input`"
    since = "Keras 3.0"
    why = "An input layer has no input of its own any more, an empty list instead: its tensor is `.output`."
    source = "https://keras.io/guides/functional_api/"
    marks = False
    attributes = ("input",)

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        if not isinstance(node, cst.Attribute) or not isinstance(original, cst.Attribute):
            return None
        if not self._is_input(original.value, context):
            return None
        context.change(self, original)
        return node.with_changes(attr=cst.Name("output"))

    @staticmethod
    def _is_input(layer: cst.BaseExpression, context: Context) -> bool:
        if (
            isinstance(layer, cst.Call)
            and isinstance(layer.func, cst.Attribute)
            and layer.func.attr.value == "get_layer"
        ):
            arguments = Arguments(layer)
            said = text_of(arguments.get("name", 0))
            return said is not None and said in context.remember("names of inputs", lambda: _input_names(context))
        if isinstance(layer, cst.Subscript) and isinstance(layer.value, cst.Attribute):
            model = layer.value.value
            first = len(layer.slice) == 1 and code(layer.slice[0].slice) == "0"
            return first and layer.value.attr.value == "layers" and _is_functional(model, context)
        return False


def _input_names(context: Context) -> frozenset[str]:
    """Return the names that the program gives to inputs."""
    calls = (*context.analysis.calls.get("Input", ()), *context.analysis.method_calls.get("Input", ()))
    names = (text_of(Arguments(call).get("name")) for call, _ in calls)
    return frozenset(name for name in names if name is not None)


def _is_functional(model: cst.BaseExpression, context: Context) -> bool:
    """Whether a model is surely one of the functional API: its last value is a call of `Model` or an application."""
    if not isinstance(model, cst.Name):
        return False
    owner = context.scope.owner(model.value)
    values = owner.assigned.get(model.value, []) if owner is not None else []
    if not values or owner is None or not isinstance(values[-1][0], cst.Call):
        return False
    made = context.kinds.name(values[-1][0].func, owner) or ""
    return made in ("keras.Model", "keras.models.Model") or made.startswith("keras.applications.")


class TensorShapes(Rule):
    """The shape of a symbolic tensor is a tuple, `x.shape`."""

    name = "tensor-shapes"
    matches = "`x._keras_shape`, `x.get_shape().as_list()`, `x.shape[1].value` of a layer's output"
    since = "Keras 2.3 and 3.0"
    why = "The shape of a symbolic tensor is the tuple `x.shape`; a list is made of it where one was asked for."
    source = "https://keras.io/api/models/model/"
    marks = False
    attributes = ("_keras_shape", "value")
    methods = ("get_shape", "as_list")

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        if not isinstance(node, cst.Attribute) or not isinstance(original, cst.Attribute):
            return None
        if name == "_keras_shape":
            context.change(self, original)
            return node.with_changes(attr=cst.Name("shape"))
        held = original.value
        if isinstance(held, cst.Subscript) and self._is_shape(held.value, context):
            context.change(self, original)
            return node.value
        return None

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if not isinstance(node.func, cst.Attribute) or not isinstance(original.func, cst.Attribute) or node.args:
            return None
        if name == "get_shape":
            if context.kind(original.func.value) != "tensor":
                return None
            context.change(self, original)
            return node.func.with_changes(attr=cst.Name("shape"))
        if not self._is_shape(original.func.value, context):
            return None
        context.change(self, original)
        return expression("list({shape})", shape=node.func.value)

    @staticmethod
    def _is_shape(node: cst.BaseExpression, context: Context) -> bool:
        """Whether an expression is the shape of a symbolic tensor, or one that a layer's method is told."""
        if told_shape(node, context):
            return True
        if isinstance(node, cst.Call) and not node.args and isinstance(node.func, cst.Attribute):
            return node.func.attr.value == "get_shape" and context.kind(node.func.value) == "tensor"
        return isinstance(node, cst.Attribute) and node.attr.value == "shape" and context.kind(node.value) == "tensor"


class CompiledLoss(Rule):
    """A training step of one's own asks for the loss by `compute_loss`."""

    name = "compiled-loss"
    matches = "`self.compiled_loss(y, y_pred, regularization_losses=self.losses)` in a `train_step`"
    since = "Keras 3.0"
    why = "`compiled_loss` is gone but in name; `compute_loss` gives the loss, regularization included."
    source = "https://keras.io/guides/custom_train_step_in_tensorflow/"
    silent = True
    marks = False
    methods = ("compiled_loss",)
    statements = True
    _UPDATES = (
        "for metric in self.metrics:\n    if metric.name == 'loss':\n        metric.update_state({loss})\n"
        "    else:\n        metric.update_state({given})\n"
    )

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        """`compiled_metrics` would feed the true values to the metric of the loss, too."""
        if not context.says("compiled_metrics"):
            return None
        small = node.body[0] if len(node.body) == 1 else None
        call = small.value if isinstance(small, cst.Expr) else None
        if not isinstance(call, cst.Call) or code(call.func) != "self.compiled_metrics.update_state":
            return None
        given = Arguments(call)
        if len(given.positional) < 2:
            return None
        y, predicted = (code(value) for value in given.positional[:2])
        loss = f"self.compute_loss(y={y}, y_pred={predicted})"
        for name, values in context.scope.assigned.items():
            if any("compiled_loss" in code(value) or "compute_loss" in code(value) for value, _ in values):
                loss = name
        text = self._UPDATES.format(loss=loss, given=", ".join(code(arg).rstrip(", ") for arg in call.args))
        context.change(self, original, "The metric of the loss takes the loss, the others take the values.")
        made = cst.parse_statement(text, config=context.module.config_for_parsing)
        return [cst.ensure_type(made, cst.For).with_changes(leading_lines=node.leading_lines)]

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        if not isinstance(node.func, cst.Attribute) or len(arguments.positional) < 2:
            return None
        for position, keyword in ((2, "sample_weight"), (1, "y_pred"), (0, "y")):
            if position < len(arguments.positional):
                arguments.name_position(position, keyword)
        arguments.remove("regularization_losses")
        context.change(self, original)
        return arguments.call(node.func.with_changes(attr=cst.Name("compute_loss")))


class ResetStates(Rule):
    """The state of a recurrent model is reset layer by layer."""

    name = "reset-states"
    matches = "`model.reset_states()`, `metric.reset_states()`"
    since = "Keras 3.0"
    why = "A model has no `reset_states` any more; its stateful layers have `reset_state` or `reset_states`."
    source = MIGRATING
    methods = ("reset_states",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if not isinstance(original.func, cst.Attribute):
            return None
        receiver = original.func.value
        kind = context.kind(receiver)
        if kind == "metric" and isinstance(node.func, cst.Attribute):
            context.change(self, original, "A metric's `reset_states` is called `reset_state` today.")
            return node.with_changes(func=node.func.with_changes(attr=cst.Name("reset_state")))
        model_named = isinstance(receiver, cst.Name | cst.Attribute) and code(receiver).lower().endswith("model")
        if kind != "model" and not (kind is None and model_named):
            return None
        if not isinstance(node.func, cst.Attribute) or len(node.args):
            return None
        context.change(self, original)
        helper = context.helper("reset_states", _RESET_STATES)
        return cst.Call(helper, [cst.Arg(node.func.value)])


_RESET_STATES = '''
def reset_states(model):
    """Reset the state of every stateful layer of a model."""
    for layer in model.layers:
        if getattr(layer, "stateful", False) and hasattr(layer, "reset_states"):
            layer.reset_states()
'''

RULES: tuple[type[Rule], ...] = (
    PredictClasses,
    MetricsNames,
    SequentialTensors,
    InputLayerTensor,
    TensorShapes,
    GoneAttributes,
    CompiledLoss,
    ResetStates,
)
