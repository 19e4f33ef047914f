"""Keeping the account online, and saying in one line why it cannot be."""

from __future__ import annotations

from bot.channels.base import CannotConnect
from bot.channels.matrix.bot import MatrixBot
from bot.desk import Desk
from bot.settings import Settings

NEEDED = ("matrix_homeserver", "matrix_user")


def missing(settings: Settings) -> str:
    """Return the name of a setting that is needed beside the token and not there, else ""."""
    return next((name for name in NEEDED if not getattr(settings, name)), "")


async def run(desk: Desk, settings: Settings) -> None:
    """Be on Matrix until cancelled.

    Raises:
        CannotConnect: a setting is missing, or the token is not accepted.
        ChannelError: the homeserver cannot be reached.
    """
    if name := missing(settings):
        raise CannotConnect(f"The setting {name} is missing.", "Set it beside matrix_token; docs/matrix.md says how.")
    bot = MatrixBot(desk, settings)
    try:
        await bot.run()
    finally:
        await bot.close()
