"""The wrappers for scikit-learn."""

from __future__ import annotations

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import is_none, truth
from runner.upgrade.rule import Rule

_SHARED = '''
class {name}:
    """A Keras model with the methods of scikit-learn's estimators, as `keras.wrappers.scikit_learn` had it."""

    _estimator_type = "{kind}"

    def __init__(self, build_fn=None, **options):
        self.build_fn, self.options = build_fn, options

    def get_params(self, deep=True):
        return {{"build_fn": self.build_fn, **self.options}}

    def set_params(self, **options):
        self.build_fn = options.pop("build_fn", self.build_fn)
        self.options.update(options)
        return self

    def __sklearn_tags__(self):
        from sklearn.base import {mixin}, BaseEstimator

        return type("Tagged", ({mixin}, BaseEstimator), {{}})().__sklearn_tags__()
'''
_CLASSIFIER = """
    def fit(self, x, y, **options):
        options = {**self.options, **options}
        build = self.build_fn.__code__.co_varnames[: self.build_fn.__code__.co_argcount]
        self.model = self.build_fn(**{name: value for name, value in options.items() if name in build})
        self.classes_ = sorted(set(y)) if len(y.shape) == 1 else None
        if self.classes_ is not None and self.model.output_shape[-1] > 1 and "sparse" not in str(self.model.loss):
            y = keras.utils.to_categorical([self.classes_.index(label) for label in y], len(self.classes_))
        fitting = {name: value for name, value in options.items() if name not in build}
        return self.model.fit(x, y, **fitting)

    def predict(self, x, **options):
        values = self.model.predict(x, verbose=0)
        chosen = values.argmax(axis=-1) if values.shape[-1] > 1 else (values > 0.5).astype("int32").ravel()
        return chosen if self.classes_ is None else keras.ops.convert_to_numpy(self.classes_)[chosen]

    def predict_proba(self, x, **options):
        return self.model.predict(x, verbose=0)

    def score(self, x, y, **options):
        labels = y.argmax(axis=-1) if len(y.shape) > 1 else y
        return float((self.predict(x) == labels).mean())
"""
_REGRESSOR = """
    def fit(self, x, y, **options):
        options = {**self.options, **options}
        build = self.build_fn.__code__.co_varnames[: self.build_fn.__code__.co_argcount]
        self.model = self.build_fn(**{name: value for name, value in options.items() if name in build})
        fitting = {name: value for name, value in options.items() if name not in build}
        return self.model.fit(x, y, **fitting)

    def predict(self, x, **options):
        return self.model.predict(x, verbose=0).squeeze()

    def score(self, x, y, **options):
        return -float(((self.predict(x) - y) ** 2).mean())
"""


class SklearnWrappers(Rule):
    """The wrappers for scikit-learn are a class in the program."""

    name = "sklearn-wrappers"
    matches = "`KerasClassifier(build_fn=create_model, epochs=10)`"
    since = "Keras 3.0"
    why = (
        "`keras.wrappers.scikit_learn` is gone; `keras.wrappers.SKLearnClassifier` takes other arguments and no model "
        "with one output, so a class in the program does what the old one did. The package SciKeras has one too."
    )
    source = "https://keras.io/api/utils/sklearn_wrappers/"
    marks = False
    calls = tuple(f"keras.wrappers.{name}" for name in ("KerasClassifier", "KerasRegressor"))
    references = calls

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        context.forget(original.func)
        context.change(self, original)
        return node.with_changes(func=self._class(name, context))

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        context.change(self, original)
        return self._class(name, context)

    @staticmethod
    def _class(name: str, context: Context) -> cst.Name:
        classifies = name.endswith("Classifier")
        made = "KerasModelClassifier" if classifies else "KerasModelRegressor"
        shared = _SHARED.format(
            name=made,
            kind="classifier" if classifies else "regressor",
            mixin="ClassifierMixin" if classifies else "RegressorMixin",
        )
        return context.helper(made, shared + (_CLASSIFIER if classifies else _REGRESSOR))


class FoldSeeds(Rule):
    """A seed for folds that are not shuffled."""

    name = "fold-seeds"
    matches = "`KFold(n_splits=10, random_state=7)`, `StratifiedKFold(…)` without `shuffle=True`"
    since = "scikit-learn 0.24"
    why = "Folds that are not shuffled are always the same; scikit-learn refuses a seed for them since 0.24."
    source = "https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.KFold.html"
    marks = False
    calls = ("sklearn.model_selection.KFold", "sklearn.model_selection.StratifiedKFold")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        shuffled = arguments.get("shuffle", 1)
        if arguments.spread or (shuffled is not None and truth(shuffled) is not False):
            return None
        seed = arguments.get("random_state")
        if seed is None or is_none(seed):
            return None
        arguments.remove("random_state")
        context.change(self, original)
        return arguments.call()


RULES: tuple[type[Rule], ...] = (SklearnWrappers, FoldSeeds)
