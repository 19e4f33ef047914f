"""Code as documentation writes it → a program that runs as it stands.

Documentation leaves out imports, shows console sessions, and puts `...` where the reader's own code belongs. What can
be completed is completed; of what cannot, nobody should be told that it runs.
"""

from __future__ import annotations

import ast
import builtins
import doctest
import hashlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

# The module that has a public name, or None: `TextVectorization` → `keras.layers`.
Home = Callable[[str], str | None]

# Examples of the packages' own documentation that were run and failed; `python -m bot.failing_examples` writes it.
FAILING = Path(__file__).parent / "tables" / "failing_examples.json"

LONGEST = 64 * 1024
# Names that documentation uses without importing them, with what it means by them.
USUAL_IMPORTS = {
    "keras": "import keras",
    "keras_hub": "import keras_hub",
    "keras_tuner": "import keras_tuner",
    "kt": "import keras_tuner as kt",
    "np": "import numpy as np",
    "numpy": "import numpy",
    "pd": "import pandas as pd",
    "plt": "import matplotlib.pyplot as plt",
    "tf": "import tensorflow as tf",
    "torch": "import torch",
    "jax": "import jax",
    "jnp": "import jax.numpy as jnp",
    "partial": "from functools import partial",
    "Path": "from pathlib import Path",
    "Sequential": "from keras import Sequential",
    "Model": "from keras import Model",
    "Input": "from keras import Input",
    "Layer": "from keras import Layer",
    "Dense": "from keras.layers import Dense",
}
# Modules of Keras that it calls by their last name; `random` may as well be Python's own.
KERAS_MODULES = frozenset(
    [
        "activations",
        "applications",
        "backend",
        "callbacks",
        "config",
        "constraints",
        "datasets",
        "distribution",
        "dtype_policies",
        "export",
        "initializers",
        "layers",
        "losses",
        "metrics",
        "models",
        "ops",
        "optimizers",
        "quantizers",
        "regularizers",
        "saving",
        "tree",
        "utils",
    ]
)
# What every module has without anybody's doing.
_GIVEN = frozenset({*dir(builtins), "__name__", "__file__", "__doc__"})
# Calls that fetch something unless they are told not to.
_FETCHING = frozenset({"from_preset", "get_file", "load_data", "urlretrieve", "urlopen"})


@dataclass(frozen=True, slots=True)
class Program:
    """Documentation's code made whole: `code` is how it stood, `missing` names what it reads and nothing binds."""

    source: str
    missing: frozenset[str]
    code: str = field(repr=False)
    tree: ast.Module = field(repr=False)

    @property
    def complete(self) -> bool:
        """Tell whether nothing is left to fill in: no unknown name, no `...`, no module that is not installed."""
        return not self.missing and not _has_gap(self.tree) and all(map(_installed, _imported(self.tree)))

    @property
    def fingerprint(self) -> str:
        """Identify the code as documentation writes it."""
        return hashlib.sha256(self.code.strip().encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def runs(self) -> bool:
        """Tell whether it may be given as an example that runs: whole, without a network, and not seen to fail."""
        return self.complete and self.offline and not self.fails

    @property
    def fails(self) -> bool:
        """Tell whether it was run and failed."""
        return self.fingerprint in failing()

    @property
    def offline(self) -> bool:
        """Tell whether it fetches nothing: the sandbox has no network."""
        return not any(_fetches(node) for node in ast.walk(self.tree))


def program(code: str, home: Home | None = None) -> Program | None:
    """Return `code` as a program, or None when it is not Python or does nothing.

    Prompts are taken off; an expression whose value a console session shows is printed; the imports that
    documentation leaves out are put in front.

    Args:
        code: as it stands in a document.
        home: where public names live, beyond the usual ones.
    """
    if len(code) > LONGEST:
        return None
    source = _from_session(code) if ">>> " in code else code
    if source is None:
        return None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not any(_does_something(statement) for statement in tree.body):
        return None
    missing = unbound(tree)
    imports = {name: line for name in sorted(missing) if (line := _import_of(name, tree, home))}
    source = source.strip("\n") + "\n"
    if imports:
        source = "\n".join(dict.fromkeys(imports.values())) + "\n\n" + source
        tree = ast.parse(source)
    return Program(source, frozenset(missing - imports.keys()), code, tree)


@cache
def failing() -> Mapping[str, str]:
    """Return the fingerprints of the examples that were run and failed, each with whose they are and why."""
    found: dict[str, str] = json.loads(FAILING.read_text(encoding="utf-8"))
    return found


def without_last_statement(code: str) -> str:
    """Return a program up to its last statement; "" for what is no Python."""
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return "\n".join(code.splitlines()[: body[-1].lineno - 1]).rstrip() if len(body) > 1 else ""


def is_session(code: str) -> bool:
    """Say whether `code` is a transcript of a console session."""
    return code.lstrip().startswith(">>> ")


def _import_of(name: str, tree: ast.Module, home: Home | None) -> str | None:
    """Return the line that imports what documentation means by `name`, or None when nobody can tell."""
    if name in USUAL_IMPORTS:
        return USUAL_IMPORTS[name]
    if name in KERAS_MODULES:
        return f"from keras import {name}"
    if name in sys.stdlib_module_names and name != "random" and _is_module(name, tree):
        return f"import {name}"
    # A lower-case name is far more often the reader's variable than a function of ours.
    if home is not None and (name[:1].isupper() or "_" in name) and (module := home(name)):
        return f"from {module} import {name}"
    return None


def _is_module(name: str, tree: ast.Module) -> bool:
    return any(
        isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == name for n in ast.walk(tree)
    )


def _from_session(code: str) -> str | None:
    try:
        examples = doctest.DocTestParser().get_examples(code)
    except ValueError:
        return None
    lines = []
    for example in examples:
        if example.exc_msg is not None:
            continue
        statement = example.source.rstrip("\n")
        lines.append(_printing(statement) if example.want.strip() else statement)
    return "\n".join(lines) + "\n" if lines else None


def _printing(statement: str) -> str:
    """Return a lone expression as a `print` of it, its comment kept; anything else as it is."""
    try:
        parsed = ast.parse(statement).body
    except (SyntaxError, ValueError):
        return statement
    if len(parsed) != 1 or not isinstance(expression := parsed[0], ast.Expr):
        return statement
    value = expression.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print":
        return statement
    segment = ast.get_source_segment(statement, value)
    return statement.replace(segment, f"print({segment})", 1) if segment else statement


def _does_something(statement: ast.stmt) -> bool:
    """Say whether a statement is more than a lone name or literal, as prose that happens to parse is."""
    return not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Name | ast.Constant))


def _has_gap(tree: ast.Module) -> bool:
    """Tell whether `...` stands for the reader's own code; within an index it is Python's own."""
    indexes = {id(part) for node in ast.walk(tree) if isinstance(node, ast.Subscript) for part in ast.walk(node.slice)}
    return any(
        isinstance(node, ast.Constant) and node.value is ... and id(node) not in indexes for node in ast.walk(tree)
    )


def _imported(tree: ast.Module) -> Iterable[str]:
    """Return the packages that a program imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@lru_cache(maxsize=512)
def _installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def _fetches(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name in _FETCHING:
        return True
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    weights = given.get("weights")
    if weights is not None:
        return isinstance(weights, ast.Constant) and weights.value == "imagenet"
    # The models of `keras.applications` fetch their weights by default.
    return "applications" in ast.unparse(node.func).split(".") and name[:1].isupper()


def unbound(tree: ast.Module) -> set[str]:
    """Return the names that a module reads before anything binds them."""
    names = _Names()
    names.visit(tree)
    names.finish()
    return names.missing


class _Names(ast.NodeVisitor):
    """Walks a module in the order in which it runs; the bodies of functions come last, when all names are bound."""

    def __init__(self) -> None:
        self.bound: set[str] = set(_GIVEN)
        self.missing: set[str] = set()
        self._later: list[tuple[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, set[str]]] = []

    def finish(self) -> None:
        """Look into the functions that were met."""
        whole = set(self.bound)
        while self._later:
            node, around = self._later.pop()
            inside = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
            inside |= {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
            self.bound = whole | around | inside | {"super", "__class__"}
            for statement in node.body if isinstance(node.body, list) else [node.body]:
                self.visit(statement)

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.bound.add(node.id)
        elif node.id not in self.bound:
            self.missing.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name) and node.target.id not in self.bound:
            self.missing.add(node.target.id)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        for part in (node.annotation, node.value, node.target):
            if part is not None:
                self.visit(part)

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        for part in (node.target, *node.body, *node.orelse):
            self.visit(part)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.bound.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.bound.add(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name:
            self.bound.add(node.name)
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
        for part in (*node.decorator_list, *defaults):
            self.visit(part)
        self.bound.add(node.name)
        self._later.append((node, set(self.bound)))

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._later.append((node, set(self.bound)))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(part)
        outside = set(self.bound)
        for statement in node.body:
            self.visit(statement)
        self.bound = outside | {node.name}

    def visit_comprehension_of(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        outside = set(self.bound)
        for generator in node.generators:
            for part in (generator.iter, generator.target, *generator.ifs):
                self.visit(part)
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.visit(part)
        walrus = {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
        self.bound = outside | walrus

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_comprehension_of
