"""`lobby keys`: keys for programs that use the JSON API."""

from __future__ import annotations

from pathlib import Path

import click

from bot.channels.web import keys as web_keys
from bot.commands.common import common_options, print_json
from bot.errors import DONE, BadCall


@click.group()
def keys() -> None:
    """Keys for programs that use the API."""


@keys.command()
@click.argument("name")
@common_options
def new(name: str, as_json: bool, data_dir: Path | None) -> int:
    """Print a new key for the program NAME, and the line that lobby.toml wants; the key itself is kept nowhere."""
    key = web_keys.made()
    line = web_keys.line_of(name, key)
    if not web_keys.LINE.fullmatch(line):
        raise BadCall(f"{name!r} is no name for a key.", "Use up to 40 letters, digits, dots and hyphens.")
    if as_json:
        print_json({"key": key, "api_keys": line})
    else:
        click.echo(f"The key, shown only now:   {key}")
        click.echo(f'For api_keys in lobby.toml: "{line}"')
    return DONE
