"""Context menus: what can be done with a message of somebody's."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.channels.discord.names import named
from bot.messages import Intent


def add_to(tree: app_commands.CommandTree[Any]) -> None:
    """Add all entries of the menu of a message."""
    for name, intent in (
        ("discord.menu_answer", Intent.ASK),
        ("discord.menu_run", Intent.RUN),
        ("discord.menu_explain", Intent.EXPLAIN),
    ):
        tree.add_command(_entry(name, intent))


def _entry(name: str, intent: Intent) -> app_commands.ContextMenu:
    async def chosen(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await interaction.client.use(interaction, intent, files=message.attachments, about=message)

    return app_commands.ContextMenu(name=named(name), callback=chosen)
