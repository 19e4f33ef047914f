"""What Lobby needs on Discord, what each permission is for, and what is missing where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

if TYPE_CHECKING:
    from bot.channels.discord.bot import LobbyBot

# Name by discord.py → what goes wrong without it. The first ones are needed to work at all.
NEEDED = {
    "view_channel": "Lobby does not see the channel",
    "send_messages": "Lobby cannot answer",
    "send_messages_in_threads": "Lobby cannot answer in threads",
    "read_message_history": "Lobby cannot reply to a message, nor catch up after a restart",
    "embed_links": "answers are plain text instead of cards",
    "attach_files": "figures and long outputs are left out",
}
WISHED = {
    "manage_threads": "solved and idle threads are not closed or tagged",
    "manage_messages": "messages that hold a secret are not removed",
    "add_reactions": "solutions are not marked",
}


def invited_with() -> discord.Permissions:
    """Return the permissions to ask for in the invitation."""
    wanted = discord.Permissions.none()
    wanted.update(**dict.fromkeys((*NEEDED, *WISHED, "use_external_emojis"), True))
    return wanted


def missing(held: discord.Permissions, *, all_of_them: bool = False) -> list[str]:
    """Return which needed (or also wished) permissions are not there, by discord.py's names."""
    names = [*NEEDED, *WISHED] if all_of_them else list(NEEDED)
    return [name for name in names if not getattr(held, name)]


def spoken(name: str) -> str:
    """Return a permission's name as Discord's settings show it, nearly."""
    return name.replace("_", " ").title()


def remedy(*names: str) -> str:
    """Say how to give permissions."""
    named = ", ".join(map(spoken, names)) or "the permissions of docs/discord.md"
    return f"Give Lobby's role {named} in the channel's settings."


def held(bot: LobbyBot, channel_id: str) -> discord.Permissions:
    """Return what Lobby may do in a channel or thread; everything where that cannot be known."""
    channel = bot.get_channel(int(channel_id)) if channel_id.isdigit() else None
    if isinstance(channel, discord.Thread | discord.abc.GuildChannel) and (me := channel.guild.me) is not None:
        try:
            return channel.permissions_for(me)
        except discord.ClientException:  # a thread whose channel is hidden from us
            return discord.Permissions.none()
    return discord.Permissions.all()
