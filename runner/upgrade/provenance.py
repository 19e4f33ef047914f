"""Where an object comes from: Keras, another package, the program itself; so that only what may be Keras' is rewritten.

A method such as `fit` or `save` says nothing about whose it is. An object that is known to be something else is left
alone; so is one from a package that nobody knows, which the rule on unknown models reports; in a program that does not
use Keras, every object is that is not known to be Keras'.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Literal

import libcst as cst

from runner.upgrade.analysis import Analysis, Scope, dotted
from runner.upgrade.kinds import Kinds
from runner.upgrade.nodes import code as code_of
from runner.upgrade.walking import Reader

Origin = Literal["keras", "wrapper", "foreign", "unknown"]

MODEL_METHODS = frozenset(
    (
        "compile", "fit", "fit_generator", "evaluate", "evaluate_generator", "predict", "predict_generator",
        "train_on_batch", "test_on_batch", "predict_on_batch", "predict_classes", "predict_proba", "reset_states",
        "save", "save_weights", "load_weights", "to_yaml", "get_output_at", "get_input_at", "get_output_shape_at",
        "get_input_shape_at", "metrics_names", "output_shape", "input_shape", "lr",
    )
)  # fmt: skip
"""Methods and attributes that rules take for those of a model, a layer or an optimizer, and that others have too."""
_DEPTH = 16
# Packages whose objects are, or hold, Keras models.
_LIKE_KERAS = frozenset(
    (
        "tensorflow", "theano", "tensorflow_hub", "tensorflow_addons", "efficientnet", "segmentation_models",
        "classification_models", "tensorflowjs", "coremltools",
    )
)  # fmt: skip
# Packages whose objects are none, and that programs for Keras use beside it.
_OTHERS = frozenset(
    (
        "sklearn", "xgboost", "lightgbm", "catboost", "torch", "torchvision", "chainer", "lasagne", "nolearn", "mxnet",
        "numpy", "scipy", "pandas", "statsmodels", "gensim", "nltk", "spacy", "matplotlib", "seaborn", "plotly", "cv2",
        "PIL", "Image", "skimage", "imageio", "h5py", "joblib", "tqdm", "gym", "librosa", "hmmlearn", "mlxtend",
        "imblearn", "tpot", "fastai", "pymc3", "bokeh", "wandb", "mlflow", "boto3", "requests", "flask", "django",
        "cPickle", "StringIO", "urllib2", "ConfigParser", "Tkinter",
    )
) | sys.stdlib_module_names  # fmt: skip
# Frameworks of their own: a piece of a program that imports one is not taken for Keras' by its words.
_RIVALS = frozenset(("torch", "chainer", "lasagne", "nolearn", "mxnet", "fastai"))
# What reads an object that may be anything.
_ANYTHING = re.compile(r"(?:pickle|cPickle|joblib|dill|copy|cloudpickle|sklearn\.externals\.joblib)\.\w+$")
_WRAPPER = re.compile(r"keras\.wrappers\.(?:scikit_learn\.)?Keras(?:Classifier|Regressor)$")
_FRAGMENT = re.compile(r"\b(?:keras|Sequential|nb_epoch|fit_generator|predict_classes|samples_per_epoch|load_model)\b")
_LITERALS = (
    cst.Dict, cst.List, cst.Set, cst.Tuple, cst.DictComp, cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.SimpleString,
    cst.FormattedString, cst.ConcatenatedString, cst.Integer, cst.Float, cst.Comparison,
)  # fmt: skip


class _Loops(Reader):
    """Collects what the names of loops and `with` go through."""

    def __init__(self) -> None:
        self.sources: dict[str, list[cst.BaseExpression]] = {}

    def visit_For(self, node: cst.For) -> None:
        self._note(node.target, node.iter)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self._note(node.target, node.iter)

    def visit_WithItem(self, node: cst.WithItem) -> None:
        if node.asname is not None:
            self._note(node.asname.name, node.item)

    def _note(self, target: cst.BaseExpression, source: cst.BaseExpression) -> None:
        if isinstance(target, cst.Name):
            self.sources.setdefault(target.value, []).append(source)
        elif isinstance(target, cst.Tuple | cst.List):
            for element in target.elements:
                self._note(element.value, source)


class _Guards(Reader):
    """Collects the calls and attributes that a program asks for only where they exist."""

    def __init__(self) -> None:
        self.guarded: set[int] = set()
        self._asked: list[set[str]] = []

    def visit_If(self, node: cst.If) -> bool:
        asked = set(re.findall(r"hasattr\([^()]*,\s*['\"](\w+)['\"]\)", code_of(node.test)))
        self._within(asked, node.body)
        if node.orelse is not None:
            self.read(node.orelse)
        return False

    def visit_IfExp(self, node: cst.IfExp) -> bool:
        asked = set(re.findall(r"hasattr\([^()]*,\s*['\"](\w+)['\"]\)", code_of(node.test)))
        self._within(asked, node.body)
        self.read(node.orelse)
        return False

    def visit_Try(self, node: cst.Try) -> bool:
        caught = {
            name
            for handler in node.handlers
            for name in re.findall(r"\w+", "" if handler.type is None else code_of(handler.type))
        }
        self._within(set(MODEL_METHODS) if "AttributeError" in caught else set(), node.body)
        for part in (*node.handlers, node.orelse, node.finalbody):
            if part is not None:
                self.read(part)
        return False

    def _within(self, asked: set[str], node: cst.CSTNode) -> None:
        self._asked.append(asked)
        self.read(node)
        self._asked.pop()

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if any(node.attr.value in asked for asked in self._asked):
            self.guarded.add(id(node))


class Provenance:
    """Answers where an object comes from, as far as assignments tell."""

    def __init__(
        self, module: cst.Module, code: str, analysis: Analysis, kinds: Kinds, lines: Callable[[], dict[int, int]]
    ) -> None:
        self._module = module
        self._analysis = analysis
        self._kinds = kinds
        self._lines = lines
        self._asked: set[int] = set()
        guards = _Guards()
        if "hasattr" in code or "AttributeError" in code:
            guards.read(module)
        self.guarded = guards.guarded
        """The attributes that stand under a `hasattr`, or where an `AttributeError` is caught."""
        self.uses_keras = self._uses_keras(code)
        """Whether the program uses Keras, as far as its imports tell, or its words where it imports nothing else."""

    @cached_property
    def _loops(self) -> dict[str, list[cst.BaseExpression]]:
        loops = _Loops()
        loops.read(self._module)
        return loops.sources

    def may_be_keras(self, node: cst.BaseExpression, scope: Scope) -> bool:
        """Whether an object is Keras', or in a program that uses Keras not known to be something else."""
        origin = self.of(node, scope)
        if origin is None or (origin == "unknown" and code_of(node) in self._used_as_models):
            return self.uses_keras
        return origin in ("keras", "wrapper")

    def of(self, node: cst.BaseExpression, scope: Scope, depth: int = 0) -> Origin | None:
        """Return where an object comes from, None where nothing tells."""
        if depth > _DEPTH or id(node) in self._asked:
            return None
        self._asked.add(id(node))
        try:
            return self._origin(node, scope, depth + 1)
        finally:
            self._asked.discard(id(node))

    @cached_property
    def _used_as_models(self) -> frozenset[str]:
        """What is compiled with a loss, or gets a layer: only models are, wherever they come from."""
        found = set()
        for call, _ in self._analysis.method_calls.get("compile", ()):
            named = {arg.keyword.value for arg in call.args if arg.keyword is not None}
            if isinstance(call.func, cst.Attribute) and (named & {"loss", "optimizer"} or len(call.args) > 1):
                found.add(code_of(call.func.value))
        for call, scope in self._analysis.method_calls.get("add", ()):
            value = call.args[0].value if len(call.args) == 1 else None
            made = self._kinds.name(value.func, scope) if isinstance(value, cst.Call) else None
            if isinstance(call.func, cst.Attribute) and (made or "").startswith("keras.layers."):
                found.add(code_of(call.func.value))
        return frozenset(found)

    def _uses_keras(self, code: str) -> bool:
        tops = {target.partition(".")[0] for target in (*self._analysis.imports.values(), *self._analysis.stars)}
        if any(_of_package(top) == "keras" for top in tops):
            return True
        others = all(_of_package(top) == "foreign" and top not in _RIVALS for top in tops)
        return others and _FRAGMENT.search(code) is not None

    def _origin(self, node: cst.BaseExpression, scope: Scope, depth: int) -> Origin | None:
        if isinstance(node, _LITERALS):
            return "foreign"
        if isinstance(node, cst.Name):
            return self._of_name(node, scope, depth)
        if isinstance(node, cst.Call):
            return self._of_call(node, scope, depth)
        if isinstance(node, cst.Attribute):
            return self._of_attribute(node, scope, depth)
        if isinstance(node, cst.Subscript):
            return self._held(node.value, scope, depth)
        if isinstance(node, cst.IfExp):
            return _agreed((self.of(node.body, scope, depth), self.of(node.orelse, scope, depth)))
        return None

    # -- names -----------------------------------------------------------------------------------------------

    def _of_name(self, node: cst.Name, scope: Scope, depth: int) -> Origin | None:
        name = node.value
        owner = scope.owner(name)
        if owner is None or (owner is self._analysis.module_scope and name not in owner.assigned):
            full = self._kinds.resolve(node, scope)
            if full is not None:
                return "foreign" if full.startswith("builtins.") else _of_package(full)
        if owner is None:
            return None
        if name in owner.parameters:
            return None if name in owner.assigned else self._of_parameter(name, owner, depth)
        values = owner.assigned.get(name, [])
        origins = [self._item(value, index, owner, depth) for value, index in values]
        if len(set(origins)) > 1 and scope is owner:
            lines = self._lines()
            here = lines.get(id(node), 0)
            last = [
                origin for (value, _), origin in zip(values, origins, strict=True) if lines.get(id(value), 0) < here
            ]
            return last[-1] if last else None
        if not values:
            if name in self._loops:
                return _agreed(self._held(source, owner, depth) for source in self._loops[name])
            if owner.node is self._analysis.module_scope.node and name in self._analysis.functions:
                return "foreign"
        return _agreed(origins)

    def _item(self, value: cst.BaseExpression, index: int | None, scope: Scope, depth: int) -> Origin | None:
        origin = self.of(value, scope, depth)
        if index is None:
            return origin
        return origin if origin == "foreign" and not self._is_own_call(value) else None

    def _is_own_call(self, value: cst.BaseExpression) -> bool:
        return (
            isinstance(value, cst.Call)
            and isinstance(value.func, cst.Name)
            and value.func.value in self._analysis.functions
        )

    def _of_parameter(self, name: str, owner: Scope, depth: int) -> Origin | None:
        """Look at the class that a method is of, at the annotation, and at what the function is called with."""
        function = owner.node
        if not isinstance(function, cst.FunctionDef):
            return None
        position = owner.parameters.index(name)
        parent = owner.parent
        in_class = parent is not None and isinstance(parent.node, cst.ClassDef)
        if in_class and position == 0 and parent is not None and isinstance(parent.node, cst.ClassDef):
            static = any("staticmethod" in code_of(each) for each in function.decorators)
            return None if static else self._of_class(parent.node, parent, depth)
        for parameter in function.params.params:
            if parameter.name.value == name and parameter.annotation is not None:
                full = self._kinds.resolve(parameter.annotation.annotation, owner)
                if full is not None and _of_package(full) in ("keras", "foreign") and full.count("."):
                    return _of_package(full)
        called = function.name.value
        calls = [(call, scope, position) for call, scope in self._analysis.calls.get(called, ())]
        if in_class:
            calls = [(call, scope, position - 1) for call, scope in self._analysis.method_calls.get(called, ())]
        origins: list[Origin | None] = []
        for call, scope, at in calls:
            for number, arg in enumerate(call.args):
                named = arg.keyword is not None and arg.keyword.value == name
                if named or (arg.keyword is None and not arg.star and number == at):
                    origins.append(self.of(arg.value, scope, depth))
        return _agreed(origins)

    # -- calls, attributes, what containers hold ---------------------------------------------------------------

    def _of_call(self, node: cst.Call, scope: Scope, depth: int) -> Origin | None:
        full = self._kinds.resolve(node.func, scope)
        if full is not None:
            if full.startswith("copy.") and node.args:
                return self.of(node.args[0].value, scope, depth)
            if _ANYTHING.search(full):
                return None
            return "wrapper" if _WRAPPER.search(full) else _of_package(full)
        if isinstance(node.func, cst.Name):
            called = node.func.value
            own = self._analysis.classes.get(called)
            if own is not None:
                return self._of_class(own, scope, depth)
            function = self._analysis.functions.get(called)
            if function is not None:
                inner = self._analysis.scopes[id(function)]
                return _agreed(self.of(value, inner, depth) for value in inner.returns)
            if scope.owner(called) is None and called in ("dict", "list", "set", "tuple", "open", "str", "super"):
                return None if called == "super" else "foreign"
        if isinstance(node.func, cst.Attribute):
            held = self.of(node.func.value, scope, depth)
            method = self._analysis.functions.get(node.func.attr.value)
            if method is not None:
                inner = self._analysis.scopes[id(method)]
                return _agreed(self.of(value, inner, depth) for value in inner.returns)
            return held if held in ("foreign", "unknown") and not _is_self(node.func.value) else None
        return None

    def _of_class(self, node: cst.ClassDef, scope: Scope, depth: int) -> Origin | None:
        if self._kinds.of_class(node, scope) is not None:
            return "keras"
        origins: list[Origin | None] = []
        for base in node.bases:
            own = self._analysis.classes.get(base.value.value) if isinstance(base.value, cst.Name) else None
            if own is not None and own is not node and depth < _DEPTH:
                origins.append(self._of_class(own, scope, depth + 1))
                continue
            full = self._kinds.resolve(base.value, scope)
            plain = isinstance(base.value, cst.Name) and base.value.value in ("object", "Exception", "dict", "list")
            origins.append("foreign" if plain else _of_package(full) if full is not None else None)
        if "keras" in origins or "unknown" in origins:
            return "keras" if "keras" in origins else "unknown"
        return None if None in origins else "foreign"

    def _of_attribute(self, node: cst.Attribute, scope: Scope, depth: int) -> Origin | None:
        full = self._kinds.resolve(node, scope)
        if full is not None:
            return _of_package(full)
        path = dotted(node) or ""
        values = self._analysis.attributes.get(path, [])
        if path.startswith("self."):
            home = _class_of(scope)
            values = [(value, inner) for value, inner in values if home is None or _class_of(inner) is home]
        if values:
            return _agreed(self.of(value, inner, depth) for value, inner in values)
        return None

    def _held(self, node: cst.BaseExpression, scope: Scope, depth: int) -> Origin | None:
        """Return where the things come from that a container holds, or that a loop goes through."""
        if depth > _DEPTH:
            return None
        if isinstance(node, cst.Name):
            owner = scope.owner(node.value)
            values = owner.assigned.get(node.value, []) if owner is not None else []
            return _agreed(self._held(value, owner or scope, depth + 1) for value, _ in values)
        if isinstance(node, cst.List | cst.Tuple | cst.Set):
            return _agreed(self._element(element.value, scope, depth) for element in node.elements)
        if isinstance(node, cst.Dict):
            return _agreed(self._element(element.value, scope, depth) for element in node.elements)
        if isinstance(node, cst.Call):
            full = self._kinds.resolve(node.func, scope)
            if full is not None:
                return _of_package(full) if full.partition(".")[0] in ("sklearn", "xgboost", "lightgbm") else None
            if isinstance(node.func, cst.Attribute) and node.func.attr.value in ("items", "values", "iteritems"):
                return self._held(node.func.value, scope, depth + 1)
            if isinstance(node.func, cst.Name) and node.func.value in (
                "zip",
                "enumerate",
                "list",
                "reversed",
                "sorted",
            ):
                return _agreed(self._held(arg.value, scope, depth + 1) for arg in node.args)
        return None

    def _element(self, node: cst.BaseExpression, scope: Scope, depth: int) -> Origin | None:
        if isinstance(node, cst.SimpleString | cst.Integer | cst.Float):
            return None
        if isinstance(node, cst.List | cst.Tuple):
            return self._held(node, scope, depth + 1)
        return self.of(node, scope, depth)


def _of_package(full: str) -> Origin:
    top = full.partition(".")[0]
    if "keras" in top or top in _LIKE_KERAS:
        return "keras"
    return "foreign" if top in _OTHERS else "unknown"


def _agreed(origins: Iterable[Origin | None]) -> Origin | None:
    """Return the one origin that all that are known share, else None."""
    known = {origin for origin in origins if origin is not None}
    return known.pop() if len(known) == 1 else None


def _is_self(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value in ("self", "cls")


def _class_of(scope: Scope | None) -> cst.CSTNode | None:
    while scope is not None and not isinstance(scope.node, cst.ClassDef):
        scope = scope.parent
    return None if scope is None else scope.node
