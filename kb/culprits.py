"""The symbols that an error points to: those its message names, and those on the line that raised it.

The search compares an error's words with what the pages say. `IndexError: index 5 is out of bounds` says nothing of
Keras; the line `keras.utils.to_categorical([1, 5], 2)` does.
"""

from __future__ import annotations

import builtins
import difflib
import re
from collections.abc import Iterator

from kb.symbols import PACKAGES, STRENGTH, SymbolTable

LONGEST_LINE = 1_000
# How much of two names must be alike for the one to be meant by the other: a slip or a shortening, not another word.
ALIKE = 0.65
# How Python and NumPy speak of what was called wrongly, and of what is not there.
_CALLED = re.compile(r"\b([A-Za-z_]\w*)\.([A-Za-z_]\w*)\(\)")
_NO_MEMBER = re.compile(r"module '([\w.]+)' has no attribute '(\w+)'|cannot import name '(\w+)' from '([\w.]+)'")
_NO_ATTRIBUTE = re.compile(r"'(\w+)' object has no attribute '(\w+)'")
# `sum(…)` on its own is Python's, whatever Keras calls by that name.
_OF_PYTHON = re.compile(rf"(?<![\w.])(?:{'|'.join(name for name in dir(builtins) if name.islower())})\s*\(")
# `np.zeros(…)` is NumPy's.
_OF_OTHERS = re.compile(r"\b(?:np|numpy|jnp|jax|pd|plt|torch|random|math|os|sys|time|tf(?!\.keras))\.[\w.]+")
# A private class that people meet by its name, and what they made it with.
_HIDDEN = {"Functional": "keras.Model"}
# The private bases that `keras.Model` has its training from, one a backend.
_TRAINER = re.compile(r"(?:TensorFlow|JAX|Torch|OpenVINO|Numpy)?Trainer")


# An argument given by its name: what was asked of what the line calls.
_BY_NAME = re.compile(r"\b([A-Za-z]\w*)\s*=(?!=)")


# TensorFlow names an operator in a graph by the path of the layers that made it.
_NODE = re.compile(r"Detected at node (\S{1,500}) defined at")


def operators(table: SymbolTable, message: str) -> list[int]:
    """Return the pages of what failed in a graph: the operator, and the layers that it was made in from within."""
    node = _NODE.search(message)
    *parts, operator = node[1].split("/") if node else [""]
    names = ("".join(word.capitalize() for word in re.sub(r"_\d+$", "", part).split("_")) for part in reversed(parts))
    paths = [path for path in (_class(table, name) for name in names) if path and path.startswith("keras.layers.")]
    pages = (table.find(path) for path in (f"keras.ops.{operator}", *paths) if not path.endswith("."))
    return [page for page in pages if page is not None]


def asked_of(line: str) -> str:
    """Return the names of the arguments that a line of a program gives by name, which often tell what it is about."""
    _, bracket, inside = line[:LONGEST_LINE].partition("(")
    return " ".join(dict.fromkeys(_BY_NAME.findall(inside))) if bracket else ""


def culprits(table: SymbolTable, message: str, line: str) -> list[int]:
    """Return the pages of what an error's message and line name, the most likely culprit first.

    Args:
        table: the names of all symbols.
        message: what the exception said.
        line: the line of the program that raised it, "" where that is not known.
    """
    found = list(_named(table, message))
    own = _OF_OTHERS.sub(" ", _OF_PYTHON.sub("(", line[:LONGEST_LINE]))
    strengths = table.spot(own).pages
    clear = [page for page, strength in strengths.items() if strength >= STRENGTH["name"]]
    return list(dict.fromkeys([*found, *sorted(clear, key=lambda page: -strengths[page])]))


def called_page(table: SymbolTable, called: str | None) -> int | None:
    """Return the page of what a program had called, else that of what it belongs to; None where neither has one."""
    if not called:
        return None
    page = table.find(called)
    return table.find(called.rpartition(".")[0]) if page is None else page


def _named(table: SymbolTable, message: str) -> Iterator[int]:
    for owner, name in _CALLED.findall(message):
        symbol = "keras.Model" if _TRAINER.fullmatch(owner) else _class(table, owner)
        page = table.find(symbol if name == "__init__" else f"{symbol}.{name}") if symbol else None
        if page is not None:
            yield page
    for match in _NO_MEMBER.finditer(message):
        module, name = (match[1], match[2]) if match[1] else (match[4], match[3])
        ours = module.partition(".")[0] in PACKAGES or ".keras" in module
        if ours and (meant := _meant(table, module, name)) is not None:
            yield meant
    for owner, name in _NO_ATTRIBUTE.findall(message):
        symbol = _class(table, owner)
        page = table.find(symbol) if symbol else None
        if symbol and page is not None:
            meant = _meant(table, symbol, name, method=True)
            yield page if meant is None else meant


def _class(table: SymbolTable, name: str) -> str | None:
    """Return the path of a class that goes by this very name."""
    if name in _HIDDEN:
        return _HIDDEN[name]
    module = table.module_of(name) if name[:1].isupper() else None
    return f"{module}.{name}" if module else None


def _meant(table: SymbolTable, owner: str, name: str, *, method: bool = False) -> int | None:
    """Return the page of what was likely meant by a name that its owner, a module or an object, does not have."""
    path = f"{owner}.{name}"
    for symbol in table.nearest(path, 5):
        if alike(path, symbol) and symbol.split(".")[-2][:1].isupper() >= method:
            return table.find(symbol)
    return None


def alike(path: str, symbol: str) -> bool:
    """Tell whether the last name of a path that does not exist may be a slip for that of a symbol."""
    name, other = (one.rpartition(".")[2].lower() for one in (path, symbol))
    return difflib.SequenceMatcher(None, name, other).ratio() >= ALIKE
