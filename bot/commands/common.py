"""What every command shares: its options, its settings, its logging."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from bot import settings

Command = TypeVar("Command", bound=Callable[..., Any])


def common_options(command: Command) -> Command:
    """Add `--json` and `--data-dir` to a command."""
    command = click.option("--json", "as_json", is_flag=True, help="Print one JSON document, nothing else.")(command)
    return click.option(
        "--data-dir",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder of everything stateful. Default: LOBBY_DATA_DIR, else the user's data folder.",
    )(command)


def load_settings(data_dir: Path | None, **overrides: Any) -> settings.Loaded:
    """Read the settings and set logging up as they say."""
    loaded = settings.load({"data_dir": data_dir, **overrides})
    logging.basicConfig(
        stream=sys.stderr,
        level=loaded.settings.log_level.upper(),
        format="%(levelname)s %(name)s: %(message)s",
    )
    return loaded


def print_json(document: Any) -> None:
    """Print one JSON document on one line; flushed, so that a reader of a batch sees each line at once."""
    print(json.dumps(document, ensure_ascii=False), flush=True)
