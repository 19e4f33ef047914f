"""`lobby datasets`: files that snippets find where `keras.datasets` and `keras.utils.get_file` look."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from bot import printing
from bot.assistant import datasets_folder
from bot.commands.common import common_options, load_settings, print_json
from bot.errors import DONE, BadCall
from runner import datasets as store
from runner.errors import RunnerError


@click.group()
def datasets() -> None:
    """Data sets that snippets find, since a run has no network."""


@datasets.command()
@click.argument("name")
@click.argument("path", type=click.Path(path_type=Path))
@common_options
def add(name: str, path: Path, as_json: bool, data_dir: Path | None) -> int:
    """Copy PATH, a file or folder, into the data sets as NAME (such as mnist.npz)."""
    folder = datasets_folder(load_settings(data_dir).settings)
    try:
        added = store.add(folder, name, path)
    except RunnerError as error:
        raise BadCall(error.what, error.remedy) from None
    if as_json:
        print_json(asdict(added))
    else:
        printing.show_datasets([added])
    return DONE


@datasets.command()
@common_options
def status(as_json: bool, data_dir: Path | None) -> int:
    """List the data sets."""
    found = store.status(datasets_folder(load_settings(data_dir).settings))
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        printing.show_datasets(found)
    return DONE
