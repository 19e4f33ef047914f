"""The rooms of a server: the modes that the settings name, and what is missing there."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import discord

from bot.channels.discord import permissions
from bot.channels.discord.reading import NAME
from bot.messages import Mode

if TYPE_CHECKING:
    from bot.channels.discord.bot import LobbyBot

log = logging.getLogger(__name__)

Room = discord.TextChannel | discord.ForumChannel


async def settle(bot: LobbyBot, guild: discord.Guild) -> None:
    """Apply the settings' modes where no operator chose another, and tell the operator what is missing."""
    for room in rooms_of(guild):
        mode = await bot.desk.workers.look(_settle, bot, room)
        lacking = permissions.missing(room.permissions_for(guild.me)) if mode != "off" else []
        if lacking and bot.complain((room.id, tuple(lacking))):
            told = "; ".join(f"{permissions.spoken(name)} ({permissions.NEEDED[name]})" for name in lacking)
            log.warning("discord: in #%s (%s) I lack %s. %s", room.name, room.id, told, permissions.remedy(*lacking))


def rooms_of(guild: discord.Guild) -> list[Room]:
    """Return the rooms in which people ask."""
    return [channel for channel in guild.channels if isinstance(channel, Room)]


def _settle(bot: LobbyBot, room: Room) -> Mode:
    manners = bot.desk.manners
    manners.settle(NAME, str(room.id), _wanted(bot, room))
    return manners.mode(NAME, str(room.guild.id), str(room.id))


def _wanted(bot: LobbyBot, room: Room) -> Mode | None:
    names = {room.name.lower(), str(room.id)}
    listed: dict[Mode, tuple[str, ...]] = {
        "answer": bot.settings.discord_answer_channels,
        "suggest": bot.settings.discord_suggest_channels,
    }
    for mode, rooms in listed.items():
        if any(one.lower().lstrip("#") in names for one in rooms):
            return mode
    return None
