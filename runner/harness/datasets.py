"""Data sets without a network: what the operator laid out is found, what is missing is said in one line."""

# Plain calls of `os` below: a child has milliseconds.
# ruff: noqa: PTH103, PTH112, PTH119, PTH211

from __future__ import annotations

import os
from typing import Any

from runner import layout

_FOLDER = f"{layout.HOME}/.keras/datasets"


def lay_out() -> None:
    """Fill ~/.keras/datasets with links to the operator's files; archives can be unpacked beside them."""
    os.makedirs(_FOLDER, exist_ok=True)
    if os.path.isdir(layout.DATASETS):
        _link(layout.DATASETS, _FOLDER, 3)


def _link(source: str, target: str, depth: int) -> None:
    for entry in os.scandir(source):
        place = f"{target}/{entry.name}"
        if entry.is_dir() and depth:
            os.makedirs(place, exist_ok=True)
            _link(entry.path, place, depth - 1)
        elif not os.path.lexists(place):
            os.symlink(entry.path, place)


def patch_keras(keras: Any) -> None:
    """Make `get_file`, and with it all of `keras.datasets`, trust the operator's files and never try to download."""
    files = keras.src.utils.file_utils
    check = files.validate_file

    def validate_file(fpath: Any, *args: Any, **kwargs: Any) -> Any:
        if os.path.realpath(fpath).startswith(f"{layout.DATASETS}/"):
            return True  # the operator's own choice, perhaps a smaller one than the published
        return check(fpath, *args, **kwargs)

    def urlretrieve(origin: str, target: Any, *_: Any) -> None:
        name = os.path.basename(str(target)).removesuffix("_archive")
        raise FileNotFoundError(
            f"The data set {name!r} is not on this server, and runs have no network. "
            "Ask the operator to add it, or give the file along with your code."
        )

    files.validate_file = validate_file
    files.urlretrieve = urlretrieve
