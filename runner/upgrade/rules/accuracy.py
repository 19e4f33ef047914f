"""The name of accuracy in histories, logs, callbacks and file names."""

from __future__ import annotations

import re
from typing import ClassVar

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import code, text_of
from runner.upgrade.rule import Rule
from runner.upgrade.walking import Reader

_ASKED = ("get", "append", "pop", "EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint")
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
            if id(original) not in context.remember("keys", lambda: _keys(context)):
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
        return value.count("_acc") == 1 and id(original) in context.remember("keys", lambda: _keys(context))

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
        if id(original) not in context.remember("keys", lambda: _keys(context)):
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


def _keys(context: Context) -> set[int]:
    """Return the strings that stand where the name of a metric is expected."""
    found: set[int] = set()
    foreign = context.remember("foreign logs", lambda: _foreign(context))

    class Finder(Reader):
        def visit_Subscript(self, node: cst.Subscript) -> None:
            said = code(node.value)
            if id(node.value) in foreign:
                return
            if said.endswith("history") or "hist" in said.lower() or "log" in said.lower():
                for element in node.slice:
                    if isinstance(element.slice, cst.Index):
                        found.add(id(element.slice.value))

        def visit_Arg(self, node: cst.Arg) -> None:
            if node.keyword is not None and node.keyword.value == "monitor":
                found.add(id(node.value))

        def visit_Param(self, node: cst.Param) -> None:
            if node.default is not None and node.name.value in ("monitor", "metric", "value"):
                found.add(id(node.default))

        def visit_Assign(self, node: cst.Assign) -> None:
            if "monitor" in code(node.targets[0].target):
                found.add(id(node.value))

        def visit_Call(self, node: cst.Call) -> None:
            called = node.func.attr.value if isinstance(node.func, cst.Attribute) else getattr(node.func, "value", "")
            if called not in _ASKED or not node.args:
                return
            name = code(node.func)
            if isinstance(node.func, cst.Attribute) and id(node.func.value) in foreign:
                return
            if name.endswith((".get", ".append", ".pop")) and ("log" in name or "hist" in name) and node.args:
                found.add(id(node.args[0].value))
            if name.rpartition(".")[2] in ("EarlyStopping", "ReduceLROnPlateau") and node.args:
                found.add(id(node.args[0].value))
            if name.rpartition(".")[2] == "ModelCheckpoint" and len(node.args) > 1:
                found.add(id(node.args[1].value))

        def visit_Comparison(self, node: cst.Comparison) -> None:
            right = node.comparisons[0].comparator
            if "hist" in code(right) or "logs" in code(right):
                found.add(id(node.left))

        def visit_For(self, node: cst.For) -> None:
            if isinstance(node.iter, cst.List | cst.Tuple) and "history[" in code(node.body):
                found.update(id(element.value) for element in node.iter.elements)

    Finder().read(context.module)
    return found


def _foreign(context: Context) -> set[int]:
    """Return the mentions of what is called like a history or logs and is the program's own dictionary."""
    found: set[int] = set()
    scopes = context.analysis.scopes

    class Finder(Reader):
        scope = context.analysis.module_scope

        def read(self, node: cst.CSTNode) -> None:
            before, self.scope = self.scope, scopes.get(id(node), self.scope)
            super().read(node)
            self.scope = before

        def visit_Subscript(self, node: cst.Subscript) -> None:
            self._note(node.value)

        def visit_Attribute(self, node: cst.Attribute) -> None:
            if node.attr.value in ("get", "append", "pop"):
                self._note(node.value)

        def _note(self, node: cst.BaseExpression) -> None:
            if isinstance(node, cst.Name) and context.provenance.of(node, self.scope) == "foreign":
                found.add(id(node))

    Finder().read(context.module)
    return found


RULES: tuple[type[Rule], ...] = (HistoryKeys, RateKey)
