"""`lobby board`: the operators' password."""

from __future__ import annotations

from pathlib import Path

import click

from bot.channels.web.sessions import hashed
from bot.commands.common import common_options, print_json
from bot.errors import DONE, BadCall

SHORTEST = 10


@click.group()
def board() -> None:
    """The operators' board."""


@board.command()
@common_options
def password(as_json: bool, data_dir: Path | None) -> int:
    """Ask for a password and print the line that lobby.toml wants; the password itself is kept nowhere."""
    given = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if len(given) < SHORTEST:
        raise BadCall(f"The password has {len(given)} characters.", f"Choose one of {SHORTEST} or more.")
    line = hashed(given)
    if as_json:
        print_json({"board_password_hash": line})
    else:
        print(f'board_password_hash = "{line}"')
    return DONE
