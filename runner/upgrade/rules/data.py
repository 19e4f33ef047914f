"""What a model is fed and judged by: several outputs, generators, and targets by name."""

from __future__ import annotations

import re
from typing import Any

import libcst as cst

from runner.upgrade.analysis import Scope, dotted
from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.installed import missing
from runner.upgrade.moved import merged
from runner.upgrade.nodes import code, elements, expression, text_of
from runner.upgrade.rule import Rule
from runner.upgrade.rules.training import TRAINING
from runner.upgrade.walking import Reader, Rewriter

_MODELS = ("keras.models.Model", "keras.Model")
_FED = ("fit", "fit_generator", "evaluate", "evaluate_generator", "predict", "predict_generator")


def _outputs(model: cst.BaseExpression, context: Context) -> int | None:
    """Return how many outputs a model has that the program makes of tensors, None where nobody can tell."""
    chain = dotted(model) or ""
    owner = context.scope.owner(chain)
    values = owner.assigned.get(chain, []) if owner is not None else context.analysis.attributes.get(chain, [])
    for value, where in values[-1:]:
        scope = where if isinstance(where, Scope) else owner
        if not isinstance(value, cst.Call) or scope is None:
            return None
        if context.kinds.name(value.func, scope) not in _MODELS:
            return None
        arguments = Arguments(value)
        given = arguments.get("outputs", 1) or arguments.get("output")
        if isinstance(given, cst.Name):
            several = scope.owner(given.value)
            found = several.assigned.get(given.value, []) if several is not None else []
            if len(found) != 1 or found[0][1] is not None:
                return None
            given = found[0][0] if elements(found[0][0]) is not None else given
        held = elements(given)
        if held is not None:
            return len(held)
        return 1 if given is not None and context.kinds.of(given, scope) == "tensor" else None
    return None


def _told_by_losses(loss: cst.BaseExpression | None, context: Context) -> int | None:
    """Return how many losses a model is compiled with, None where it is one or nobody can tell."""
    if isinstance(loss, cst.Name):
        owner = context.scope.owner(loss.value)
        found = owner.assigned.get(loss.value, []) if owner is not None else []
        loss = found[0][0] if len(found) == 1 and found[0][1] is None else None
    if isinstance(loss, cst.Dict | cst.List | cst.Tuple):
        return len(loss.elements)
    return None


class MetricsPerOutput(Rule):
    """A model with several outputs is told its metrics for each."""

    name = "metrics-per-output"
    matches = "`Model(x, [a, b])` and `compile(metrics=['accuracy'])`"
    since = "Keras 3.0"
    why = "One list of metrics was for every output; Keras 3 takes a list of lists, one for each output."
    source = TRAINING
    silent = True
    marks = False
    methods = ("compile",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        metrics = arguments.get("metrics", 2)
        held = elements(metrics)
        receiver = original.func.value if isinstance(original.func, cst.Attribute) else None
        if metrics is None or not held or receiver is None or not isinstance(metrics, cst.List):
            return None
        if any(isinstance(each, cst.List | cst.Tuple | cst.Dict) or text_of(each) is None for each in held):
            return None
        loss = arguments.get("loss", 1)
        count = _outputs(receiver, context) or _told_by_losses(loss, context)
        if count is None or count < 2 or (len(held) == count and not context.legacy):
            return None
        keys = (
            [pair.key for pair in loss.elements if isinstance(pair, cst.DictElement)]
            if isinstance(loss, cst.Dict)
            else []
        )
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        made: cst.BaseExpression
        if len(keys) == count and all(text_of(key) is not None for key in keys):
            made = cst.Dict([cst.DictElement(key, metrics, comma=comma) for key in keys])
            made = made.with_changes(elements=[*made.elements[:-1], cst.DictElement(keys[-1], metrics)])
        else:
            made = cst.List([*(cst.Element(metrics, comma=comma) for _ in range(count - 1)), cst.Element(metrics)])
        arguments.replace(metrics, made)
        context.change(self, original)
        return arguments.call()


class SingleTarget(Rule):
    """The target of a model with one output is an array, not a dictionary of one."""

    name = "single-target"
    matches = "`fit(x, {'ctc': y})` of a model with one output"
    since = "Keras 3.0"
    why = "Targets by name are for models with several outputs; this one has one."
    source = TRAINING
    marks = False
    methods = ("fit", "evaluate", "train_on_batch", "test_on_batch")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        target = arguments.get("y", 1)
        receiver = original.func.value if isinstance(original.func, cst.Attribute) else None
        if not isinstance(target, cst.Dict) or len(target.elements) != 1 or receiver is None:
            return None
        (only,) = target.elements
        if not isinstance(only, cst.DictElement) or _outputs(receiver, context) != 1:
            return None
        arguments.replace(target, only.value)
        validation = arguments.get("validation_data")
        held = validation.elements if isinstance(validation, cst.Tuple) else []
        if validation is not None and len(held) > 1 and isinstance(given := held[1].value, cst.Dict):
            value = given.elements[0].value
            several = [held[0], held[1].with_changes(value=value), *held[2:]]
            arguments.replace(validation, validation.with_changes(elements=several))
        context.change(self, original)
        return arguments.call()


class GeneratorTuples(Rule):
    """A generator's batch is made of tuples."""

    name = "generator-tuples"
    matches = "`yield [a, b], y` in a generator that a model is fed from"
    since = "TensorFlow 2.0 and Keras 3.0"
    why = "Several inputs or targets of a generated batch are a tuple; in a list, TensorFlow's data sets refuse them."
    source = "https://keras.io/api/models/model_training_apis/"
    marks = False
    definitions = True

    def definition(
        self, node: cst.ClassDef | cst.FunctionDef, original: cst.ClassDef | cst.FunctionDef, context: Context
    ) -> cst.ClassDef | cst.FunctionDef | None:
        if not isinstance(node, cst.FunctionDef):
            return None
        wanted = context.remember("generators that feed", lambda: _feeding(context))
        if id(original) not in wanted:
            return None
        made = _Tuples().rewrite(node)
        if made is node:
            return None
        context.change(self, original)
        return made  # type: ignore[no-any-return]


class _Tuples(Rewriter):
    """Turns the lists of a yielded batch into tuples."""

    def leave_Yield(self, original_node: cst.Yield, updated_node: cst.Yield) -> cst.Yield:
        batch = updated_node.value
        if not isinstance(batch, cst.Tuple) or not 2 <= len(batch.elements) <= 3:
            return updated_node
        several = [self._element(element) for element in batch.elements]
        if all(new is old for new, old in zip(several, batch.elements, strict=True)):
            return updated_node
        return updated_node.with_changes(value=batch.with_changes(elements=several))

    @staticmethod
    def _element(element: cst.BaseElement) -> cst.BaseElement:
        value = element.value
        if not isinstance(value, cst.List) or not value.elements:
            return element
        held: Any = value.elements
        if len(held) == 1:
            return element.with_changes(value=held[0].value)
        made = cst.Tuple(held, lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        return element.with_changes(value=made)


def _feeding(context: Context) -> set[int]:
    """Return the functions whose result a model is fitted, evaluated or predicted from."""
    found: set[int] = set()
    for method in _FED:
        for call, scope in context.analysis.method_calls.get(method, ()):
            arguments = Arguments(call)
            for value in (arguments.get("x", 0), arguments.get("generator"), arguments.get("validation_data")):
                found.update(_makers(value, scope, context))
    return found


def _makers(value: cst.BaseExpression | None, scope: Scope, context: Context) -> list[int]:
    if isinstance(value, cst.Name):
        owner = scope.owner(value.value)
        values = owner.assigned.get(value.value, []) if owner is not None else []
        return [
            each for held, _ in values for each in _makers(held, owner or scope, context) if isinstance(held, cst.Call)
        ]
    if isinstance(value, cst.Call):
        name = (dotted(value.func) or "").rpartition(".")[2]
        function = context.analysis.functions.get(name)
        return [id(function)] if function is not None else []
    return []


class MetricTargets(Rule):
    """The true values that a metric of one's own gets."""

    name = "metric-targets"
    matches = "`def recall(y_true, y_pred): return K.sum(y_true * y_pred)`, given to `compile(metrics=[recall])`"
    since = "Keras 3.0"
    why = "Keras 2 gave a metric its true values in the predictions' type, Keras 3 gives them as they are."
    source = "https://keras.io/api/metrics/"
    marks = False
    definitions = True

    def definition(
        self, node: cst.ClassDef | cst.FunctionDef, original: cst.ClassDef | cst.FunctionDef, context: Context
    ) -> cst.ClassDef | cst.FunctionDef | None:
        if not isinstance(original, cst.FunctionDef) or original.name.value not in measured(context):
            return None
        if not _is_of_old(original, context):
            return None
        made = with_float_targets(node, context)
        if made is not None:
            context.change(self, original)
        return made


def measured(context: Context) -> frozenset[str]:
    """Return the names of the program's functions that it gives to `compile` as metrics."""

    def find() -> frozenset[str]:
        found: set[str] = set()
        for call, _ in context.analysis.method_calls.get("compile", ()):
            metrics = Arguments(call).get("metrics", 2)
            for each in elements(metrics) or ():
                found.update(inner.value for inner in elements(each) or (each,) if isinstance(inner, cst.Name))
        return frozenset(found & context.analysis.functions.keys())

    result: frozenset[str] = context.remember("measured by", find)
    return result


def with_float_targets(node: cst.ClassDef | cst.FunctionDef, context: Context) -> cst.FunctionDef | None:
    """Return a metric that first casts what is true; None where it computes nothing with it, or casts it itself."""
    if not isinstance(node, cst.FunctionDef) or not isinstance(node.body, cst.IndentedBlock):
        return None
    if len(node.params.params) < 2:
        return None
    true, predicted = (each.name.value for each in node.params.params[:2])
    said = code(node.body)
    if re.search(rf"(?:cast|to_float)\(\s*{true}\b", said) or not re.search(r"[\w)\]] ?[*+/-] ?[\w(]", said):
        return None
    line = expression(f"{{cast}}({true}, {predicted}.dtype)", cast=context.refer("keras.ops.cast"))
    made = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(true))], line)])
    body = list(node.body.body)
    first = body[0]
    documented = isinstance(first, cst.SimpleStatementLine) and isinstance(first.body[0], cst.Expr)
    at = 1 if documented and isinstance(first.body[0].value, cst.SimpleString) else 0  # type: ignore[attr-defined]
    return node.with_changes(body=node.body.with_changes(body=[*body[:at], made, *body[at:]]))


def _is_of_old(function: cst.FunctionDef, context: Context) -> bool:
    """Whether a function computes with functions of the backend that Keras 3 no longer has."""
    scope = context.analysis.scopes[id(function)]
    found = False

    class Finder(Reader):
        def visit_Call(self, node: cst.Call) -> None:
            nonlocal found
            name = context.kinds.resolve(node.func, scope)
            known = merged(name) if name is not None else None
            found = found or (known is not None and known.startswith("keras.backend.") and missing(known))

    Finder().read(function.body)
    return found


RULES: tuple[type[Rule], ...] = (MetricsPerOutput, SingleTarget, GeneratorTuples, MetricTargets)
