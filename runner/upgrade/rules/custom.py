"""Layers, callbacks and metrics that people wrote themselves."""

from __future__ import annotations

import re
from typing import Any, ClassVar, cast

import libcst as cst
from libcst import matchers as m

from runner.upgrade.analysis import Scope
from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import calling, code, text_of
from runner.upgrade.rule import KERAS_2, Rule
from runner.upgrade.walking import Reader

SUBCLASSING = "https://keras.io/guides/making_new_layers_and_models_via_subclassing/"


class OutputShapeMethod(Rule):
    """A layer tells its output's shape by `compute_output_shape`."""

    name = "compute-output-shape"
    matches = "`def get_output_shape_for(self, input_shape)`"
    since = "Keras 2.0"
    why = "The method is called `compute_output_shape` since Keras 2.0; under its old name nobody calls it."
    source = KERAS_2
    definitions = True
    attributes = ("get_output_shape_for",)

    def definition(
        self, node: cst.ClassDef | cst.FunctionDef, original: cst.ClassDef | cst.FunctionDef, context: Context
    ) -> cst.ClassDef | cst.FunctionDef | None:
        if not isinstance(node, cst.FunctionDef) or node.name.value != "get_output_shape_for":
            return None
        context.change(self, original)
        return node.with_changes(name=cst.Name("compute_output_shape"))

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        if not isinstance(node, cst.Attribute):
            return None
        context.change(self, original)
        return node.with_changes(attr=cst.Name("compute_output_shape"))


class AddWeight(Rule):
    """`add_weight` takes the name by its name, and shape first."""

    name = "add-weight"
    matches = "`self.add_weight('kernel', shape=…)`, `self.add_variable(…)`"
    since = "Keras 3.0"
    why = "`add_weight` takes `shape` first and `name=` by name in Keras 3."
    source = SUBCLASSING
    methods = ("add_weight", "add_variable")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        changed = False
        positional = arguments.positional
        if positional and self._is_name(positional[0], context, arguments):
            if len(positional) > 1 and not arguments.has("shape"):
                arguments.name_position(1, "shape")
            arguments.name_position(0, "name")
            changed = True
        for old in ("synchronization", "use_resource", "partitioner", "getter", "collections", "experimental_autocast"):
            changed = arguments.remove(old) is not None or changed
        said = text_of(arguments.get("name"))
        if said is not None and "/" in said:
            arguments.set("name", cst.SimpleString(repr(said.replace("/", "_"))))
            changed = True
        if name == "add_variable" and isinstance(node.func, cst.Attribute) and self._in_layer(context):
            context.change(self, original)
            return arguments.call(node.func.with_changes(attr=cst.Name("add_weight")))
        if not changed:
            return None
        context.change(self, original)
        return arguments.call()

    @staticmethod
    def _in_layer(context: Context) -> bool:
        """Whether this is in a layer or model; a metric has an `add_variable` of its own."""
        scope: Scope | None = context.scope
        while scope is not None and not isinstance(scope.node, cst.ClassDef):
            scope = scope.parent
        return scope is not None and context.kinds.of_class(cast(cst.ClassDef, scope.node), scope) is not None

    @staticmethod
    def _is_name(value: cst.BaseExpression, context: Context, arguments: Arguments) -> bool:
        if arguments.has("name"):
            return False
        if isinstance(value, cst.SimpleString | cst.FormattedString):
            return True
        return isinstance(value, cst.Call) and code(value.func).endswith(".format")


_INITIALIZER = re.compile(
    r"\binitializers\.get\(|\b(?:(?:Random|Glorot|Lecun|He)(?:Normal|Uniform)|Orthogonal|Identity|Zeros|Ones)\("
)


class InitializedWeights(Rule):
    """Keras 1 made weights by calling the initializer; `add_weight` makes and tracks them."""

    name = "initialized-weights"
    matches = "`self.W = self.init((n, m), name='W')`, `self.trainable_weights = [self.W]`"
    since = "Keras 2.0"
    why = "A weight is made by `add_weight`, which also tracks it; calling an initializer only gives numbers."
    source = SUBCLASSING
    statements = True

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        if len(node.body) != 1 or not isinstance(node.body[0], cst.Assign) or len(node.body[0].targets) != 1:
            return None
        small = node.body[0]
        target = small.targets[0].target
        if not m.matches(target, m.Attribute(value=m.Name("self"))):
            return None
        if not isinstance(target, cst.Attribute):
            return None
        if target.attr.value in ("trainable_weights", "non_trainable_weights", "_trainable_weights"):
            if not isinstance(small.value, cst.List):
                return None
            context.change(self, original, "Keras 3 tracks a layer's weights by itself; this list cannot be set.")
            return []
        call = small.value
        if not isinstance(call, cst.Call):
            return None
        if self._initializes(call):
            return self._weight(node, small, call, call.func, original, context)
        in_build = isinstance(context.scope.node, cst.FunctionDef) and context.scope.node.name.value == "build"
        inner = isinstance(call.func, cst.Call) and _INITIALIZER.search(code(call.func)) is not None
        if in_build and inner:
            return self._weight(node, small, call, call.func, original, context)
        ops = code(call.func)
        if in_build and ops in ("ops.zeros", "ops.ones", "keras.ops.zeros", "keras.ops.ones"):
            initializer = cst.SimpleString(repr(ops.rpartition(".")[2]))
            return self._weight(node, small, call, initializer, original, context)
        return None

    @staticmethod
    def _initializes(call: cst.Call) -> bool:
        """Whether a call is that of a layer's own initializer, as Keras 1 made weights."""
        if not m.matches(call.func, m.Attribute(value=m.Name("self"))) or not isinstance(call.func, cst.Attribute):
            return False
        symbol = call.func.attr.value
        return (
            symbol == "init"
            or symbol.endswith("_init")
            or (symbol.endswith("_initializer") and Arguments(call).has("name"))
        )

    def _weight(
        self,
        node: cst.SimpleStatementLine,
        small: cst.Assign,
        call: cst.Call,
        initializer: cst.BaseExpression,
        original: cst.SimpleStatementLine,
        context: Context,
    ) -> list[cst.BaseStatement] | None:
        arguments = Arguments(call)
        shape = arguments.get("shape", 0)
        if shape is None:
            return None
        made = Arguments(calling("self.add_weight(shape={shape}, initializer={init})", shape=shape, init=initializer))
        name = arguments.get("name")
        if name is not None:
            made.set("name", name)
        context.change(self, original)
        return [node.with_changes(body=[small.with_changes(value=made.call())])]


class AddLoss(Rule):
    """`add_loss` and `add_metric` of a layer."""

    name = "add-loss"
    matches = "`self.add_loss(loss, inputs=x)`, `self.add_metric(value, name='x')`"
    since = "Keras 3.0"
    why = "`add_loss` takes only the loss."
    source = SUBCLASSING
    methods = ("add_loss", "add_metric")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if name == "add_metric":
            if isinstance(context.scope.node, cst.FunctionDef | cst.Module):
                context.find(
                    self,
                    original,
                    "add_metric was removed; closest today: a keras.metrics.Mean in __init__, updated in call()",
                )
            return None
        arguments = Arguments(node)
        if len(arguments) == 2 and (arguments.remove("inputs") is not None or self._second(arguments)):
            context.change(self, original)
            return arguments.call()
        return None

    @staticmethod
    def _second(arguments: Arguments) -> bool:
        if len(arguments.positional) == 2:
            arguments.remove_at(1)
            return True
        return False


class MergingBase(Rule):
    """A merging layer of one's own is a layer that takes a list."""

    name = "merging-base"
    matches = "`class Mean(_Merge)` with a `_merge_function`"
    since = "Keras 3.0"
    why = "`_Merge` is not there to derive from any more; a `Layer` whose `call` takes the list does the same."
    source = SUBCLASSING
    marks = False
    definitions = True

    def definition(
        self, node: cst.ClassDef | cst.FunctionDef, original: cst.ClassDef | cst.FunctionDef, context: Context
    ) -> cst.ClassDef | cst.FunctionDef | None:
        if not isinstance(original, cst.ClassDef) or not isinstance(node, cst.ClassDef) or len(original.bases) != 1:
            return None
        base = original.bases[0].value
        merging = (context.name(base) or "").rpartition(".")[2] in ("_Merge", "Merge")
        own = [each for each in node.body.body if m.matches(each, m.FunctionDef(name=m.Name("_merge_function")))]
        if not merging or len(own) != 1:
            return None
        context.forget(base)
        context.change(self, original)
        body = [
            each.with_changes(name=cst.Name("call")) if each is own[0] and isinstance(each, cst.FunctionDef) else each
            for each in node.body.body
        ]
        if not any(m.matches(each, m.FunctionDef(name=m.Name("compute_output_shape"))) for each in node.body.body):
            shape = cst.parse_statement(_FIRST_SHAPE, config=context.module.config_for_parsing)
            body.append(shape.with_changes(leading_lines=[cst.EmptyLine(indent=False)]))
        bases = [node.bases[0].with_changes(value=context.refer("keras.layers.Layer"))]
        return node.with_changes(bases=bases, body=node.body.with_changes(body=body))


_FIRST_SHAPE = "def compute_output_shape(self, input_shapes):\n    return input_shapes[0]\n"


class MetricReset(Rule):
    """A metric starts anew by `reset_state`."""

    name = "metric-reset"
    matches = "`def reset_states(self)` in a class that derives from `keras.metrics.Metric`"
    since = "TensorFlow 2.5"
    why = "Keras calls `reset_state`; the method under its old name is never called, and the metric never reset by it."
    source = "https://keras.io/api/metrics/base_metric/"
    silent = True
    marks = False
    definitions = True

    def definition(
        self, node: cst.ClassDef | cst.FunctionDef, original: cst.ClassDef | cst.FunctionDef, context: Context
    ) -> cst.ClassDef | cst.FunctionDef | None:
        if not isinstance(node, cst.FunctionDef) or node.name.value != "reset_states":
            return None
        scope = context.scope.parent
        if scope is None or not isinstance(scope.node, cst.ClassDef):
            return None
        bases = (context.kinds.name(base.value, scope) or "" for base in scope.node.bases)
        if not any(base.startswith("keras.metrics.") for base in bases):
            return None
        context.change(self, original)
        return node.with_changes(name=cst.Name("reset_state"))


class CallbackParameters(Rule):
    """What a callback reads from `self.params` and from the model."""

    name = "callback-parameters"
    matches = "`self.params['nb_epoch']`, `self.params['nb_sample']`, `self.validation_data`"
    since = "Keras 2.0 and 3.0"
    why = "The number of epochs is under 'epochs' since Keras 2.0."
    source = "https://keras.io/guides/writing_your_own_callbacks/"
    marks = False
    texts = True
    attributes = ("validation_data",)
    _KEYS: ClassVar[dict[str, str]] = {"nb_epoch": "epochs"}
    _GONE: ClassVar[frozenset[str]] = frozenset(("nb_sample", "samples", "batch_size", "metrics", "do_validation"))

    def text(self, node: cst.SimpleString, value: str, original: cst.SimpleString, context: Context) -> str | None:
        if not context.says(".params") or value not in (*self._KEYS, *self._GONE):
            return None
        if value in self._GONE:
            if id(original) in context.remember("parameters", lambda: _parameters(context)):
                message = f"self.params has no '{value}' any more, only 'epochs', 'steps' and 'verbose'"
                context.find(self, original, message)
            return None
        context.change(self, original)
        return self._KEYS[value]

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        if not isinstance(original, cst.Attribute):
            return None
        if isinstance(original.value, cst.Name) and original.value.value == "self" and self._in_callback(context):
            if any(path == "self.validation_data" for path in context.analysis.attributes):
                return None
            context.find(
                self,
                original,
                "callbacks no longer get self.validation_data; pass the data to the callback's constructor",
            )
        return None

    @staticmethod
    def _in_callback(context: Context) -> bool:
        scope: Any = context.scope
        while scope is not None:
            if isinstance(scope.node, cst.ClassDef):
                return any("Callback" in code(base.value) for base in scope.node.bases)
            scope = scope.parent
        return False


def _parameters(context: Context) -> set[int]:
    """Return the strings by which a program asks for a callback's parameters."""
    found: set[int] = set()

    class Finder(Reader):
        def visit_Subscript(self, node: cst.Subscript) -> None:
            if code(node.value).endswith(".params"):
                found.update(id(part.slice.value) for part in node.slice if isinstance(part.slice, cst.Index))

        def visit_Call(self, node: cst.Call) -> None:
            if code(node.func).endswith(".params.get") and node.args:
                found.add(id(node.args[0].value))

    Finder().read(context.module)
    return found


RULES: tuple[type[Rule], ...] = (
    OutputShapeMethod, AddWeight, InitializedWeights, AddLoss, MergingBase, MetricReset,
    CallbackParameters,
)  # fmt: skip
