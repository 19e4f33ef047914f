"""Buttons that outlive the process: a button is only its token; what it means is in the desk's memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import discord

from bot.channels.discord import limits
from bot.messages import Button, Reply
from bot.wording import say

if TYPE_CHECKING:
    from bot.channels.discord.bot import LobbyBot

_STYLES = {
    "plain": discord.ButtonStyle.secondary,
    "main": discord.ButtonStyle.primary,
    "danger": discord.ButtonStyle.danger,
}


class TokenButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"lobby:(?P<token>[A-Za-z0-9_-]{1,40})"):
    """Any button of ours. discord.py finds it by its id, whichever process sent it."""

    def __init__(self, token: str, shown: discord.ui.Button[Any] | None = None) -> None:
        super().__init__(shown or discord.ui.Button(custom_id=f"lobby:{token}", label="…"))
        self.token = token

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> TokenButton:
        return cls(match["token"], item if isinstance(item, discord.ui.Button) else None)

    async def callback(self, interaction: discord.Interaction) -> Any:
        client: LobbyBot = interaction.client  # type: ignore[assignment]
        await client.pressed(interaction, self.token)


def buttons_of(reply: Reply) -> discord.ui.View | None:
    """Return the row of buttons under a reply, None when there is none."""
    view = discord.ui.View(timeout=None)
    for button in reply.buttons[: limits.BUTTONS - 1]:
        if button.token and len(button.token) <= limits.TOKEN:
            view.add_item(TokenButton(button.token, _shown(button)))
    if reply.permalink.startswith(("http://", "https://")):
        label = say("discord.full", reply.locale)
        view.add_item(discord.ui.Button(style=discord.ButtonStyle.link, url=reply.permalink, label=label))
    return view if view.children else None


def _shown(button: Button) -> discord.ui.Button[Any]:
    label = button.label if len(button.label) <= limits.BUTTON_LABEL else f"{button.label[: limits.BUTTON_LABEL - 1]}…"
    return discord.ui.Button(
        style=_STYLES[button.style], label=label, emoji=button.emoji or None, custom_id=f"lobby:{button.token}"
    )
