"""What names once meant or usually mean: old packages and names, and what variables are called after."""

from __future__ import annotations

from functools import cache
from pathlib import Path

TABLES = Path(__file__).parent / "tables"

# Variables are named after what they hold: `model.fit`, `layer.get_weights()`.
OWNERS = {
    "model": ("keras.Model", "keras.Sequential", "keras.Layer"),
    "self": ("keras.Model", "keras.Layer"),
    "layer": ("keras.Layer",),
    "layers": ("keras.layers",),
    "seq": ("keras.Sequential",),
    "sequential": ("keras.Sequential", "keras.Model"),
    "tuner": ("keras_tuner.Tuner", "keras_tuner.engine.base_tuner.BaseTuner"),
    "hp": ("keras_tuner.HyperParameters",),
    "optimizer": ("keras.optimizers.Optimizer",),
    "opt": ("keras.optimizers.Optimizer",),
    "callback": ("keras.callbacks.Callback",),
    "metric": ("keras.metrics.Metric",),
    "np_utils": ("keras.utils",),
    "backbone": ("keras_hub.models.Backbone",),
}
PREFIXES = (
    ("tensorflow.python.keras", "keras"),
    ("tensorflow.compat.v1.keras", "keras"),
    ("tensorflow.contrib.keras", "keras"),
    ("tensorflow.keras", "keras"),
    ("tf.compat.v1.keras", "keras"),
    ("tf.contrib.keras", "keras"),
    ("tf.keras", "keras"),
    ("tf_keras", "keras"),
    ("keras.api", "keras"),
    ("keras.src", "keras"),
    ("keras_core", "keras"),
    ("keras_nlp", "keras_hub"),
    ("keras_cv", "keras_hub"),
    ("kerastuner", "keras_tuner"),
    ("kt", "keras_tuner"),
)


def modern(path: str) -> str:
    """Return a path with an old or foreign package name replaced by today's."""
    for old, new in PREFIXES:
        if path == old or path.startswith(old + "."):
            return new + path[len(old) :]
    return path


# Class names that are ordinary words in a question, too.
_PLAIN = frozenset(
    [
        "add",
        "dot",
        "average",
        "maximum",
        "minimum",
        "multiply",
        "subtract",
        "concatenate",
        "dense",
        "activation",
        "embedding",
        "masking",
        "lambda",
        "dropout",
        "input",
        "layer",
        "model",
        "metric",
        "loss",
        "optimizer",
        "flatten",
        "reshape",
        "permute",
        "resizing",
        "rescaling",
        "normalization",
        "hashing",
        "function",
        "variable",
        "device",
        "accuracy",
        "precision",
        "recall",
        "mean",
        "sum",
        "all",
        "any",
        "where",
        "max",
        "min",
        "round",
        "split",
        "shape",
        "size",
        "identity",
        "constant",
        "zeros",
        "ones",
        "attention",
        "history",
        "callback",
        "initializer",
        "regularizer",
        "constraint",
        "poisson",
        "hinge",
        "exponential",
        "linear",
        "sequential",
        "backend",
        "version",
        "map",
        "scan",
        "cond",
        "slice",
        "cast",
        "stack",
        "take",
        "sort",
        "trace",
        "norm",
        "random",
        "rnn",
        "call",
        "build",
        "fit",
        "compile",
        "evaluate",
        "predict",
        "save",
        "export",
        "summary",
        "discretization",
        "pipeline",
        "solarization",
        "path",
        "name",
        "trainable",
        "result",
        "update",
        "reset",
        "state",
        "copy",
        "test",
        "sampler",
        "tokenizer",
        "preprocessor",
        "task",
        "objective",
        "tuner",
        "oracle",
    ]
)


def is_plain(word: str) -> bool:
    """Tell whether a class name is an ordinary word in a question, too."""
    return word in _PLAIN or word.removesuffix("s") in _PLAIN


@cache
def legacy_names() -> dict[str, tuple[str, ...]]:
    """Return the table of old names: each with the symbols of today."""
    found: dict[str, tuple[str, ...]] = {}
    for line in (TABLES / "legacy.txt").read_text(encoding="utf-8").splitlines():
        name, colon, symbols = line.partition(": ")
        if colon and not line.startswith("#"):
            found[name.strip()] = tuple(symbols.split())
    return found
