"""Data of Keras 1: arguments of its loaders, counters of its iterators, its filter of signs."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import expression, text_of
from runner.upgrade.rule import KERAS_2, Rule


class LoaderArguments(Rule):
    """What the loaders of data sets took once."""

    name = "loader-arguments"
    matches = "`imdb.load_data(path='imdb.pkl', test_split=0.1)`"
    since = "Keras 1.0 and 2.0"
    why = "The data are in other files today, under the default name; IMDB comes in two halves."
    source = "https://keras.io/api/datasets/imdb/"
    calls = ("keras.datasets.imdb.load_data", "keras.datasets.reuters.load_data", "keras.datasets.mnist.load_data")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        changed = False
        path = arguments.get("path", 0)
        said = text_of(path) or ""
        if said.endswith((".pkl", ".pkl.gz")):
            arguments.remove_at(arguments.index("path") or 0)
            changed = True
        if name == "keras.datasets.imdb.load_data" and arguments.remove("test_split") is not None:
            context.find(
                self,
                original,
                "imdb.load_data comes in two halves, test_split is gone; closest today: sklearn's train_test_split of "
                "both halves put together",
            )
            changed = True
        if not changed:
            return None
        context.change(self, original)
        return arguments.call()


class FlowCounters(Rule):
    """What iterators of images call their numbers."""

    name = "flow-counters"
    matches = "`batches.nb_sample`, `batches.nb_class`, `batches.N`"
    since = "Keras 2.0"
    why = "An iterator of images has `n` and `num_classes` since Keras 2.0."
    source = KERAS_2
    marks = False
    attributes = ("nb_sample", "nb_class", "N")
    _NAMES: ClassVar[dict[str, str]] = {"nb_sample": "n", "nb_class": "num_classes", "N": "n"}

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        if not isinstance(node, cst.Attribute) or not isinstance(original, cst.Attribute):
            return None
        known = context.kind(original.value) == "flow"
        # An object that a function of the program is given: the name is Keras' own, where nobody else sets it.
        own = any(path.endswith(f".{name}") for path in context.analysis.attributes)
        if not known and (name == "N" or own or "flow" not in context.code):
            return None
        context.change(self, original)
        return node.with_changes(attr=cst.Name(self._NAMES[name]))


class BaseFilter(Rule):
    """The signs that a tokenizer leaves out were given by a function."""

    name = "base-filter"
    matches = "`Tokenizer(filters=base_filter())`"
    since = "Keras 2.0"
    why = "`base_filter` is gone; what it gave is written out."
    source = KERAS_2
    calls = ("keras.preprocessing.text.base_filter",)

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        if node.args:
            return None
        context.forget(original.func)
        context.change(self, original)
        return expression(
            "{punctuation}.replace(\"'\", '') + '\\t\\n'", punctuation=context.refer("string.punctuation")
        )


RULES: tuple[type[Rule], ...] = (LoaderArguments, FlowCounters, BaseFilter)
