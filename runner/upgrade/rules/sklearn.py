"""The wrappers for scikit-learn."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import expression
from runner.upgrade.rule import Rule


class SklearnWrappers(Rule):
    """`KerasClassifier` and `KerasRegressor` are `SKLearnClassifier` and `SKLearnRegressor`."""

    name = "sklearn-wrappers"
    matches = "`KerasClassifier(build_fn=create_model, epochs=10)`"
    since = "Keras 3.0"
    why = "The wrappers take a function of the data, `model`, and what `fit` is called with as `fit_kwargs`."
    source = "https://keras.io/api/utils/sklearn_wrappers/"
    marks = False
    calls = tuple(f"keras.wrappers.{name}" for name in ("KerasClassifier", "KerasRegressor"))
    _FIT: ClassVar[tuple[str, ...]] = (
        "epochs",
        "nb_epoch",
        "batch_size",
        "verbose",
        "callbacks",
        "validation_split",
        "shuffle",
    )

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        build = arguments.get("build_fn", 0)
        if build is None or arguments.spread:
            return None
        made = Arguments(
            expression("{Wrapper}(lambda X, y, **options: {build}(**options))", Wrapper=node.func, build=build)
        )
        fit: list[str] = []
        values: dict[str, cst.BaseExpression] = {}
        rest: dict[str, cst.BaseExpression] = {}
        for arg in arguments:
            if arg.keyword is None or arg.keyword.value == "build_fn":
                continue
            keyword = arg.keyword.value
            if keyword in self._FIT:
                fit.append({"nb_epoch": "epochs"}.get(keyword, keyword))
                values[fit[-1]] = arg.value
            else:
                rest[keyword] = arg.value
        if rest:
            made.set("model_kwargs", _dictionary(rest))
        if values:
            made.set("fit_kwargs", _dictionary(values))
        context.change(self, original)
        return made.call()


def _dictionary(values: dict[str, cst.BaseExpression]) -> cst.BaseExpression:
    made: cst.BaseExpression = expression("dict(" + ", ".join(f"{name}={{{name}}}" for name in values) + ")", **values)
    return made


RULES: tuple[type[Rule], ...] = (SklearnWrappers,)
