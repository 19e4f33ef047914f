"""Optimizers: the learning rate's name, its decay, and defaults that moved."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.moved import RENAMED
from runner.upgrade.nodes import code, expression, is_none, number, text_of
from runner.upgrade.rule import Rule
from runner.upgrade.rules.layer_arguments import RenamedArguments

OPTIMIZERS = "https://keras.io/api/optimizers/"
_CLASSES = ("SGD", "Adam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl", "AdamW")
_LOWER = ("sgd", "adam", "rmsprop", "adagrad", "adadelta", "adamax", "nadam", "RMSProp")
_NAMES = tuple(f"keras.optimizers.{name}" for name in (*_CLASSES, *_LOWER))
_DEFAULT_RATES: dict[str, str] = {
    "SGD": "0.01", "Adam": "0.001", "RMSprop": "0.001", "Adagrad": "0.001", "Adadelta": "0.001", "Adamax": "0.001",
    "Nadam": "0.001", "Ftrl": "0.001", "AdamW": "0.001",
}  # fmt: skip


def _class(name: str) -> str:
    return RENAMED.get(name, name).rpartition(".")[2]


class LearningRate(RenamedArguments):
    """The learning rate is `learning_rate`."""

    name = "learning-rate"
    matches = "`Adam(lr=0.001)`, `model.optimizer.lr`"
    since = "Keras 3.0"
    source = OPTIMIZERS
    calls = _NAMES
    attributes = ("lr",)
    renames: ClassVar[dict[str, str]] = {"lr": "learning_rate"}

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        if not (isinstance(node, cst.Attribute) and isinstance(original, cst.Attribute)):
            return None
        if context.kind(original.value) != "optimizer":
            return None
        context.change(self, original, "`lr` is `learning_rate` since Keras 3.0.")
        return node.with_changes(attr=cst.Name("learning_rate"))


class Decay(Rule):
    """A decaying learning rate is a schedule."""

    name = "learning-rate-decay"
    matches = "`SGD(lr=0.01, decay=1e-6)`"
    since = "Keras 3.0"
    why = (
        "Keras 3 drops `decay` with a warning and trains on at the full learning rate; the schedule `InverseTimeDecay` "
        "computes what `decay` did."
    )
    source = "https://keras.io/api/optimizers/learning_rate_schedules/inverse_time_decay/"
    silent = True
    calls = _NAMES

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        decay = arguments.get("decay")
        if decay is None:
            return None
        arguments.remove("decay")
        if number(decay) != 0 and not is_none(decay):
            rate = arguments.get("learning_rate", 0) or arguments.get("lr")
            default = cst.Float(_DEFAULT_RATES.get(_class(name), "0.001"))
            schedule = expression(
                "{Decay}({rate}, decay_steps=1, decay_rate={decay})",
                Decay=context.refer("keras.optimizers.schedules.InverseTimeDecay"),
                rate=rate if rate is not None else default,
                decay=decay,
            )
            if rate is not None:
                arguments.replace(rate, schedule)
            else:
                arguments.set("learning_rate", schedule)
        context.change(self, original)
        return arguments.call()


class DroppedOptimizerArguments(Rule):
    """Arguments of optimizers that are gone."""

    name = "optimizer-arguments"
    matches = "`Nadam(schedule_decay=…)`, `Adam(epsilon=None)`"
    since = "Keras 3.0"
    why = "This argument is gone; Keras 3 uses what was its default."
    source = OPTIMIZERS
    calls = _NAMES

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        gone = [
            arguments.remove(keyword)
            for keyword in ("schedule_decay", "initial_decay", "jit_compile", "is_legacy_optimizer")
        ]
        if is_none(arguments.get("epsilon")):
            gone.append(arguments.remove("epsilon"))
        if not any(value is not None for value in gone):
            return None
        context.change(self, original)
        return arguments.call()


class OptimizerDefaults(Rule):
    """Learning rates that were the default in Keras 1 are written out."""

    name = "optimizer-defaults"
    matches = "`Adadelta()`, `optimizer='adadelta'`, `Adagrad()`, `Adamax()`, `Nadam()` in a Keras 1 program"
    since = "Keras 2.4"
    why = "The default learning rate of this optimizer was another in Keras 1: Adadelta's fell from 1.0 to 0.001."
    source = OPTIMIZERS
    silent = True
    legacy_only = True
    _RATES: ClassVar[dict[str, str]] = {"Adadelta": "1.0", "Adagrad": "0.01", "Adamax": "0.002", "Nadam": "0.002"}
    calls = tuple(f"keras.optimizers.{name}" for name in (*_RATES, *(rate.lower() for rate in _RATES)))
    methods = ("compile",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        if name != "compile":
            if arguments.has("learning_rate", 0) or arguments.has("lr") or arguments.spread:
                return None
            arguments.set("learning_rate", cst.Float(self._RATES[_class(name)]))
            if _class(name) == "Adagrad":
                arguments.set("initial_accumulator_value", cst.Float("0.0"))
            context.change(self, original)
            return arguments.call()
        value = arguments.get("optimizer", 0)
        said = (text_of(value) or "").capitalize()
        if value is None or said not in self._RATES:
            return None
        made = expression(
            "{Optimizer}(learning_rate={rate}" + (", initial_accumulator_value=0.0)" if said == "Adagrad" else ")"),
            Optimizer=context.refer(f"keras.optimizers.{said}"),
            rate=cst.Float(self._RATES[said]),
        )
        arguments.replace(value, made)
        context.change(self, original)
        return arguments.call()


class AdadeltaDefault(Rule):
    """Adadelta without a learning rate learns a thousand times slower than before Keras 2.4."""

    name = "adadelta-default"
    modern_only = True
    matches = "`Adadelta()`, `optimizer='adadelta'` in any program"
    since = "Keras 2.4"
    why = "The default learning rate fell from 1.0 to 0.001."
    source = OPTIMIZERS
    silent = True
    marks = False
    calls = ("keras.optimizers.Adadelta", "keras.optimizers.adadelta")
    methods = ("compile",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(original)
        if name == "compile":
            plain = text_of(arguments.get("optimizer", 0)) in ("adadelta", "Adadelta")
        else:
            plain = not (arguments.has("learning_rate", 0) or arguments.has("lr") or arguments.spread)
        if plain and not context.legacy:
            message = "Adadelta's default learning rate was 1.0 until Keras 2.3 and is 0.001 today; say which you mean"
            context.find(self, original, message, comment=False)
        return None


class MovedDefaults(Rule):
    """Small numbers that old programs left to Keras, and that moved."""

    name = "moved-defaults"
    matches = "`Adam()`, `optimizer='rmsprop'`, `BatchNormalization()` without epsilon in a Keras 1 program"
    since = "Keras 1.2 and 2.1"
    why = "The defaults of epsilon, and of batch normalization's momentum, moved between versions."
    source = OPTIMIZERS
    silent = True
    legacy_only = True
    marks = False
    calls = (*_NAMES, "keras.layers.BatchNormalization")
    methods = ("compile",)
    _SAID: ClassVar[dict[str, str]] = {
        "Adam": "Adam's epsilon was 1e-8 until Keras 2.1 and is 1e-7: give epsilon=1e-8 for the same numbers",
        "RMSprop": "RMSprop's epsilon was 1e-8 until Keras 2.1 and is 1e-7: give epsilon=1e-8 for the same numbers",
        "BatchNormalization": (
            "BatchNormalization began with momentum=0.9, epsilon=1e-6 in Keras 1.0; since 1.2 they are 0.99 and 1e-3"
        ),
    }

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        if name == "compile":
            said = {"adam": "Adam", "rmsprop": "RMSprop"}.get(
                (text_of(arguments.get("optimizer", 0)) or "").lower(), ""
            )
        else:
            said = "" if arguments.has("epsilon") or arguments.spread else _class(name)
        told: set[str] = context.remember("moved defaults", set)
        if said in self._SAID and said not in told:
            told.add(said)
            context.find(self, original, self._SAID[said], comment=False)
        return None


class ResetAfter(Rule):
    """A GRU of Keras 1 had one bias a gate."""

    name = "gru-reset-after"
    matches = "`GRU(32)` in a Keras 1 program"
    since = "Keras 2.4"
    why = (
        "GRU applies its reset gate after the product by default since then, with other parameters: this keeps the old."
    )
    source = "https://keras.io/api/layers/recurrent_layers/gru/"
    silent = True
    legacy_only = True
    calls = ("keras.layers.GRU",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        if arguments.has("reset_after") or arguments.spread or not len(arguments):
            return None
        arguments.set("reset_after", cst.Name("False"))
        context.change(self, original)
        return arguments.call()


class RecurrentActivation(Rule):
    """The gates of old recurrent layers were another function."""

    name = "recurrent-activation"
    matches = "`LSTM(32)` or `GRU(32)` in a Keras 1 program, or `recurrent_activation='hard_sigmoid'`"
    since = "Keras 2.4 (another `hard_sigmoid`: Keras 3.0)"
    why = "The gates' default was hard_sigmoid, and that function has another slope today."
    source = "https://keras.io/api/layers/activations/#hardsigmoid-function"
    silent = True
    marks = False
    calls = ("keras.layers.LSTM", "keras.layers.GRU")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        said = text_of(arguments.get("recurrent_activation") or arguments.get("inner_activation"))
        if said == "hard_sigmoid":
            message = (
                "hard_sigmoid is relu6(x + 3) / 6 today and was clip(0.2 x + 0.5, 0, 1): old weights give other values"
            )
            context.find(self, original, message, comment=False)
        elif said is None and context.legacy and not arguments.spread and len(arguments):
            told: set[str] = context.remember("gates", set)
            if not told:  # once a program: it holds for all its recurrent layers
                told.add(name)
                message = (
                    "the gates' default was clip(0.2 x + 0.5, 0, 1) and is sigmoid: old weights give other values; for "
                    "the same numbers give recurrent_activation=lambda x: keras.ops.clip(0.2 * x + 0.5, 0, 1)"
                )
                context.find(self, original, message, comment=False)
        return None


class OwnUpdates(Rule):
    """An optimizer of one's own says how one variable is updated."""

    name = "own-updates"
    matches = "`def get_updates(self, loss, params)` in a class that derives from `Optimizer`"
    since = "Keras 3.0"
    why = "Nobody calls `get_updates` any more: an optimizer has `build` and `update_step` for one variable."
    source = "https://keras.io/api/optimizers/"
    silent = True
    marks = False
    definitions = True

    def definition(
        self, node: cst.ClassDef | cst.FunctionDef, original: cst.ClassDef | cst.FunctionDef, context: Context
    ) -> cst.ClassDef | cst.FunctionDef | None:
        if isinstance(original, cst.FunctionDef) and original.name.value == "get_updates":
            message = (
                "get_updates was removed; closest today: build(variables) that makes the state, and "
                "update_step(gradient, variable, learning_rate); see also AdamW and weight_decay=…"
            )
            context.find(self, original, message)
            kept = [each for each in node.decorators if "legacy_get_updates_support" not in code(each.decorator)]
            if len(kept) < len(node.decorators):
                context.forget(cst.Name("legacy_get_updates_support"))
                context.forget(cst.Name("interfaces"))
                context.change(self, original, "The decorator of old Keras is gone.")
                return node.with_changes(decorators=kept)
        return None


RULES: tuple[type[Rule], ...] = (
    OwnUpdates,
    Decay, LearningRate, DroppedOptimizerArguments, OptimizerDefaults, AdadeltaDefault, MovedDefaults, ResetAfter,
    RecurrentActivation,
)  # fmt: skip
