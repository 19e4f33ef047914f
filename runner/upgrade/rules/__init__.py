"""Every rule there is, in the order in which they are asked."""

from __future__ import annotations

from runner.upgrade import imports
from runner.upgrade.rule import Rule
from runner.upgrade.rules import (
    accuracy,
    adversarial,
    backend,
    backend_old,
    backend_values,
    custom,
    data,
    data_of_keras_1,
    division,
    files,
    foreign,
    graph_mode,
    in_place,
    initial,
    input_shapes,
    layer_arguments,
    layer_methods,
    lists,
    merging,
    models,
    optimizers,
    positional,
    positional_options,
    python,
    rates,
    removed,
    repairs,
    sklearn,
    spread,
    symbolic,
    tensorflow_1,
    theano,
    training,
    unknown_models,
    utilities,
)

_MODULES = (
    spread, positional, theano, layer_arguments, input_shapes, merging, sklearn, training, data, data_of_keras_1,
    unknown_models, models, positional_options, optimizers, rates, files, accuracy, initial, custom, graph_mode,
    utilities, backend_old, backend, backend_values, symbolic, adversarial, tensorflow_1, removed, layer_methods,
    foreign, in_place, repairs, python, division, lists, imports,
)  # fmt: skip
RULES: tuple[Rule, ...] = tuple(made() for module in _MODULES for made in module.RULES)
