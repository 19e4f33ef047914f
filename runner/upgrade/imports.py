"""Import statements: where things are today, what went, and what a rewritten program needs in addition."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import libcst as cst

from runner.upgrade.analysis import dotted
from runner.upgrade.context import Context
from runner.upgrade.moved import BROUGHT_BACK, LEGACY_BACKEND, LEGACY_PREPROCESSING, RENAMED, current, merged, rooted
from runner.upgrade.rule import KERAS_2, KERAS_3, MIGRATING, OPS, Rule


@cache
def relocated(full: str) -> str | None:
    """Return where `full`, or what it is an attribute of, is today; None when it did not move."""
    parts = full.split(".")
    for length in range(len(parts), 0, -1):
        prefix = ".".join(parts[:length])
        today = current(prefix)
        if today is None:
            return None
        if today != prefix:
            return ".".join([today, *parts[length:]])
        if today.startswith("tensorflow."):
            return None  # it stays in the legacy part
    return None


class Moved(Rule):
    """Names are taken from where they are today; the base of the rules on imports, which say why each moved."""

    marks = False
    statements = True
    references = ("*",)

    def applies(self, full: str, today: str) -> bool:
        """Whether this rule is the one that explains the move."""
        raise NotImplementedError

    def reference(
        self, node: cst.BaseExpression, original: cst.BaseExpression, name: str, context: Context
    ) -> cst.BaseExpression | None:
        full = context.full_name(original)
        today = relocated(full) if full is not None else None
        if full is None or today is None or full == today or not self.applies(full, today):
            return None
        if isinstance(original, cst.Name):
            made: cst.BaseExpression | None
            if original.value not in context.analysis.imports and today in BROUGHT_BACK:
                return None
            if original.value not in context.analysis.imports and context.brought_by_star(today):
                # The line with the star moves, and this with it; only another name has to be said.
                made = cst.Name(today.rpartition(".")[2])
                if made.value == original.value:
                    return None
                context.change(self, original, self.reason(full, today))
                return made
            local = context.planned.get(today)
            if local == original.value or original.value in context.planned.values():
                return None
            made = cst.Name(local) if local else context.refer(today)
        else:
            made = self._chain(node, original, full, today, context)
        if made is None:
            return None
        context.change(self, original, self.reason(full, today))
        return made

    def reason(self, full: str, today: str) -> str:
        """Return why `full` was moved, naming it where that helps."""
        return self.why

    def _chain(
        self, node: cst.BaseExpression, original: cst.BaseExpression, full: str, today: str, context: Context
    ) -> cst.BaseExpression | None:
        chain = dotted(original) or ""
        first = context.analysis.imports.get(chain.partition(".")[0], "")
        if isinstance(node, cst.Attribute) and isinstance(original, cst.Attribute):
            base = context.full_name(original.value)
            base_today = base and (current(base) or base)
            module, _, symbol = today.rpartition(".")
            if base is not None and base_today == module and relocated(base) in (None, base_today):
                named = context.planned.get(module) == dotted(original.value)
                if relocated(base) is None or named:
                    if symbol == original.attr.value:
                        return None  # the import of the base moves, and this with it
                    return node.with_changes(attr=cst.Name(symbol))
        if today.startswith("tensorflow."):
            return context.dotted_name(today) if first == "tensorflow" else self._legacy(today, context)
        if today == "keras" or first in ("tensorflow", "keras", "tensorflow.keras"):
            return context.dotted_name(today)
        return context.refer(today)

    @staticmethod
    def _legacy(today: str, context: Context) -> cst.BaseExpression:
        return context.refer(today)

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        if not any(isinstance(small, cst.Import | cst.ImportFrom) for small in original.body):
            return None
        if len(node.body) != 1:
            return None
        (small,) = node.body
        if isinstance(small, cst.ImportFrom):
            return self._import_from(node, small, original, context)
        if isinstance(small, cst.Import):
            return self._import(node, small, original, context)
        return None

    def _import(
        self, node: cst.SimpleStatementLine, small: cst.Import, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        aliases, touched = [], False
        for alias in small.names:
            full = dotted(alias.name) or ""
            today = current(full + ".x")
            today = today.removesuffix(".x") if today else None
            if today and today != full and self.applies(full, today) and alias.asname is not None:
                touched = True
                context.change(self, original)
                local = alias.asname.name
                if today == "keras" and isinstance(local, cst.Name) and local.value == "keras":
                    alias = cst.ImportAlias(cst.Name("keras"), comma=alias.comma)
                else:
                    alias = alias.with_changes(name=_name_node(today))
            aliases.append(alias)
        if not touched:
            return None
        return [node.with_changes(body=[small.with_changes(names=aliases)])]

    def _import_from(
        self, node: cst.SimpleStatementLine, small: cst.ImportFrom, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        module = dotted(small.module) if small.module is not None and not small.relative else None
        if module is None:
            return None
        if isinstance(small.names, cst.ImportStar):
            today = current(f"{module}.Anything")
            today = today.rpartition(".")[0] if today else None
            if today is None or today == module or not self.applies(f"{module}.Anything", f"{today}.Anything"):
                return None
            context.change(self, original)
            return [node.with_changes(body=[small.with_changes(module=_name_node(today))])]
        groups: dict[str, list[cst.ImportAlias]] = {}
        touched = False
        why = self.why
        for alias in small.names:
            full = f"{module}.{alias.evaluated_name}"
            today = self._today(full, alias, context)
            if today is None or today == full or not self.applies(full, today):
                groups.setdefault(module, []).append(alias)
                continue
            touched, why = True, self.reason(full, today)
            home, _, symbol = today.rpartition(".")
            groups.setdefault(home, []).append(_renamed(alias, symbol, context.planned.get(today)))
        if not touched:
            return None
        context.change(self, original, why)
        statements: list[cst.BaseStatement] = []
        for number, (home, names) in enumerate(groups.items()):
            statements.append(_import_line(node if number == 0 else None, small, home, _unique(names)))
        return statements

    def _today(self, full: str, alias: cst.ImportAlias, context: Context) -> str | None:
        """Return where an imported name is today; a module goes where what is used of it is."""
        if full in ("keras.preprocessing.image", "keras.preprocessing.text", "keras.preprocessing.sequence") or (
            rooted(full) in ("keras.preprocessing.image", "keras.preprocessing.text", "keras.preprocessing.sequence")
        ):
            legacy = _uses_legacy(str(alias.evaluated_alias or alias.evaluated_name), rooted(full) or "", context)
            text = (rooted(full) or "").endswith(".text")
            return f"tensorflow.{rooted(full)}" if legacy or text else rooted(full)
        return current(full)


def _uses_legacy(local: str, module: str, context: Context) -> bool:
    """Whether a program uses of a module what only the legacy part has."""

    def find() -> set[str]:
        return set(re.findall(r"\b\w+\.\w+", context.code))

    attributes = context.remember("attributes of names", find)
    names = {name.removeprefix(f"{module}.") for name in LEGACY_PREPROCESSING if name.startswith(f"{module}.")}
    return any(f"{local}.{name}" in attributes for name in names)


def _name_node(name: str) -> cst.Attribute | cst.Name:
    first, *rest = name.split(".")
    node: cst.Attribute | cst.Name = cst.Name(first)
    for part in rest:
        node = cst.Attribute(node, cst.Name(part))
    return node


def _renamed(alias: cst.ImportAlias, symbol: str, planned: str | None) -> cst.ImportAlias:
    if alias.asname is not None:
        return alias.with_changes(name=cst.Name(symbol))
    local = planned or symbol
    asname = None if local == symbol else cst.AsName(cst.Name(local))
    return alias.with_changes(name=cst.Name(symbol), asname=asname)


def _unique(names: Iterable[cst.ImportAlias]) -> list[cst.ImportAlias]:
    kept: dict[str, cst.ImportAlias] = {}
    for alias in names:
        kept.setdefault(alias.evaluated_alias or alias.evaluated_name, alias)
    return list(kept.values())


def _import_line(
    node: cst.SimpleStatementLine | None, small: cst.ImportFrom, home: str, names: list[cst.ImportAlias]
) -> cst.SimpleStatementLine:
    """Return one import, laid out like the one that it comes from."""
    if names and small.rpar is None:
        names[-1] = names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    made: cst.BaseSmallStatement
    if home == "":
        made = cst.Import([names[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)])
    else:
        made = small.with_changes(module=_name_node(home), names=names)
    return node.with_changes(body=[made]) if node is not None else cst.SimpleStatementLine([made])


class TensorFlowKeras(Moved):
    """Keras is its own package again; `tensorflow.keras` only leads to it."""

    name = "tensorflow-keras"
    matches = "`tensorflow.keras…`, `tensorflow.python.keras…`, `tensorflow.contrib.keras…`, `tf.keras…`"
    since = "Keras 3.0"
    why = "Keras 3 is a package of its own that also runs on JAX and PyTorch: import it as `keras`."
    source = MIGRATING

    def applies(self, full: str, today: str) -> bool:
        return rooted(full) != full and not today.startswith("tensorflow.")


class MergedModules(Moved):
    """The modules that grouped layers and utilities were merged into `keras.layers`, `keras.utils` and so on."""

    name = "merged-modules"
    matches = "`keras.layers.core`, `keras.layers.convolutional`, `keras.engine.topology`, `keras.utils.np_utils`, …"
    since = "Keras 2.0 (`keras.engine` and the others: Keras 3.0)"
    why = "This module is gone; what it held is directly in `keras.layers`, `keras.utils`, `keras.losses` and so on."
    source = KERAS_3

    def applies(self, full: str, today: str) -> bool:
        found = merged(full)
        return rooted(full) == full and found is not None and found != full and not today.startswith("tensorflow.")


class RenamedSymbols(Moved):
    """Symbols that have another name today."""

    name = "renamed-symbols"
    matches = "`Convolution2D`, `maxnorm`, `l1l2`, `WeightRegularizer`, `losses.mse`, `CuDNNLSTM`, …"
    since = "Keras 2.0 (short loss names and `CuDNNLSTM`: Keras 3.0)"
    why = "This has another name today."
    source = KERAS_2

    def reason(self, full: str, today: str) -> str:
        old, new = (name.rpartition(".")[2] for name in (full, today))
        if old == new:
            return f"`{new}` is in `{today.rpartition('.')[0]}` today."
        return f"`{old}` is called `{new}` today."

    def applies(self, full: str, today: str) -> bool:
        found = merged(full) or full
        if found == full and found in RENAMED:
            return True
        return any(full.startswith(f"{old}.") for old in RENAMED)


class LegacyPreprocessing(Moved):
    """Image generators and tokenizers live on in the legacy part of `tensorflow.keras` only."""

    name = "legacy-preprocessing"
    matches = (
        "`keras.preprocessing.image.ImageDataGenerator`, `keras.preprocessing.text.Tokenizer`, `TimeseriesGenerator`"
    )
    since = "Keras 3.0"
    why = (
        "Keras 3 left this to the legacy part of `tensorflow.keras`, which still has it on every backend; new code "
        "uses `keras.utils.image_dataset_from_directory`, `keras.layers.TextVectorization` and the `Random…` layers."
    )
    source = "https://keras.io/api/data_loading/"

    def applies(self, full: str, today: str) -> bool:
        return today.startswith("tensorflow.keras.preprocessing") and not full.startswith("tensorflow.keras.")


class LegacyBackend(Moved):
    """Backend functions that have no counterpart in `keras.ops` are taken from `tensorflow.keras.backend`."""

    name = "legacy-backend"
    matches = "`K.ctc_batch_cost`, `K.foldl`, `K.resize_images`, `K.rnn`, `K.conv2d`, …"
    since = "Keras 3.0"
    why = "Only the legacy part of `tensorflow.keras` still has this backend function; it runs on TensorFlow alone."
    source = OPS

    def applies(self, full: str, today: str) -> bool:
        return today in LEGACY_BACKEND_TODAY and not full.startswith("tensorflow.keras.")


LEGACY_BACKEND_TODAY = frozenset(f"tensorflow.{name}" for name in LEGACY_BACKEND)
RULES: tuple[type[Rule], ...] = (TensorFlowKeras, MergedModules, RenamedSymbols, LegacyPreprocessing, LegacyBackend)
