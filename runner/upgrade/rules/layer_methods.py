"""What methods of layers, schedules and models get and give today: tuples for shapes, whole numbers for steps."""

from __future__ import annotations

import re

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import code, elements, expression, is_none
from runner.upgrade.rule import MIGRATING, Rule
from runner.upgrade.walking import Reader

_METHODS = ("build", "compute_output_shape", "get_output_shape_for")


def told_shape(node: cst.BaseExpression, context: Context) -> bool:
    """Whether an expression is a shape that `build` or `compute_output_shape` of a class is told."""
    if not _in_method(context):
        return False
    if isinstance(node, cst.Call):
        return context.full_name(node.func) == "tensorflow.TensorShape"
    return isinstance(node, cst.Name) and node.value in context.scope.parameters[1:]


def _in_method(context: Context) -> bool:
    function, outer = context.scope.node, context.scope.parent
    return (
        isinstance(function, cst.FunctionDef)
        and function.name.value in _METHODS
        and outer is not None
        and isinstance(outer.node, cst.ClassDef)
    )


class TensorShapeTuples(Rule):
    """A layer's shapes are tuples."""

    name = "shape-tuples"
    matches = "`return tf.TensorShape(input_shape.as_list()[:-1] + [self.units])` in `compute_output_shape`"
    since = "Keras 3.0"
    why = "Layers get and give shapes as tuples in Keras 3, on every backend."
    source = "https://keras.io/api/layers/base_layer/"
    marks = False
    calls = ("tensorflow.TensorShape", "tensorflow.compat.v1.TensorShape")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if not _in_method(context) or len(node.args) != 1 or is_none(node.args[0].value) or node.args[0].star:
            return None
        if re.search(r"\.(?:concatenate|assert_|merge_with|is_|with_|num_elements)", code(context.scope.node)):
            return None
        context.forget(original.func)
        context.change(self, original)
        return expression("tuple({shape})", shape=node.args[0].value)


_FLOATS = frozenset(
    f"tensorflow.{name}"
    for root in ("", "math.")
    for name in (f"{root}rsqrt", f"{root}sqrt", f"{root}exp", f"{root}log", f"{root}cos", f"{root}sin")
) | {"tensorflow.minimum", "tensorflow.maximum", "tensorflow.math.minimum", "tensorflow.math.maximum"}


class ScheduleStep(Rule):
    """The step that a schedule is told is a whole number."""

    name = "schedule-step"
    matches = "`tf.math.rsqrt(step)` in `__call__(self, step)` of a `LearningRateSchedule`"
    since = "TensorFlow 2.9 and Keras 3.0"
    why = "The step is a whole number, of which TensorFlow takes no root; it is made a fraction first."
    source = "https://keras.io/api/optimizers/learning_rate_schedules/learning_rate_schedule/"
    marks = False
    definitions = True

    def definition(
        self, node: cst.ClassDef | cst.FunctionDef, original: cst.ClassDef | cst.FunctionDef, context: Context
    ) -> cst.ClassDef | cst.FunctionDef | None:
        outer = context.scope.parent
        if not isinstance(node, cst.FunctionDef) or node.name.value != "__call__" or len(node.params.params) != 2:
            return None
        if outer is None or not isinstance(outer.node, cst.ClassDef):
            return None
        bases = [context.kinds.name(base.value, outer) or "" for base in outer.node.bases]
        step = node.params.params[1].name.value
        if not any(base.endswith(".LearningRateSchedule") for base in bases) or f"cast({step}" in code(original):
            return None
        if not _taken_by(original, step, context):
            return None
        line = cst.SimpleStatementLine(
            [
                cst.Assign(
                    [cst.AssignTarget(cst.Name(step))],
                    expression(f"{{cast}}({step}, 'float32')", cast=context.refer("keras.ops.cast")),
                )
            ]
        )
        context.change(self, original)
        body = list(node.body.body)
        text = body and isinstance(body[0], cst.SimpleStatementLine) and isinstance(body[0].body[0], cst.Expr)
        body.insert(1 if text else 0, line)
        return node.with_changes(body=node.body.with_changes(body=body))


def _taken_by(function: cst.CSTNode, step: str, context: Context) -> bool:
    """Whether a function of TensorFlow that takes fractions only is called with the step."""
    found = False

    class Finder(Reader):
        def visit_Call(self, node: cst.Call) -> None:
            nonlocal found
            if context.full_name(node.func) in _FLOATS:
                found = found or any(re.search(rf"\b{step}\b", code(arg.value)) for arg in node.args)

    Finder().read(function)
    return found


class GlobalStep(Rule):
    """An optimizer counts its steps itself."""

    name = "global-step"
    matches = "`optimizer.apply_gradients(pairs, global_step=tf.train.get_or_create_global_step())`"
    since = "TensorFlow 2.0"
    why = "An optimizer counts in `optimizer.iterations`; it takes no step to count up."
    source = "https://keras.io/api/optimizers/"
    marks = False
    methods = ("apply_gradients",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        value = Arguments(original).get("global_step")
        if value is None or arguments.remove("global_step") is None:
            return None
        if isinstance(value, cst.Call):
            context.findings = [row for row in context.findings if row[1] not in (value, value.func)]
            context.comments[-1] = [said for said in context.comments[-1] if "global_step" not in said]
            context.forget(value.func)
        context.change(self, original)
        return arguments.call()


class ClosedOverTensor(Rule):
    """A loss cannot use a symbolic tensor of the model."""

    name = "loss-of-tensor"
    matches = "`model.compile(loss=my_loss(advantage))` where `advantage` is an `Input`"
    since = "TensorFlow 2.0 and Keras 3.0"
    why = "A loss is computed on values; a symbolic tensor of the model has none there."
    source = "https://keras.io/api/losses/"
    marks = False
    methods = ("compile",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        loss = Arguments(original).get("loss", 1)
        several = elements(loss) or ([loss] if loss is not None else [])
        if isinstance(loss, cst.Dict):
            several = [each.value for each in loss.elements if isinstance(each, cst.DictElement)]
        for each in several:
            if not isinstance(each, cst.Call) or not isinstance(each.func, cst.Name):
                continue
            if each.func.value not in context.analysis.functions:
                continue
            tensors = [code(arg.value) for arg in each.args if context.kind(arg.value) == "tensor"]
            if tensors:
                context.find(
                    self,
                    original,
                    f"the loss uses the symbolic tensor `{tensors[0]}`, which has no value there in Keras 3; closest "
                    "today: a layer that gets it with y_true and calls self.add_loss, or its values within y_true",
                )
        return None


_TAKEN_APART = re.compile(r"\.layers\.pop\b|bound_nodes\b|\.outputs?\s*=[^=]")
_OLD = re.compile(
    r"\b(?:nb_epoch|nb_filter|border_mode|fit_generator|outbound_nodes|np_utils|samples_per_epoch|output_dim)\b"
    r"|\bModel\(\s*input\s*=|[(,]\s*lr\s*=|\.outputs\s*=\s*\[|\bkeras\.layers\.(?:core|convolutional)\b"
)
"""What a program has that was written before Keras 2.2."""


class PoppedLayers(Rule):
    """The list of a model's layers is a copy."""

    name = "popped-layers"
    matches = "`vgg.layers.pop()`, `vgg.outputs = [vgg.layers[-1].output]`, `layer.outbound_nodes = []`"
    since = "Keras 2.2"
    why = "`model.layers` is a copy, so that taking from it changes nothing; a model up to the layer before is made."
    source = MIGRATING
    silent = True
    marks = False
    statements = True

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        if len(original.body) != 1 or not context.remember("taken apart", lambda: _TAKEN_APART.search(context.code)):
            return None
        small = original.body[0]
        if isinstance(small, cst.Expr) and isinstance(small.value, cst.Call):
            return self._popped(node, small.value, original, context)
        if not isinstance(small, cst.Assign) or len(small.targets) != 1:
            return None
        target = small.targets[0].target
        if not isinstance(target, cst.Attribute):
            return None
        if target.attr.value in ("outbound_nodes", "inbound_nodes", "_outbound_nodes", "_inbound_nodes"):
            context.change(self, original, "A layer's nodes are Keras' own; a new model needs no cutting.")
            return self._gone(original, context)
        model = code(target.value)
        if target.attr.value in ("outputs", "output") and self._pops(model, context):
            ends = (f"[{model}.layers[-1].output]", f"{model}.layers[-1].output")
            if code(small.value) in ends:
                context.change(self, original, "A model's outputs are those that it was made with.")
                return self._gone(original, context)
        if target.attr.value in ("outputs", "output") and context.kind(target.value) == "model":
            context.find(
                self, original, "a model's outputs cannot be set; closest today: Model(model.inputs, the new outputs)"
            )
        return None

    @staticmethod
    def _old(original: cst.SimpleStatementLine, context: Context) -> bool:
        """Whether a program is of the time when the list was the model's own; `tf.keras` always gave a copy."""
        told = any(
            line.comment is not None and "layers is a copy" in line.comment.value for line in original.leading_lines
        )
        other = any(re.match(r"tensorflow\b.*\bkeras\b", target) for target in context.analysis.imports.values())
        return not told and not other and _OLD.search(context.code) is not None

    @staticmethod
    def _gone(original: cst.SimpleStatementLine, context: Context) -> list[cst.BaseStatement] | None:
        """Take a line out of a program's top level or function; a block must keep a statement."""
        if original in context.module.body:
            return []
        passed: list[cst.BaseStatement] = [original.with_changes(body=[cst.Pass()])]
        return passed

    @staticmethod
    def _pops(model: str, context: Context) -> bool:
        """Whether layers were taken off a model, in this round or one before."""
        return f"{model}.layers.pop()" in context.code or f"{model}.layers[-2].output)" in context.code

    def _popped(
        self, node: cst.SimpleStatementLine, call: cst.Call, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        func = call.func
        if not isinstance(func, cst.Attribute) or func.attr.value != "pop" or call.args:
            return None
        held = func.value
        if not isinstance(held, cst.Attribute) or held.attr.value != "layers":
            return None
        model = held.value
        if context.kinds.is_sequential(model, context.scope):
            context.change(self, original, "`model.layers` is a copy; `model.pop()` takes the last layer off.")
            return [node.with_changes(body=[cst.Expr(expression("{model}.pop()", model=model))])]
        owner = context.scope.owner(model.value) if isinstance(model, cst.Name) else None
        known = owner is context.scope and context.kind(model) == "model" and self._old(original, context)
        if not known or not isinstance(model, cst.Name):
            context.find(
                self,
                original,
                "model.layers is a copy, pop() changes nothing; closest today: Model(model.inputs, "
                "model.layers[-2].output)",
            )
            return None
        made = expression(
            "{Model}({model}.inputs, {model}.layers[-2].output)",
            Model=context.refer("keras.models.Model"),
            model=model,
        )
        context.change(self, original)
        return [node.with_changes(body=[cst.Assign([cst.AssignTarget(model)], made)])]


RULES: tuple[type[Rule], ...] = (
    TensorShapeTuples, ScheduleStep, GlobalStep, ClosedOverTensor, PoppedLayers,
)  # fmt: skip
