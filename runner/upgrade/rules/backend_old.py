"""What backend functions took by other names, and what optimizers and layers of the time had."""

from __future__ import annotations

import re
from typing import ClassVar

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import code, elements, expression
from runner.upgrade.rule import OPS, Rule
from runner.upgrade.rules.backend import fill
from runner.upgrade.walking import Reader

_AXIS = {"dim": "axis"}
_TWO = {"x": "x1", "y": "x2"}


class BackendKeywords(Rule):
    """Arguments of backend functions that have other names in `keras.ops`."""

    name = "backend-keywords"
    matches = "`K.expand_dims(x, dim=1)`, `K.tile(x, n=2)`, `K.pow(x, a=2)`, `K.map_fn(f, elems=x)`, `K.one_hot(…)`"
    since = "Keras 2.0 and 3.0"
    why = "This argument has another name in `keras.ops`."
    source = OPS
    marks = False
    _RENAMES: ClassVar[dict[str, dict[str, str]]] = {
        "expand_dims": _AXIS, "tile": {"n": "repeats"}, "pow": {"x": "x1", "a": "x2"}, "reshape": {"shape": "newshape"},
        "permute_dimensions": {"pattern": "axes"}, "map_fn": {"fn": "f", "elems": "xs"},
        "one_hot": {"indices": "x", "nb_classes": "num_classes"}, "equal": _TWO, "not_equal": _TWO, "greater": _TWO,
        "greater_equal": _TWO, "less": _TWO, "less_equal": _TWO, "maximum": _TWO, "minimum": _TWO,
        "dot": _TWO, "binary_crossentropy": {"logits": "output"}, "stop_gradient": {"variables": "variable"},
    }  # fmt: skip
    calls = tuple(f"keras.backend.{name}" for name in (*_RENAMES, "pack"))

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        symbol = name.rpartition(".")[2]
        arguments = Arguments(node)
        if symbol == "pack":
            context.forget(original.func)
            context.change(self, original, "`K.pack` is `keras.ops.stack` today.")
            return arguments.call(context.refer("keras.ops.stack"))
        changed = [arguments.rename(old, new) for old, new in self._RENAMES[symbol].items()]
        if symbol == "map_fn":
            for gone in ("name", "dtype"):
                changed.append(arguments.remove(gone) is not None)
        if not any(changed):
            return None
        context.change(self, original)
        return arguments.call()


class HardSigmoid(Rule):
    """`hard_sigmoid` had another slope."""

    name = "hard-sigmoid"
    matches = "`K.hard_sigmoid(x)`"
    since = "Keras 3.0"
    why = "`hard_sigmoid` is relu6(x + 3) / 6 today and was clip(0.2 x + 0.5, 0, 1), which is written out."
    source = "https://keras.io/api/layers/activations/#hardsigmoid-function"
    silent = True
    calls = ("keras.backend.hard_sigmoid", "keras.activations.hard_sigmoid")
    references = ("keras.backend.hard_sigmoid",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        value = Arguments(node).get("x", 0)
        if value is None or len(node.args) != 1 or (name != "keras.backend.hard_sigmoid" and not context.legacy):
            return None
        context.forget(original.func)
        context.change(self, original)
        return fill("«keras.ops.clip»(0.2 * {x.} + 0.5, 0.0, 1.0)", {"x": value}, context)

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        if node is not original:
            return None
        made = fill("lambda x: «keras.ops.clip»(0.2 * x + 0.5, 0.0, 1.0)", {}, context)
        if made is None:
            return None
        context.change(self, original)
        return made.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


_DECAYED = re.compile(
    r"(?P<optimizer>[\w.]+)\.(?:lr|learning_rate)\*\(1\.?0?/\(1\.?0?\+(?P=optimizer)\.decay\*"
    r"(?:[\w.]+\()?(?P=optimizer)\.iterations(?:,[^()]*(?:\([^()]*\))?)?\)?\)\)"
)


class OptimizerDecay(Rule):
    """The learning rate that an optimizer has is the decayed one."""

    name = "optimizer-decay"
    matches = "`optimizer.lr * (1. / (1. + optimizer.decay * optimizer.iterations))`, `optimizer.decay`"
    since = "Keras 3.0"
    why = "Optimizers have no `decay` any more; `learning_rate` is the rate of this step, decayed by its schedule."
    source = "https://keras.io/api/optimizers/"
    silent = True
    marks = False
    operations = True
    attributes = ("decay",)

    def operation(
        self, node: cst.BinaryOperation, original: cst.BinaryOperation, context: Context
    ) -> cst.BaseExpression | None:
        match = _DECAYED.fullmatch("".join(code(original).split())) if self._multiplies(original) else None
        if match is None or not isinstance(original.left, cst.Attribute):
            return None
        if context.kind(original.left.value) != "optimizer" and "optimizer" not in match["optimizer"]:
            return None
        context.change(self, original)
        return expression("{optimizer}.learning_rate", optimizer=original.left.value)

    @staticmethod
    def _multiplies(node: cst.BinaryOperation) -> bool:
        return isinstance(node.operator, cst.Multiply) and isinstance(node.left, cst.Attribute)

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        if not isinstance(original, cst.Attribute) or id(original) in context.remember(
            "decays of formulas", lambda: _in_formulas(context)
        ):
            return None
        if context.kind(original.value) == "optimizer":
            context.find(self, original, _NO_DECAY)
        return None


_NO_DECAY = "optimizer.decay was removed; closest today: optimizer.learning_rate, which is the decayed rate already"


def _in_formulas(context: Context) -> set[int]:
    """Return the mentions of `decay` within the formula that computes the decayed rate."""
    found: set[int] = set()

    class Finder(Reader):
        def visit_BinaryOperation(self, node: cst.BinaryOperation) -> None:
            if OptimizerDecay._multiplies(node) and _DECAYED.fullmatch("".join(code(node).split())):
                found.update(id(each) for each in _attributes(node))

    Finder().read(context.module)
    return found


def _attributes(node: cst.CSTNode) -> list[cst.Attribute]:
    found: list[cst.Attribute] = []

    class Finder(Reader):
        def visit_Attribute(self, inner: cst.Attribute) -> None:
            found.append(inner)

    Finder().read(node)
    return found


class LayerWeights(Rule):
    """Weights of layers have other names than in Keras 1."""

    name = "layer-weights"
    matches = "`model.layers[0].W`, `layer.b`"
    since = "Keras 2.0"
    why = "A layer's weights are `kernel` and `bias` since Keras 2.0."
    source = "https://github.com/keras-team/keras/wiki/Keras-2.0-release-notes"
    marks = False
    attributes = ("W", "b")
    _NAMES: ClassVar[dict[str, str]] = {"W": "kernel", "b": "bias"}

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        if not isinstance(node, cst.Attribute) or not isinstance(original, cst.Attribute):
            return None
        own = any(path.endswith(f".{name}") for path in context.analysis.attributes)
        if own or context.kind(original.value) != "layer":
            return None
        context.change(self, original)
        return node.with_changes(attr=cst.Name(self._NAMES[name]))


_METRICS = {
    "auc": "AUC", "precision": "Precision", "recall": "Recall", "true_positives": "TruePositives",
    "false_positives": "FalsePositives", "true_negatives": "TrueNegatives", "false_negatives": "FalseNegatives",
}  # fmt: skip
_OTHER_METRICS = {
    "accuracy": "keras.metrics.Accuracy()", "mean_iou": "keras.metrics.MeanIoU(num_classes)",
    "mean": "keras.metrics.Mean()", "mean_absolute_error": "keras.metrics.MeanAbsoluteError()",
    "mean_squared_error": "keras.metrics.MeanSquaredError()", "root_mean_squared_error":
    "keras.metrics.RootMeanSquaredError()", "sensitivity_at_specificity": "keras.metrics.SensitivityAtSpecificity(…)",
    "precision_at_k": "keras.metrics.TopKCategoricalAccuracy(k)", "average_precision_at_k":
    "keras.metrics.AUC(curve='PR')",
}  # fmt: skip


class StreamingMetrics(Rule):
    """Metrics that TensorFlow 1 summed up in its session are metrics of Keras."""

    name = "streaming-metrics"
    matches = "`tf.metrics.auc(y_true, y_pred)[1]` in a function that is a metric"
    since = "TensorFlow 2.0"
    why = "`tf.metrics` of TensorFlow 1 is gone with its sessions; a metric of Keras sums up over batches by itself."
    source = "https://keras.io/api/metrics/"
    marks = False
    _ROOTS = ("tensorflow.metrics", "tensorflow.compat.v1.metrics", "tensorflow.contrib.metrics")
    calls = tuple(f"{root}.{name}" for root in _ROOTS for name in (*_METRICS, *_OTHER_METRICS))
    methods = ("compile",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if name != "compile":
            symbol = name.rpartition(".")[2]
            closest = f"keras.metrics.{_METRICS[symbol]}()" if symbol in _METRICS else _OTHER_METRICS[symbol]
            context.find(
                self,
                original,
                f"tf.metrics.{symbol} was removed in TensorFlow 2; closest today: {closest} among compile's metrics",
            )
            return None
        held = elements(Arguments(original).get("metrics", 2))
        mine = Arguments(node).get("metrics", 2)
        if not held or not isinstance(mine, cst.List):
            return None
        members, changed = list(mine.elements), False
        for number, each in enumerate(held):
            symbol = self._streams(each, context)
            if symbol and isinstance(each, cst.Name) and number < len(members):
                made = expression(
                    f"{{Metric}}(name='{each.value}')", Metric=context.refer(f"keras.metrics.{_METRICS[symbol]}")
                )
                members[number] = members[number].with_changes(value=made)
                changed = True
        if not changed:
            return None
        context.change(self, original)
        arguments = Arguments(node)
        arguments.replace(mine, mine.with_changes(elements=members))
        return arguments.call()

    def _streams(self, metric: cst.BaseExpression, context: Context) -> str:
        """Return which metric of TensorFlow 1 a function of the program gives for its two arguments."""
        function = context.analysis.functions.get(metric.value) if isinstance(metric, cst.Name) else None
        if function is None or len(function.params.params) != 2:
            return ""
        names = [each.name.value for each in function.params.params]
        inside = context.analysis.scopes[id(function)]
        for calls in context.analysis.method_calls.values():
            for call, scope in calls:
                full = context.kinds.resolve(call.func, scope) if scope is inside else None
                root, _, symbol = (full or "").rpartition(".")
                plain = [code(arg.value) for arg in call.args] == names
                if root in self._ROOTS and symbol in _METRICS and plain:
                    return symbol
        return ""


RULES: tuple[type[Rule], ...] = (BackendKeywords, HardSigmoid, OptimizerDecay, LayerWeights, StreamingMetrics)
