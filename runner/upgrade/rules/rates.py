"""Learning rates that are set while training, in programs where they decay as well."""

from __future__ import annotations

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import code, expression, is_none, number
from runner.upgrade.rule import Rule

_RATE = ("lr", "learning_rate")
_OPTIMIZERS = ("SGD", "Adam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl", "AdamW")


class RateOfSchedule(Rule):
    """What decays is a schedule, and a number cannot be put in its place."""

    name = "rate-of-schedule"
    matches = "`K.set_value(model.optimizer.lr, 0.01)` and `ReduceLROnPlateau()` in a program with `decay=`"
    since = "Keras 3.0"
    why = "The rate decays, so that it is a schedule in Keras 3, which only another schedule may replace."
    source = "https://keras.io/api/optimizers/learning_rate_schedules/"
    marks = False
    statements = True
    calls = ("keras.callbacks.ReduceLROnPlateau", "keras.callbacks.LearningRateScheduler")

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        small, new = original.body[0], node.body[0]
        decays = _decays(context) if len(original.body) == 1 else []
        if not decays:
            return None
        optimizer = self._optimizer(small, context)
        if optimizer is None:
            return None
        context.find(
            self,
            original,
            "the rate that decays is a schedule, and a new one takes its place: compile the model again before it "
            "trains on; learning_rate is the decayed rate, where lr was the one that it began with",
        )
        value = self._value(new)
        if value is None or len(decays) > 1 or number(decays[0]) is None:
            return None
        if isinstance(small, cst.Expr) and isinstance(small.value, cst.Call):
            context.forget(small.value.func)
        context.change(self, original)
        made = expression(
            "{Decay}({rate}, decay_steps=1, decay_rate={decay})",
            Decay=context.refer("keras.optimizers.schedules.InverseTimeDecay"),
            rate=value,
            decay=decays[0],
        )
        target = cst.AssignTarget(cst.Attribute(optimizer, cst.Name("learning_rate")))
        return [node.with_changes(body=[cst.Assign([target], made)])]

    @staticmethod
    def _optimizer(small: cst.BaseSmallStatement, context: Context) -> cst.BaseExpression | None:
        """Return the optimizer whose rate a statement sets to a number."""
        rate: cst.BaseExpression | None = None
        if isinstance(small, cst.Assign) and len(small.targets) == 1:
            if "Decay(" in code(small.value) or "Schedule(" in code(small.value):
                return None
            rate = small.targets[0].target
        elif isinstance(small, cst.Expr) and isinstance(small.value, cst.Call):
            call = small.value
            if context.name(call.func) == "keras.backend.set_value":
                rate = Arguments(call).get("x", 0)
            elif isinstance(call.func, cst.Attribute) and call.func.attr.value in ("assign", "set_value"):
                rate = call.func.value
        if not isinstance(rate, cst.Attribute) or rate.attr.value not in _RATE:
            return None
        return rate.value if context.kind(rate.value) == "optimizer" else None

    @staticmethod
    def _value(small: cst.BaseSmallStatement) -> cst.BaseExpression | None:
        """Return the number that a statement sets a rate to, as other rules left it."""
        if isinstance(small, cst.Assign):
            return small.value
        call = small.value if isinstance(small, cst.Expr) else None
        if not isinstance(call, cst.Call) or not call.args:
            return None
        return call.args[-1].value

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if _decays(context):
            context.find(
                self,
                original,
                f"{name.rpartition('.')[2]} cannot set a rate that decays, as decay=… makes it a schedule: choose one",
            )
        return None


def _decays(context: Context) -> list[cst.BaseExpression]:
    """Return the numbers by which the rates of the program's optimizers decay."""

    def found() -> list[cst.BaseExpression]:
        result = []
        for name in (*_OPTIMIZERS, *(each.lower() for each in _OPTIMIZERS)):
            for table in (context.analysis.calls, context.analysis.method_calls):
                for call, scope in table.get(name, ()):
                    today = context.kinds.name(call.func, scope) or ""
                    decay = Arguments(call).get("decay")
                    some = decay is not None and not is_none(decay) and number(decay) != 0
                    if decay is not None and some and today.startswith("keras.optimizers."):
                        result.append(decay)
        return result

    made: list[cst.BaseExpression] = context.remember("decays", found)
    return made


RULES: tuple[type[Rule], ...] = (RateOfSchedule,)
