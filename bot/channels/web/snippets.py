"""Code as documentation writes it → a program that runs as it stands."""

from __future__ import annotations

import ast
import builtins
import doctest

# Names that documentation uses without importing them, with what it means by them.
USUAL_IMPORTS = {
    "keras": "import keras",
    "keras_hub": "import keras_hub",
    "keras_tuner": "import keras_tuner",
    "np": "import numpy as np",
    "numpy": "import numpy",
    "pd": "import pandas as pd",
    "plt": "import matplotlib.pyplot as plt",
    "tf": "import tensorflow as tf",
    "torch": "import torch",
    "jax": "import jax",
    "jnp": "import jax.numpy as jnp",
    "os": "import os",
    "layers": "from keras import layers",
    "ops": "from keras import ops",
    "models": "from keras import models",
    "Sequential": "from keras import Sequential",
    "Model": "from keras import Model",
    "Input": "from keras import Input",
    "Dense": "from keras.layers import Dense",
}
MAX_SOURCE = 64 * 1024


def runnable(code: str) -> str | None:
    """Return `code` as a program, or None when it is not Python.

    Prompts are taken off; an expression whose value a console session shows is printed; the imports that
    documentation leaves out are put in front.
    """
    if len(code) > MAX_SOURCE:
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
    imports = [USUAL_IMPORTS[name] for name in sorted(_unbound(tree)) if name in USUAL_IMPORTS]
    source = source.strip("\n") + "\n"
    return "\n".join(imports) + "\n\n" + source if imports else source


def is_session(code: str) -> bool:
    """Say whether `code` is a transcript of a console session."""
    return code.lstrip().startswith(">>> ")


def _from_session(code: str) -> str | None:
    try:
        examples = doctest.DocTestParser().get_examples(code)
    except ValueError:
        return None
    lines = []
    for example in examples:
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


def _unbound(tree: ast.Module) -> set[str]:
    """Return the names that are read somewhere and bound nowhere."""
    read: set[str] = set()
    bound: set[str] = set(dir(builtins))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
    return read - bound
