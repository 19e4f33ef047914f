"""Operators that change a tensor in place, which not every backend learns through."""

from __future__ import annotations

import re

import libcst as cst

from runner.upgrade.analysis import Scope
from runner.upgrade.arguments import Arguments
from runner.upgrade.context import Context
from runner.upgrade.nodes import code, tight, truth
from runner.upgrade.rule import Rule
from runner.upgrade.rules.repairs import OPERATORS

_OPS = re.compile(r"\b(?:ops|K)\.\w")


class PlainOperators(Rule):
    """A tensor in a layer or loss is not changed, a new one is made."""

    name = "plain-operators"
    matches = "`a *= K.cast(mask, K.floatx())`, `a /= K.sum(a)` in a layer's `call`, a loss or a metric"
    since = "Keras 3.0"
    why = (
        "On PyTorch this changes the tensor in place, through which it cannot learn; a new tensor gets the same name, "
        "as it did on TensorFlow and Theano."
    )
    source = "https://pytorch.org/docs/stable/notes/autograd.html#in-place-operations-with-autograd"
    marks = False
    statements = True

    def statement(
        self, node: cst.SimpleStatementLine, original: cst.SimpleStatementLine, context: Context
    ) -> list[cst.BaseStatement] | None:
        if not (context.old or context.legacy) or len(node.body) != 1:
            return None
        small, before = node.body[0], original.body[0]
        if not isinstance(small, cst.AugAssign) or not isinstance(before, cst.AugAssign):
            return None
        operator = OPERATORS.get(type(small.operator))
        if operator is None or not isinstance(before.target, cst.Name) or not _of_tensors(before, context):
            return None
        value = small.value
        if isinstance(value, cst.BinaryOperation | cst.IfExp | cst.BooleanOperation | cst.Comparison):
            value = tight(value)
        context.change(self, original)
        made = cst.BinaryOperation(cst.ensure_type(small.target, cst.Name), operator(), value)
        return [node.with_changes(body=[cst.Assign([cst.AssignTarget(small.target)], made)])]


def _of_tensors(statement: cst.AugAssign, context: Context) -> bool:
    """Whether what is changed is a tensor that a function of the program made, rather than a count or a list."""
    scope: Scope = context.scope
    function, target = scope.node, cst.ensure_type(statement.target, cst.Name).value
    if not isinstance(function, cst.FunctionDef) or target not in scope.bound:
        return False
    if isinstance(statement.value, cst.List | cst.Tuple | cst.SimpleString | cst.Dict):
        return False
    values = [value for value, _ in scope.assigned.get(target, ())]
    plain = (cst.Integer, cst.Float, cst.List, cst.Tuple, cst.SimpleString, cst.ListComp, cst.Dict)
    if any(isinstance(value, plain) for value in values) or not (values or target in scope.parameters):
        return False
    in_layer = (
        function.name.value == "call"
        and scope.parent is not None
        and isinstance(scope.parent.node, cst.ClassDef)
        and context.kinds.of_class(scope.parent.node, scope.parent) is not None
    )
    if in_layer:
        return True
    return any(_OPS.search(code(value)) for value in values) or _OPS.search(code(statement.value)) is not None


class StatefulOnPyTorch(Rule):
    """A layer that keeps its state changes it in place."""

    name = "stateful-on-pytorch"
    matches = "`LSTM(32, stateful=True)`"
    since = "Keras 3.0"
    why = "PyTorch cannot learn through a state that is changed in place; TensorFlow and JAX can."
    source = "https://keras.io/api/layers/recurrent_layers/rnn/"
    marks = False
    calls = ("keras.layers.LSTM", "keras.layers.GRU", "keras.layers.SimpleRNN")

    def call(self, node: cst.Call, original: cst.Call, name: str, context: Context) -> cst.BaseExpression | None:
        stateful = Arguments(original).get("stateful")
        told: set[str] = context.remember("stateful", set)
        if stateful is not None and truth(stateful) is not False and (context.old or context.legacy) and not told:
            told.add(name)
            context.find(
                self,
                original,
                "PyTorch cannot train a layer that keeps its state, as it changes in place; there, derive a layer "
                "whose call begins with [state + 0.0 for state in self.states]; a failed run with it is mended so",
                comment=False,
            )
        return None


RULES: tuple[type[Rule], ...] = (PlainOperators, StatefulOnPyTorch)
