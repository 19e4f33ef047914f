"""Which names the installed TensorFlow has, read from its files: nothing is imported, which would take seconds."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path

from runner.upgrade.installed import missing

_SET = re.compile(r"['\"]([A-Za-z_]\w*)['\"]")
"""How the package names what it makes at run time."""
_NAME = re.compile(r"^[ \t]*from \S+ import (?:\w+ as )?(\w+)", re.MULTILINE)
_OF_KERAS = ("initializers", "losses", "metrics", "optimizers")
"""Modules of TensorFlow that are those of Keras."""
_OTHER_PACKAGES = ("keras", "compat", "python", "estimator", "core")


@cache
def _folder() -> Path | None:
    spec = importlib.util.find_spec("tensorflow")
    folder = Path(spec.origin).parent if spec is not None and spec.origin else None
    return folder if folder is not None and (folder / "_api" / "v2" / "__init__.py").is_file() else None


@cache
def _names(below: str) -> frozenset[str] | None:
    """Return what a module of TensorFlow 2 holds; None where there is no such module."""
    folder = _folder()
    if folder is None:
        return None
    path = folder.joinpath("_api", "v2", *below.split(".")) if below else folder / "_api" / "v2"
    file = path / "__init__.py"
    if not file.is_file():
        return None
    inside = {each.name for each in path.iterdir() if each.is_dir()}
    if below:
        return frozenset(_NAME.findall(file.read_text(encoding="utf-8"))) | inside
    words: set[str] = set()
    for each in (file, folder / "__init__.py"):
        text = each.read_text(encoding="utf-8")
        words.update((*_NAME.findall(text), *_SET.findall(text)))
    return frozenset(words) | inside


def gone(name: str) -> bool:
    """Whether `name`, as `tensorflow.summary.FileWriter`, is surely not in the installed TensorFlow."""
    parts = name.split(".")[1:]
    if _folder() is None or not parts or parts[0] in _OTHER_PACKAGES or any(part.startswith("_") for part in parts):
        return False
    if parts[0] == "contrib":
        return True
    if parts[0] in _OF_KERAS:
        return len(parts) == 2 and missing(f"keras.{'.'.join(parts)}")
    for number, part in enumerate(parts):
        names = _names(".".join(parts[:number]))
        if names is None:
            return False  # below a class
        if part not in names:
            return True
    return False


def in_version_1(name: str) -> bool:
    """Whether `tf.compat.v1` still has a name of TensorFlow 1."""
    folder, parts = _folder(), name.split(".")[1:]
    if folder is None or not parts:
        return False
    file = folder.joinpath("_api", "v2", "compat", "v1", *parts[:-1]) / "__init__.py"
    return file.is_file() and parts[-1] in _NAME.findall(file.read_text(encoding="utf-8"))
