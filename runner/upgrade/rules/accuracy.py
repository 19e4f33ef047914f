"""The name of accuracy in histories, logs, callbacks and file names."""

from __future__ import annotations

import re
from typing import ClassVar

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.logged import logged_keys
from runner.upgrade.nodes import code, text_of
from runner.upgrade.rule import Rule

_OF_OUTPUT = re.compile(r"(val_)?(\w+)_acc$")
_ACCURACY = re.compile(r"(?:^|_|\{)acc(?:$|[}:])")


class HistoryKeys(Rule):
    """Accuracy is called `accuracy`, in the history, in logs and by callbacks."""

    name = "accuracy-name"
    matches = "`history.history['acc']`, `monitor='val_acc'`, `logs.get('acc')`, `'weights-{val_acc:.2f}.h5'`"
    since = "Keras 2.3"
    why = (
        "With metrics=['accuracy'] the name is 'accuracy' since Keras 2.3: a callback of 'val_acc' never acts, "
        "and the history has no such key."
    )
    source = "https://github.com/keras-team/keras/releases/tag/2.3.0"
    silent = True
    marks = False
    texts = True
    _PLAIN: ClassVar[dict[str, str]] = {"acc": "accuracy", "val_acc": "val_accuracy"}

    def text(self, node: cst.SimpleString, value: str, original: cst.SimpleString, context: Context) -> str | None:
        if not _ACCURACY.search(value) or not self._applies(context):
            return None
        named = _OF_OUTPUT.match(value)
        if named is not None and named[2] in context.remember("names of layers", lambda: _layer_names(context)):
            new = f"{named[1] or ''}{named[2]}_accuracy"
        elif value in self._PLAIN:
            if id(original) not in logged_keys(context):
                return None
            new = self._PLAIN[value]
        else:
            new = re.sub(r"\{(val_)?acc(?=[}:])", r"{\1accuracy", value)
            new = (
                re.sub(r"^(val_)?(\w+)_acc$", r"\1\2_accuracy", new) if self._output(value, original, context) else new
            )
        if new == value:
            return None
        context.change(self, original)
        return new

    @staticmethod
    def _output(value: str, original: cst.SimpleString, context: Context) -> bool:
        return value.count("_acc") == 1 and id(original) in logged_keys(context)

    @staticmethod
    def _applies(context: Context) -> bool:
        """Whether no metric of the program is called `acc` today."""

        def look() -> bool:
            if not context.provenance.uses_keras:
                return False
            for calls in (context.analysis.method_calls.get("compile", ()),):
                for call, _ in calls:
                    value = Arguments(call).get("metrics", 2)
                    if value is not None and re.search(r"['\"]acc['\"]", code(value)):
                        return False
            named = {
                text_of(arg.value)
                for several in (*context.analysis.calls.values(), *context.analysis.method_calls.values())
                for call, _ in several
                for arg in call.args
                if arg.keyword is not None and arg.keyword.value == "name"
            }
            return "acc" not in named and "acc" not in context.analysis.functions

        return bool(context.remember("accuracy applies", look))


class RateKey(Rule):
    """The learning rate stands in the logs as `learning_rate`."""

    name = "learning-rate-key"
    matches = "`history.history['lr']`, `logs.get('lr')` beside a `LearningRateScheduler` or `ReduceLROnPlateau`"
    since = "Keras 3.0"
    why = "The callbacks that change the learning rate log it as 'learning_rate'; there is no 'lr'."
    source = "https://keras.io/api/callbacks/learning_rate_scheduler/"
    marks = False
    texts = True

    def text(self, node: cst.SimpleString, value: str, original: cst.SimpleString, context: Context) -> str | None:
        if value != "lr" or not context.remember("logged rates", lambda: _rate_is_logged(context)):
            return None
        if id(original) not in logged_keys(context):
            return None
        context.change(self, original)
        return "learning_rate"


def _rate_is_logged(context: Context) -> bool:
    """Whether a callback of Keras logs the learning rate, and the program's own code does not."""
    if re.search(r"""(?:logs|hist\w*)\[['"]lr['"]\]\s*=|['"]lr['"]\s*:|setdefault\(\s*['"]lr['"]""", context.code):
        return False
    # Where the program asks for both names it is right already.
    return (
        "'learning_rate'" not in context.code
        and '"learning_rate"' not in context.code
        and any(word in context.code for word in ("LearningRateScheduler", "ReduceLROnPlateau"))
    )


def _layer_names(context: Context) -> frozenset[str]:
    """Return the names that the program gives to layers."""
    analysis = context.analysis
    return frozenset(
        said
        for several in (*analysis.calls.values(), *analysis.method_calls.values())
        for call, scope in several
        if (said := text_of(Arguments(call).get("name"))) is not None
        and (context.kinds.name(call.func, scope) or "").startswith(("keras.layers.", "keras.Input"))
    )


class MetricKeys(Rule):
    """A metric's name in histories and logs is the one that `compile` was given."""

    name = "metric-names"
    matches = "`metrics=['mae']` with `history.history['val_mean_absolute_error']` or that name as `monitor`"
    since = "Keras 2.3"
    why = (
        "A metric is logged under the name that `compile` was given, as 'mae', no longer under that of its function: a "
        "callback of the other name never acts, and the history has no such key."
    )
    source = "https://github.com/keras-team/keras/releases/tag/2.3.0"
    silent = True
    marks = False
    texts = True
    _LONG: ClassVar[dict[str, tuple[str, ...]]] = {
        "mean_squared_error": ("mse", "MSE"),
        "mean_absolute_error": ("mae", "MAE"),
        "mean_absolute_percentage_error": ("mape", "MAPE"),
        "mean_squared_logarithmic_error": ("msle", "MSLE"),
        "cosine_proximity": ("cosine_similarity", "cosine"),
        "kullback_leibler_divergence": ("kl_divergence", "kld", "KLD"),
    }

    def text(self, node: cst.SimpleString, value: str, original: cst.SimpleString, context: Context) -> str | None:
        long = next((name for name in self._LONG if name in value), None)
        if long is None or not context.provenance.uses_keras:
            return None
        key = re.fullmatch(rf"((?:\w+_)?){long}", value)
        inside = re.search(rf"\{{(?:\w+_)?{long}(?=[}}:])", value) is not None
        if key is not None and id(original) not in logged_keys(context):
            return None
        if key is None and not inside:
            return None
        short = self._short(long, context)
        if short is None or (key is not None and not self._prefixed(key[1], context)):
            return None
        new = f"{key[1]}{short}" if key is not None else re.sub(rf"(\{{(?:\w+_)?){long}(?=[}}:])", rf"\1{short}", value)
        if new == value:
            return None
        context.change(self, original)
        return new

    def _short(self, long: str, context: Context) -> str | None:
        """Return the short name by which all of the program's models ask for a metric."""
        asked: set[str] = context.remember("names of metrics", lambda: _asked_metrics(context))
        short = {name for name in self._LONG[long] if name in asked}
        if long in asked and long != "cosine_proximity":
            return None
        if long == "cosine_proximity" and (short or long in asked):
            return "cosine_similarity"  # what another rule makes of both
        return short.pop() if len(short) == 1 else None

    @staticmethod
    def _prefixed(prefix: str, context: Context) -> bool:
        output = prefix.removeprefix("val_").removesuffix("_")
        return not output or output in context.remember("names of layers", lambda: _layer_names(context))


def _asked_metrics(context: Context) -> set[str]:
    """Return the names of metrics that models are compiled with, of functions and of strings."""
    found: set[str] = set()
    for call, scope in context.analysis.method_calls.get("compile", ()):
        value = Arguments(call).get("metrics", 2)
        owner = scope.owner(value.value) if isinstance(value, cst.Name) else None
        if isinstance(value, cst.Name) and owner is not None:
            for held, _ in owner.assigned.get(value.value, ()):
                found.update(re.findall(r"\w+", code(held)))
        elif value is not None:
            found.update(re.findall(r"\w+", code(value)))
    return found


RULES: tuple[type[Rule], ...] = (HistoryKeys, RateKey, MetricKeys)
