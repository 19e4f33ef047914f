"""Read the documented public names of installed packages; run as a process of its own.

Importing Keras brings a whole framework into a process and takes seconds, so the knowledge base never does it itself:
`kb.sources.installed` starts this module, which prints one JSON object a line, one for each public class, function and
method that has a docstring.
"""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import inspect
import json
import os
import re
import sys
import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

# Base classes that a package also exports at its top level, but that people know by their family's module.
FAMILIES = frozenset(
    ["losses", "metrics", "optimizers", "initializers", "regularizers", "constraints", "quantizers", "dtype_policies"]
)
# Parts of a package that are importable, but that its documentation does not show.
HIDDEN_MODULES = frozenset({"src", "_tf_keras", "api", "engine"})
# Methods that people look up although their authors wrote nothing about them.
ASKED_WITHOUT_DOC = frozenset({"train_step", "test_step", "predict_step", "enable_lora"})
LONGEST_SIGNATURE = 1_200
LONGEST_LIST = 40


def read(packages: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield what is documented in `packages`, each object once under its canonical name."""
    names = tuple(packages)
    modules = {name: importlib.import_module(name) for name in names}
    every = {name: _exports(modules[name]) for name in names}
    public = {identity for exports in every.values() for identity in exports}
    for name in names:
        exports = every[name]
        version = importlib.metadata.version(name.replace("_", "-"))
        lines = _Lines(modules[name])
        for obj, paths in exports.values():
            canonical = canonical_name(paths)
            aliases = [path for path in paths if path != canonical]
            doc = _class_doc(obj, public, names) if inspect.isclass(obj) else _own_doc(obj)
            # What is exported is public even where its authors wrote nothing: its page has the signature.
            if doc or paths:
                yield {
                    "symbol": canonical,
                    "aliases": aliases,
                    "sort": "class" if inspect.isclass(obj) else "function",
                    "signature": _signature(obj, canonical.rpartition(".")[2]),
                    "doc": doc,
                    "package": name,
                    "version": version,
                    **lines.where(obj),
                }
            if inspect.isclass(obj):
                for member, value, member_doc in _members(obj, public, names):
                    yield {
                        "symbol": f"{canonical}.{member}",
                        "aliases": [f"{alias}.{member}" for alias in aliases],
                        "sort": "property" if isinstance(value, property) else "method",
                        "signature": None if isinstance(value, property) else _signature(value, member),
                        "doc": member_doc,
                        "package": name,
                        "version": version,
                        **lines.where(value),
                    }


def canonical_name(paths: list[str]) -> str:
    """Choose the path people use: the shortest, but a family's base class under its family.

    `keras.Model` before `keras.models.Model`, `keras.losses.Loss` before `keras.Loss`, `keras.layers.Conv2D` before its
    old name `keras.layers.Convolution2D` (exporters list today's name first).
    """
    families = [path for path in paths if path.count(".") == 2 and path.split(".")[1] in FAMILIES]
    if families and any(path.count(".") == 1 for path in paths):
        return families[0]
    # These only repeat what has a better place: old code's paths, and losses that serve as metrics too.
    repeats = (".legacy.", ".backend.", ".metrics.")
    return min(paths, key=lambda path: (any(r in path for r in repeats), path.count("."), paths.index(path)))


def _exports(package: types.ModuleType) -> dict[int, tuple[Any, list[str]]]:
    """Map the identity of each public object of `package` to the object and its public paths."""
    found: dict[int, tuple[Any, list[str]]] = {}
    todo, seen = [package], {package.__name__}
    while todo:
        module = todo.pop(0)
        for name, value in vars(module).items():
            if name.startswith("_"):
                continue
            if isinstance(value, types.ModuleType):
                inside = value.__name__.startswith(module.__name__ + ".")
                if inside and value.__name__ not in seen and name not in HIDDEN_MODULES:
                    seen.add(value.__name__)
                    todo.append(value)
            elif _is_ours(value, package.__name__):
                found.setdefault(id(value), (value, []))[1].append(f"{module.__name__}.{name}")
    for value, paths in found.values():
        declared = getattr(value, "_api_export_path", None)
        declared = [declared] if isinstance(declared, str) else list(declared or ())
        paths.sort(key=lambda path: declared.index(path) if path in declared else len(declared))
    return found


def _is_ours(value: Any, package: str) -> bool:
    if not (inspect.isclass(value) or inspect.isroutine(value)):
        return False
    home = getattr(value, "__module__", None) or ""
    return home == package or home.startswith(package + ".")


def _members(cls: type, public: set[int], packages: tuple[str, ...]) -> Iterator[tuple[str, Any, str]]:
    """Yield the documented public members that `cls` has itself or from a base that is not public."""
    reach = _reach(cls, public, packages)
    for name in sorted({name for base in reach for name in vars(base)}):
        definer = next(base for base in cls.__mro__ if name in vars(base))
        if name.startswith("_") or definer not in reach:
            continue
        for base in reach:
            value = vars(base).get(name)
            if isinstance(value, classmethod | staticmethod):
                value = value.__func__
            if not (inspect.isfunction(value) or isinstance(value, property)):
                continue
            doc = _own_doc(value)
            if doc or name in ASKED_WITHOUT_DOC:
                yield name, value, doc
                break


def _class_doc(cls: type, public: set[int], packages: tuple[str, ...]) -> str:
    return next((doc for base in _reach(cls, public, packages) if (doc := _own_doc(base))), "")


def _reach(cls: type, public: set[int], packages: tuple[str, ...]) -> list[type]:
    """Return `cls` and the bases of `packages` whose members no public base of `cls` has already."""
    told = {base for parent in cls.__mro__[1:] if id(parent) in public for base in parent.__mro__}
    return [
        base for base in cls.__mro__ if base is cls or (base not in told and base.__module__.split(".")[0] in packages)
    ]


def _own_doc(value: Any) -> str:
    doc = getattr(value, "__doc__", None)
    return inspect.cleandoc(doc) if isinstance(doc, str) else ""


def _signature(value: Any, name: str) -> str | None:
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return None
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
        if parameter.name not in {"self", "cls"}
    ]
    text = name + str(signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty))
    # A default that prints its address would differ at every build.
    text = re.sub(r"<(?:function|class) '?([\w.<>]+)'?(?: at 0x[0-9a-f]+)?>", r"\1", text)
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    return text if len(text) <= LONGEST_SIGNATURE else text[:LONGEST_SIGNATURE] + "…"


class _Lines:
    """Finds the file and line of an object; each file is parsed once."""

    def __init__(self, package: types.ModuleType) -> None:
        self._root = Path(package.__file__ or "").resolve().parent.parent
        self._trees: dict[str, dict[str, ast.AST]] = {}

    def where(self, value: Any) -> dict[str, Any]:
        """Return the file (from the folder of packages), the line, and the messages of the errors raised there."""
        if isinstance(value, property):
            value = value.fget
        value = inspect.unwrap(value) if callable(value) else value
        module = sys.modules.get(getattr(value, "__module__", "") or "")
        code = getattr(value, "__code__", None)
        file = code.co_filename if code is not None else getattr(module, "__file__", None)
        path = Path(file).resolve() if file else None
        if path is None or not path.is_relative_to(self._root):
            return {"file": None, "line": None, "raises": []}
        node = self._nodes(path).get(getattr(value, "__qualname__", ""))
        line = code.co_firstlineno if code is not None else getattr(node, "lineno", None)
        raises = messages(node) if node is not None else []
        return {"file": path.relative_to(self._root).as_posix(), "line": line, "raises": raises}

    def _nodes(self, path: Path) -> dict[str, ast.AST]:
        """Return the classes, functions and methods of a file by qualified name."""
        key = str(path)
        if key not in self._trees:
            found: dict[str, ast.AST] = {}
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef | ast.FunctionDef):
                    found[node.name] = node
                if isinstance(node, ast.ClassDef):
                    found.update(
                        (f"{node.name}.{part.name}", part) for part in node.body if isinstance(part, ast.FunctionDef)
                    )
            self._trees[key] = found
        return self._trees[key]


def messages(node: ast.AST) -> list[str]:
    """Return what the errors raised within `node` say, with what is filled in left out."""
    found: list[str] = []
    for part in ast.walk(node):
        if not (isinstance(part, ast.Raise) and isinstance(part.exc, ast.Call) and part.exc.args):
            continue
        text = _template(part.exc.args[0])
        text = re.sub(r"\s+", " ", text.split("Received")[0]).strip(" :.,=")
        name = getattr(part.exc.func, "id", "")
        if len(text.split()) >= 4 and name not in {"NotImplementedError", "ImportError"}:
            found.append(text)
    return list(dict.fromkeys(found))[:LONGEST_LIST]


def _template(node: ast.AST) -> str:
    """Return the fixed text of a message that is a string, a formatted string, or a sum of them."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_template(value) if isinstance(value, ast.Constant) else " " for value in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _template(node.left) + _template(node.right)
    return ""


def main() -> None:
    """Print what the packages named on the command line document."""
    # Frameworks print banners to stdout while they load; only what we write may reach the reader.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for entry in read(sys.argv[1:]):
        out.write(json.dumps(entry, ensure_ascii=False) + "\n")
    out.flush()
    # Frameworks' own exit handlers take time and have nothing to save.
    os._exit(0)


if __name__ == "__main__":
    main()
