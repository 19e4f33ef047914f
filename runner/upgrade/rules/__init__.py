"""Every rule there is, in the order in which they are asked."""

from __future__ import annotations

from runner.upgrade import imports
from runner.upgrade.rule import Rule
from runner.upgrade.rules import (
    accuracy,
    backend,
    backend_values,
    custom,
    files,
    graph_mode,
    input_shapes,
    layer_arguments,
    merging,
    models,
    optimizers,
    positional,
    python,
    removed,
    repairs,
    sklearn,
    symbolic,
    training,
)

_MODULES = (
    positional, layer_arguments, input_shapes, merging, sklearn, training, models, optimizers, files, accuracy, custom,
    graph_mode, backend, backend_values, symbolic, removed, repairs, python, imports,
)  # fmt: skip
RULES: tuple[Rule, ...] = tuple(made() for module in _MODULES for made in module.RULES)
