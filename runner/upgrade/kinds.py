"""Educated guesses, from assignments alone, at what a name holds: a model, a layer, a symbolic tensor, a history."""

from __future__ import annotations

import builtins
import re
from typing import Literal

import libcst as cst

from runner.upgrade.analysis import Analysis, Scope, dotted
from runner.upgrade.installed import missing
from runner.upgrade.moved import BROUGHT_BACK, RENAMED, current, merged
from runner.upgrade.nodes import code

Kind = Literal["model", "layer", "tensor", "history", "optimizer", "session", "config", "flow", "metric", "graph"]

_DEPTH = 24
PYTHON2 = frozenset(("xrange", "raw_input", "unicode", "unichr", "basestring", "long", "izip", "reduce"))
_MODELS = frozenset(
    f"keras.models.{name}" for name in ("Model", "Sequential", "load_model", "model_from_json", "clone_model")
) | {"keras.Model", "keras.Sequential", "keras.saving.load_model", "keras.models.model_from_yaml"}
_TENSORS = frozenset(
    f"keras.layers.{name}"
    for name in ("Input", "add", "average", "concatenate", "dot", "maximum", "minimum", "multiply", "subtract", "merge")
) | {"keras.Input"}
_CONFIGS = frozenset(f"{root}.ConfigProto" for root in ("tensorflow", "tensorflow.compat.v1"))
_SESSIONS = frozenset(
    f"{root}.{name}" for root in ("tensorflow", "tensorflow.compat.v1") for name in ("Session", "InteractiveSession")
) | {"keras.backend.get_session"}
_GRAPHS = frozenset(
    f"{root}.{name}" for root in ("tensorflow", "tensorflow.compat.v1") for name in ("get_default_graph", "Graph")
)
_TENSOR_ATTRIBUTES = frozenset(("output", "input"))
_BY_NAME = re.compile(r"\(?(\w+)\.name\s*[,:]\s*\1\b.*\bfor\s+\1\s+in\s+[\w.]+\.layers\b", re.DOTALL)
_FLOWS = frozenset(("flow", "flow_from_directory", "flow_from_dataframe"))


class Kinds:
    """Answers what an expression is; None means that nobody knows."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._known: dict[int, Kind | None] = {}
        self._asked: set[int] = set()

    def resolve(self, node: cst.CSTNode, scope: Scope) -> str | None:
        """Return the full dotted name of a chain of names that starts at an import, as `keras.backend.mean`."""
        chain = dotted(node)
        if chain is None:
            return None
        first, _, rest = chain.partition(".")
        owner = scope.owner(first)
        target = self._analysis.imports.get(first)
        if rest.startswith("tf.") and target is not None and merged(target) == "keras.backend":
            target, rest = "tensorflow", rest[3:]  # `K.tf.where` of the backend that was TensorFlow's
        if target is None and owner is not None and self._is_backend(first, owner):
            target = "keras.backend"
        elif owner is not None and (owner is not self._analysis.module_scope or target is None):
            return None
        if target is None:
            return f"builtins.{chain}" if chain in PYTHON2 else self._starred(chain)
        return f"{target}.{rest}" if rest else target

    def _is_backend(self, name: str, owner: Scope) -> bool:
        """Whether a name was given to the backend by `K = keras.backend`, and to nothing else."""
        values = owner.assigned.get(name, ())
        value = values[0][0] if owner is self._analysis.module_scope and len(values) == 1 else None
        if not isinstance(value, cst.Attribute) or value.attr.value != "backend":
            return False
        return merged(self.resolve(value, owner) or "") == "keras.backend"

    def _starred(self, chain: str) -> str | None:
        """Return what a free name may be that `from keras… import *` brought."""
        first, _, rest = chain.partition(".")
        if not self._analysis.stars or hasattr(builtins, first):
            return None
        for module in self._analysis.stars:
            name = merged(f"{module}.{first}")
            if name is not None and (name in RENAMED or name in BROUGHT_BACK or not missing(name)):
                return f"{module}.{chain}"
            if first == "K" and name is not None:
                return f"keras.backend.{rest}" if rest else "keras.backend"
        return None

    def name(self, node: cst.CSTNode, scope: Scope) -> str | None:
        """Return the name of today of a chain of names, None for what is not Keras'."""
        resolved = self.resolve(node, scope)
        return None if resolved is None else current(resolved)

    def of(self, node: cst.BaseExpression, scope: Scope, depth: int = 0) -> Kind | None:
        """Return what kind of thing `node` is."""
        key = id(node)
        if key in self._known:
            return self._known[key]
        if depth > _DEPTH or key in self._asked:
            return None
        self._asked.add(key)
        try:
            kind = self._guess(node, scope, depth + 1)
        finally:
            self._asked.discard(key)
        if kind is not None or not self._asked:
            self._known[key] = kind
        return kind

    def is_sequential(self, node: cst.BaseExpression, scope: Scope, depth: int = 0) -> bool:
        """Whether an expression is surely a `Sequential`."""
        if depth > 6:
            return False
        if isinstance(node, cst.Call):
            if self.name(node.func, scope) in ("keras.models.Sequential", "keras.Sequential"):
                return True
            return any(self.is_sequential(value, inner, depth + 1) for value, inner in self._returned(node) or ())
        if isinstance(node, cst.Name):
            owner = scope.owner(node.value)
            values = owner.assigned.get(node.value, []) if owner is not None else []
            last = values[-1] if values else None
            return last is not None and last[1] is None and self.is_sequential(last[0], owner or scope, depth + 1)
        values_of = self._analysis.attributes.get(dotted(node) or "", ())
        return any(self.is_sequential(value, inner, depth + 1) for value, inner in values_of)

    def _guess(self, node: cst.BaseExpression, scope: Scope, depth: int) -> Kind | None:
        if isinstance(node, cst.Name):
            return self._of_name(node.value, scope, depth)
        if isinstance(node, cst.Call):
            return self._of_call(node, scope, depth)
        if isinstance(node, cst.Attribute):
            return self._of_attribute(node, scope, depth)
        if isinstance(node, cst.BinaryOperation):
            sides = (self.of(node.left, scope, depth), self.of(node.right, scope, depth))
            return "tensor" if "tensor" in sides else None
        if isinstance(node, cst.UnaryOperation):
            return self.of(node.expression, scope, depth)
        if isinstance(node, cst.Subscript):
            if isinstance(node.value, cst.Attribute) and node.value.attr.value == "layers":
                return "layer"
            if self._holds_layers(node.value, scope):
                return "layer"
            if isinstance(node.value, cst.Attribute) and node.value.attr.value in ("inputs", "outputs"):
                return "tensor" if self.of(node.value.value, scope, depth) in ("model", "layer") else None
            kind = self.of(node.value, scope, depth)
            return kind if kind == "tensor" else None
        if isinstance(node, cst.IfExp):
            return self.of(node.body, scope, depth) or self.of(node.orelse, scope, depth)
        return None

    @staticmethod
    def _holds_layers(node: cst.BaseExpression, scope: Scope) -> bool:
        """Whether a name stands for a dictionary that was made of a model's layers."""
        owner = scope.owner(node.value) if isinstance(node, cst.Name) else None
        if owner is None or not isinstance(node, cst.Name):
            return False
        values = owner.assigned.get(node.value, ())
        return len(values) == 1 and _BY_NAME.search(code(values[0][0])) is not None

    def _of_name(self, name: str, scope: Scope, depth: int) -> Kind | None:
        owner = scope.owner(name)
        if owner is None:
            return None
        for value, index in owner.assigned.get(name, ()):
            kind = self._of_item(value, index, owner, depth)
            if kind is not None:
                return kind
        if name in owner.parameters and isinstance(owner.node, cst.FunctionDef):
            return self._of_parameter(owner, name, depth)
        return None

    def _of_item(self, value: cst.BaseExpression, index: int | None, scope: Scope, depth: int) -> Kind | None:
        if index is not None and isinstance(value, cst.Call):
            returned = self._returned(value)
            if returned is not None:
                for each, inner in returned:
                    if isinstance(each, cst.Tuple) and index < len(each.elements):
                        return self.of(each.elements[index].value, inner, depth)
                return None
        return self.of(value, scope, depth)

    def _of_parameter(self, owner: Scope, name: str, depth: int) -> Kind | None:
        """Look at what the function is called with."""
        function = owner.node
        if not isinstance(function, cst.FunctionDef):
            return None
        position = owner.parameters.index(name)
        for call, scope in self._analysis.calls.get(function.name.value, ()):
            for number, arg in enumerate(call.args):
                named = arg.keyword is not None and arg.keyword.value == name
                if named or (arg.keyword is None and not arg.star and number == position):
                    kind = self.of(arg.value, scope, depth)
                    if kind is not None:
                        return kind
        return None

    def _of_call(self, node: cst.Call, scope: Scope, depth: int) -> Kind | None:
        full = self.resolve(node.func, scope)
        name = current(full) if full is not None else None
        if name is not None:
            if name in _MODELS or name.startswith("keras.applications."):
                return "model" if name.rpartition(".")[2][0].isupper() or "model" in name else None
            if name in _TENSORS:
                return "tensor"
            if name == "keras.backend.placeholder":
                return "tensor"
            if name.startswith("keras.layers."):
                return "layer"
            if name.startswith("keras.optimizers.") and not name.startswith("keras.optimizers.schedules"):
                return "optimizer"
            if name.startswith("keras.metrics.") and name.rpartition(".")[2][0].isupper():
                return "metric"
            if name in _SESSIONS:
                return "session"
        if full in _GRAPHS:
            return "graph"
        if full in _CONFIGS:
            return "config"
        if full in _SESSIONS:
            return "session"
        if full is not None and full.startswith(("keras.", "tensorflow.")):
            symbolic = any(self._mentions_tensor(arg.value, scope, depth) for arg in node.args)
            return "tensor" if symbolic else None
        if isinstance(node.func, cst.Name):
            returned = self._returned(node)
            if returned is not None:
                return next((kind for each, inner in returned if (kind := self.of(each, inner, depth))), None)
            own = self._analysis.classes.get(node.func.value)
            if own is not None:
                return self.of_class(own, scope)
        if isinstance(node.func, cst.Attribute):
            method = node.func.attr.value
            if method in ("fit", "fit_generator") and self.of(node.func.value, scope, depth) == "model":
                return "history"
            if method == "get_layer":
                return "layer"
            if method in _FLOWS:
                return "flow"
        callee = self.of(node.func, scope, depth)
        if callee == "layer":
            return "tensor"
        if callee == "model" and any(self._mentions_tensor(arg.value, scope, depth) for arg in node.args):
            return "tensor"
        return None

    def _mentions_tensor(self, node: cst.BaseExpression, scope: Scope, depth: int) -> bool:
        if isinstance(node, cst.List | cst.Tuple):
            return any(self._mentions_tensor(element.value, scope, depth) for element in node.elements)
        return self.of(node, scope, depth) == "tensor"

    def _returned(self, call: cst.Call) -> list[tuple[cst.BaseExpression, Scope]] | None:
        """Return what a function of the program gives back, None when the call is not of one."""
        if not isinstance(call.func, cst.Name):
            return None
        function = self._analysis.functions.get(call.func.value)
        if function is None:
            return None
        inner = self._analysis.scopes[id(function)]
        return [(value, inner) for value in inner.returns]

    def of_class(self, node: cst.ClassDef, scope: Scope) -> Kind | None:
        """Return `layer` or `model` for a class that derives from one."""
        for base in node.bases:
            name = self.name(base.value, scope)
            if name in ("keras.Model", "keras.models.Model", "keras.Sequential", "keras.models.Sequential"):
                return "model"
            if name is not None and (name == "keras.Layer" or name.startswith("keras.layers.")):
                return "layer"
            if isinstance(base.value, cst.Name) and base.value.value in self._analysis.classes:
                parent = self._analysis.classes[base.value.value]
                if parent is not node:
                    return self.of_class(parent, scope)
        return None

    def _of_attribute(self, node: cst.Attribute, scope: Scope, depth: int) -> Kind | None:
        path = dotted(node)
        for value, inner in self._analysis.attributes.get(path or "", ()):
            kind = self.of(value, inner, depth)
            if kind is not None:
                return kind
        if node.attr.value in _TENSOR_ATTRIBUTES and self.of(node.value, scope, depth) in ("layer", "model"):
            return "tensor"
        if node.attr.value == "optimizer":
            return "optimizer"
        return None
