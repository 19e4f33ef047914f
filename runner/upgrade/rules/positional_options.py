"""Positional arguments of optimizers and callbacks, which stand in another order today."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst

from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.moved import RENAMED
from runner.upgrade.nodes import code, is_none, number, text_of, truth, whole
from runner.upgrade.rule import Rule

_TINY = 1e-3
"""An epsilon is smaller, momenta and accumulators are larger."""


def _named(arguments: Arguments, names: tuple[str, ...], first: int) -> None:
    """Give the positional arguments from `first` on their old names."""
    for position in range(min(len(arguments.positional), len(names)) - 1, first - 1, -1):
        arguments.name_position(position, names[position])


class OptimizerPositions(Rule):
    """Arguments of optimizers that stand in another order are given by name."""

    name = "optimizer-positions"
    matches = "`SGD(0.1, 0.9, 1e-6, True)`, `Adam(1e-3, 0.9, 0.999, 1e-8, 0.01)`, `RMSprop(0.001, 0.9, 1e-8)`"
    since = "Keras 2.3 and 3.0"
    why = (
        "The positions mean something else today: where `decay` or `epsilon` stood come `nesterov`, `amsgrad`, "
        "`momentum` or `weight_decay`; by name each keeps its meaning."
    )
    source = "https://keras.io/api/optimizers/"
    silent = True
    last_word = True
    marks = False
    _OLD: ClassVar[dict[str, tuple[str, ...]]] = {
        "SGD": ("lr", "momentum", "decay", "nesterov"),
        "RMSprop": ("lr", "rho", "epsilon", "decay"),
        "Adagrad": ("lr", "epsilon", "decay"),
        "Adadelta": ("lr", "rho", "epsilon", "decay"),
        "Adam": ("lr", "beta_1", "beta_2", "epsilon", "decay", "amsgrad"),
        "Adamax": ("lr", "beta_1", "beta_2", "epsilon", "decay"),
        "Nadam": ("lr", "beta_1", "beta_2", "epsilon", "schedule_decay"),
    }
    """The order of Keras 1 and 2."""
    _FIRST: ClassVar[dict[str, int]] = {
        "SGD": 2, "RMSprop": 2, "Adagrad": 1, "Adadelta": 3, "Adam": 4, "Adamax": 4, "Nadam": 4,
    }  # fmt: skip
    """The first position that means something else today."""
    calls = tuple(f"keras.optimizers.{name}" for each in _OLD for name in (each, each.lower()))

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        symbol = RENAMED.get(name, name).rpartition(".")[2]
        names, first = self._OLD.get(symbol, ()), self._FIRST.get(symbol, 0)
        arguments = Arguments(node)
        positional = Arguments(original).positional
        if len(positional) <= first or len(positional) > len(names) or any(arg.star == "*" for arg in arguments):
            return None
        meant = self._meant(symbol, positional, first, context)
        if meant == "today":
            return None
        if meant is None:
            said = names[first]
            message = f"`{said}` stood at position {first + 1} until Keras 2.2, today it means something else: name it"
            context.find(self, original, message, comment=False)
            return None
        _named(arguments, names, first)
        context.change(self, original)
        return arguments.call()

    @staticmethod
    def _meant(symbol: str, positional: list[cst.BaseExpression], first: int, context: Context) -> str | None:
        """Return whether the positions are those of `then` or `today`; None where the values do not tell."""
        value = context.constant(positional[first])
        said, held = code(value).lower(), number(value)
        if symbol in ("SGD", "Adam"):
            # A number is a decay; True or False is what stands here today.
            if truth(value) is not None:
                return "today"
            later = context.constant(positional[first + 1]) if len(positional) > first + 1 else None
            return "then" if held is not None or "decay" in said or truth(later) is not None else None
        if symbol in ("RMSprop", "Adagrad"):
            if is_none(value) or "eps" in said or (held is not None and 0 < held < _TINY):
                return "then"
            return "today" if held is not None or "moment" in said or "accum" in said else None
        if "weight" in said:
            return "today"
        return "then" if context.legacy or context.old or "decay" in said else None


class CallbackPositions(Rule):
    """Arguments of callbacks that stand in another order are given by name."""

    name = "callback-positions"
    matches = (
        "`ModelCheckpoint(path, 'val_loss', 0, True, True, 'max', 2)`, `EarlyStopping('val_loss', 5)`, "
        "`TensorBoard('logs', 1, 32, True)`"
    )
    since = "Keras 1.2 (`EarlyStopping`), 2.3 and 3.0"
    why = (
        "The positions mean something else today: `save_freq` in batches where `period` stood, `min_delta` where "
        "`patience` stood, `write_graph` where `batch_size` stood."
    )
    source = "https://keras.io/api/callbacks/"
    silent = True
    last_word = True
    marks = False
    calls = tuple(f"keras.callbacks.{name}" for name in ("ModelCheckpoint", "EarlyStopping", "TensorBoard"))
    _CHECKPOINT = ("filepath", "monitor", "verbose", "save_best_only", "save_weights_only", "mode", "period")
    _STOPPING = ("monitor", "patience", "verbose", "mode")
    _BOARD = (
        "log_dir", "histogram_freq", "batch_size", "write_graph", "write_grads", "write_images", "embeddings_freq",
        "embeddings_layer_names", "embeddings_metadata", "embeddings_data", "update_freq",
    )  # fmt: skip

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        arguments = Arguments(node)
        given = [context.constant(value) for value in Arguments(original).positional]
        if any(arg.star == "*" for arg in arguments):
            return None
        symbol = name.rpartition(".")[2]
        old = context.legacy or context.old
        if symbol == "ModelCheckpoint":
            if len(given) != len(self._CHECKPOINT) or text_of(given[6]) is not None or truth(given[6]) is not None:
                return None
            if not old:
                message = "the seventh argument was `period`, in epochs, and is `save_freq`, in batches: name it"
                context.find(self, original, message, comment=False)
                return None
            _named(arguments, self._CHECKPOINT, 6)
        elif symbol == "EarlyStopping":
            if len(given) < 2 or (whole(given[1]) or 0) < 1 or len(given) > len(self._STOPPING):
                return None
            if not context.legacy:
                message = "the second argument was `patience` until Keras 1.1 and is `min_delta` since: name it"
                context.find(self, original, message, comment=False)
                return None
            _named(arguments, self._STOPPING, 1)
        else:
            if len(given) < 3 or (whole(given[2]) or 0) < 2:
                return None  # True or False is `write_graph`, as today
            _named(arguments, self._BOARD, 2)
        context.change(self, original)
        return arguments.call()


RULES: tuple[type[Rule], ...] = (OptimizerPositions, CallbackPositions)
