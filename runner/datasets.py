"""Data sets that the operator gives to snippets: files in one folder, seen read-only as ~/.keras/datasets."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from runner.errors import RunnerError

# What `keras.datasets` asks for, by the file (or folder) that it looks for.
KNOWN = {
    "mnist.npz": "keras.datasets.mnist",
    "fashion-mnist": "keras.datasets.fashion_mnist",
    "cifar-10-batches-py": "keras.datasets.cifar10",
    "cifar-10-batches-py-target": "keras.datasets.cifar10",
    "cifar-100-python": "keras.datasets.cifar100",
    "cifar-100-python-target": "keras.datasets.cifar100",
    "imdb.npz": "keras.datasets.imdb",
    "imdb_word_index.json": "keras.datasets.imdb",
    "reuters.npz": "keras.datasets.reuters",
    "reuters_word_index.json": "keras.datasets.reuters",
    "boston_housing.npz": "keras.datasets.boston_housing",
    "california_housing.npz": "keras.datasets.california_housing",
}


@dataclass(frozen=True, slots=True)
class Dataset:
    """One entry of the folder: `serves` is the Keras data set that finds it there, if one does."""

    name: str
    bytes: int
    serves: str | None


def add(folder: Path, name: str, path: Path) -> Dataset:
    """Copy a file or a folder into the data sets under `name`; it is there whole or not at all.

    Raises:
        RunnerError: the name is no plain name, or `path` is missing.
    """
    if not name or "/" in name or name.startswith(".") or "\x00" in name:
        raise RunnerError(f"{name!r} is not a plain name.", "Use a name like mnist.npz, without folders.")
    if not path.exists():
        raise RunnerError(f"There is nothing at {path}.", "Give the path of a file or a folder on this machine.")
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{name}.{os.getpid()}.partial"
    try:
        if path.is_dir():
            shutil.copytree(path, partial)
        else:
            shutil.copyfile(path, partial)
        for place in (partial, *partial.rglob("*")):
            place.chmod(0o755 if place.is_dir() else 0o644)  # cells run as an id that owns nothing
        target = folder / name
        if target.is_dir():
            shutil.rmtree(target)
        partial.replace(target)
    finally:
        if partial.is_dir():
            shutil.rmtree(partial)
        else:
            partial.unlink(missing_ok=True)
    return _describe(folder / name)


def status(folder: Path) -> list[Dataset]:
    """Return what is there, by name."""
    if not folder.is_dir():
        return []
    return [_describe(path) for path in sorted(folder.iterdir()) if not path.name.startswith(".")]


def _describe(path: Path) -> Dataset:
    files = [path] if path.is_file() else [inner for inner in path.rglob("*") if inner.is_file()]
    return Dataset(path.name, sum(file.stat().st_size for file in files), KNOWN.get(path.name))
