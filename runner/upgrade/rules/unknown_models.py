"""Old methods of models on objects of which nobody can tell whether they are models."""

from __future__ import annotations

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.rule import Rule
from runner.upgrade.rules.training import TRAINING


class UnknownModels(Rule):
    """An object from another package, or in a program without Keras, is left as it is."""

    name = "unknown-models"
    matches = "`m.fit_generator(…)` or `m.fit(…, nb_epoch=2)` after `from mylib import Model`, `m = Model()`"
    since = "Keras 2.0 and 3.0"
    why = "Only objects that may be Keras' are rewritten; this one comes from a package that is not known."
    source = TRAINING
    marks = False
    of_any = True
    methods = ("fit", "fit_generator", "evaluate_generator", "predict_generator", "predict_classes")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if not isinstance(original.func, cst.Attribute) or id(original.func) in context.provenance.guarded:
            return None
        receiver = original.func.value
        if context.may_be_keras(receiver) or context.provenance.of(receiver, context.scope) == "foreign":
            return None
        if name == "fit" and not Arguments(original).has("nb_epoch"):
            return None
        old = "nb_epoch" if name == "fit" else name
        today = {"nb_epoch": "epochs=…", "predict_classes": "argmax of predict(…)"}.get(
            old, f"{name.partition('_')[0]}(…)"
        )
        message = f"it is not known whether this is a Keras model and was left; if it is, `{old}` is {today} today"
        context.find(self, original, message, comment=False)
        return None


RULES: tuple[type[Rule], ...] = (UnknownModels,)
