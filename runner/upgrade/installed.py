"""Which names the installed Keras has, read from its files: nothing is imported, which would take seconds."""

from __future__ import annotations

import difflib
import importlib.util
import re
from functools import cache
from pathlib import Path

_NAME = re.compile(r"(?:\bas|^from \S+ import) ([A-Za-z_]\w*),?$", re.MULTILINE)


@cache
def _folder() -> Path | None:
    spec = importlib.util.find_spec("keras")
    return Path(spec.origin).parent if spec is not None and spec.origin else None


@cache
def _names(module: str) -> frozenset[str] | None:
    """Return the public names of a module of Keras; None where there is no such module."""
    folder = _folder()
    if folder is None:
        return None
    path = folder.joinpath(*module.split(".")[1:])
    file = path / "__init__.py"
    if not file.is_file():
        return None
    inside = {each.stem for each in path.iterdir() if each.is_dir() or each.suffix == ".py"}
    return frozenset(_NAME.findall(file.read_text(encoding="utf-8"))) | frozenset(inside)


def missing(name: str) -> bool:
    """Whether `name`, as `keras.layers.Highway`, is surely not in the installed Keras."""
    module, _, symbol = name.rpartition(".")
    if not module.startswith("keras") or module.startswith("keras.src") or symbol.startswith("_"):
        return False
    if _folder() is None or symbol == "*":
        return False
    names = _names(module)
    if names is None:
        return _names(module.rpartition(".")[0]) is not None and _module_like(module)
    return symbol not in names


def closest(name: str) -> str:
    """Return which of the installed names are most like one that is gone, or where to look for its like."""
    module, _, symbol = name.rpartition(".")
    several = difflib.get_close_matches(symbol, sorted(_names(module) or ()), n=2, cutoff=0.75)
    if several:
        return " or ".join(f"{module}.{each}" for each in several)
    return "keras.ops" if module == "keras.backend" else f"what {module} has"


def _module_like(module: str) -> bool:
    """Whether the dotted name is one of a module rather than of a class."""
    return module.rpartition(".")[2].islower()
