"""Models that are trained in turn, as those of a GAN: what is frozen for one of them, and whose optimizer it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from runner.upgrade.analysis import Scope, dotted
from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import code, expression, truth
from runner.upgrade.rule import Rule
from runner.upgrade.walking import Reader

_TRAINS = ("train_on_batch", "fit", "fit_generator")


class FrozenAfterCompile(Rule):
    """A model that was frozen after it was compiled still learns when it is trained by itself."""

    name = "frozen-after-compile"
    matches = "`d.compile(…)`, then `d.trainable = False` for a combined model, then `d.train_on_batch(…)`"
    since = "Keras 3.0"
    why = (
        "Keras 2 froze a model for what was compiled afterwards; Keras 3 freezes it at once, and the model would learn "
        "nothing any more: it is thawed where it is trained by itself."
    )
    source = "https://keras.io/guides/transfer_learning/"
    silent = True
    marks = False
    blocks = True

    def block(
        self, body: list[cst.BaseStatement], original: Sequence[cst.CSTNode], context: Context
    ) -> list[cst.BaseStatement] | None:
        frozen = context.remember("frozen models", lambda: _frozen(context))
        if not frozen or len(body) != len(original):
            return None
        trained = [_trained(statement) for statement in original]
        starts: dict[int, str] = {}
        ends: dict[int, str] = {}
        running: tuple[str, int] | None = None  # the model that is trained here, and where it was trained last
        for number, models in enumerate(trained):
            if running is not None and models and models != {running[0]}:
                ends[running[1]] = running[0]
                running = None
            if len(models) == 1 and (only := next(iter(models))) in frozen:
                if running is None:
                    starts[number] = only
                running = only, number
        if running is not None:
            ends[running[1]] = running[0]
        if not starts:
            return None
        made: list[cst.BaseStatement] = []
        for number, node in enumerate(body):
            statement: Any = node
            if number in starts:
                context.change(self, original[number])
                made.append(_setting(starts[number], "True").with_changes(leading_lines=statement.leading_lines))
                statement = statement.with_changes(leading_lines=[])
            made.append(statement)
            if number in ends:
                made.append(_setting(ends[number], "False"))
        return made


def _setting(model: str, value: str) -> cst.SimpleStatementLine:
    target = cst.AssignTarget(cst.ensure_type(expression(f"{model}.trainable"), cst.Attribute))
    return cst.SimpleStatementLine([cst.Assign([target], cst.Name(value))])


def _trained(statement: cst.CSTNode) -> set[str]:
    """Return the models that a simple statement trains."""
    found: set[str] = set()

    class Finder(Reader):
        def visit_Call(self, node: cst.Call) -> None:
            if isinstance(node.func, cst.Attribute) and node.func.attr.value in _TRAINS:
                found.add(dotted(node.func.value) or code(node.func.value))

    if isinstance(statement, cst.SimpleStatementLine):
        Finder().read(statement)
    return found


def _frozen(context: Context) -> frozenset[str]:
    """Return the models that are frozen only after they were compiled, and never thawed."""
    lines = context.places.lines
    frozen: dict[str, list[int]] = {}
    thawed: set[str] = set()

    class Finder(Reader):
        def visit_Assign(self, node: cst.Assign) -> None:
            for target in node.targets:
                held = target.target
                if not isinstance(held, cst.Attribute) or held.attr.value != "trainable":
                    continue
                model = dotted(held.value)
                if model is not None and truth(node.value) is False:
                    frozen.setdefault(model, []).append(lines.get(id(held), 0))
                elif model is not None:
                    thawed.add(model)

    Finder().read(context.module)
    result = set()
    for model, where in frozen.items():
        compiled = [
            lines.get(id(call), 0)
            for call, _ in context.analysis.method_calls.get("compile", ())
            if isinstance(call.func, cst.Attribute) and dotted(call.func.value) == model
        ]
        if compiled and model not in thawed and max(compiled) < min(where):
            result.add(model)
    return frozenset(result)


class SharedOptimizer(Rule):
    """Each model has an optimizer of its own."""

    name = "shared-optimizer"
    matches = "`d.compile(optimizer=adam)` and `combined.compile(optimizer=adam)`"
    since = "Keras 3.0"
    why = "An optimizer keeps to the weights of the model that it trained first; another model gets a copy of it."
    source = "https://keras.io/api/optimizers/"
    marks = False
    methods = ("compile",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        shared = context.remember("shared optimizers", lambda: _shared(context))
        return self.copied(node, original, context) if id(original) in shared else None

    def copied(self, node: cst.Call, original: cst.Call, context: Context) -> cst.BaseExpression | None:
        """Return a call of `compile` with a copy of the optimizer."""
        arguments = Arguments(node)
        optimizer = arguments.get("optimizer", 0)
        if optimizer is None or dotted(optimizer) is None:
            return None
        arguments.replace(optimizer, expression("{o}.from_config({o}.get_config())", o=optimizer))
        context.change(self, original)
        return arguments.call()


class OwnOptimizer(SharedOptimizer):
    """Each of several models that a function or a loop makes has an optimizer of its own."""

    name = "own-optimizer"
    matches = "`model.compile(optimizer=adam)` in a loop or function, with one `adam` for all"
    on_error = r"Unknown variable|cannot recognize variable|optimizer was built with"

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        return self.copied(node, original, context)


def _shared(context: Context) -> frozenset[int]:
    """Return the calls of `compile` whose optimizer another model was compiled with before."""
    first: dict[tuple[str, int], str] = {}
    found: set[int] = set()
    trained = {
        code(call.func.value)
        for method in _TRAINS
        for call, _ in context.analysis.method_calls.get(method, ())
        if isinstance(call.func, cst.Attribute)
    }
    for call, scope in context.analysis.method_calls.get("compile", ()):
        optimizer = Arguments(call).get("optimizer", 0)
        chain = dotted(optimizer) if optimizer is not None else None
        if optimizer is None or chain is None or not isinstance(call.func, cst.Attribute):
            continue
        if context.kinds.of(optimizer, scope) != "optimizer":
            continue
        owner: Scope | None = scope.owner(chain.partition(".")[0])
        attributes = context.analysis.attributes.get(chain, [])
        made = owner.assigned.get(chain, []) if owner is not None and "." not in chain else attributes
        model = code(call.func.value)
        if len(made) != 1 or model not in trained:
            continue  # the name stands for one optimizer after the other, or this model never needs it
        if first.setdefault((chain, 0 if "." in chain else id(owner)), model) != model:
            found.add(id(call))
    return frozenset(found)


RULES: tuple[type[Rule], ...] = (FrozenAfterCompile, SharedOptimizer, OwnOptimizer)
