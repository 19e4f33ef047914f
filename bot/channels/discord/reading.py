"""Discord's messages and interactions → `Message`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import discord

from bot.learning import Said
from bot.messages import HELPER, MANAGER, MODERATOR, OPERATOR, ROLES, Attachment, Author, Intent, Message
from bot.redaction import BREAK
from bot.settings import Settings

NAME = "discord"
SOLVED_SIGNS = frozenset({"✅", "☑️", "✔️"})
READ_TYPES = (discord.MessageType.default, discord.MessageType.reply)
# What the desk would take for a command of ours.
_COMMAND = re.compile(r"\s*[!/:][\w-]+(?=\s|$)")


class Reader:
    """Reads for one bot: who it is and what its settings say."""

    def __init__(self, settings: Settings) -> None:
        self._helpers = frozenset(role.lower() for role in settings.discord_helper_roles)
        self._servers = frozenset(settings.discord_servers)
        self._prefix = settings.discord_prefix

    def author(self, user: discord.abc.User) -> Author:
        """Return who somebody is here; permissions and roles become the desk's roles.

        Beyond a server only that counts which is held in one that the settings name: whoever invites Lobby to a server
        of their own may manage that one, and call its roles what they like.
        """
        roles: set[str] = set()
        if isinstance(user, discord.Member):
            named = str(user.guild.id) in self._servers
            held = [role for role in user.roles if not role.is_default()]
            roles = {str(role.id) for role in held} | ({role.name for role in held} if named else set())
            # Our own names for roles are earned by permissions, never by what a role is called.
            roles -= ROLES
            permissions = user.resolved_permissions or user.guild_permissions
            if permissions.manage_guild:
                roles.add(OPERATOR if named else MANAGER)
            if permissions.manage_messages or permissions.manage_guild or self.helps(held):
                roles.add(HELPER if named else MODERATOR)
        return Author(str(user.id), user.display_name, user.bot, frozenset(roles))

    def helps(self, roles: Iterable[discord.Role]) -> bool:
        """True when one of the roles is a helper's by our settings."""
        return any(role.name.lower() in self._helpers or str(role.id) in self._helpers for role in roles)

    def readable(self, message: discord.Message, own_id: int) -> bool:
        """True for what people write; not our own, not what Discord itself says."""
        return message.author.id != own_id and message.type in READ_TYPES

    def message(self, message: discord.Message, me: discord.ClientUser, *, edited: bool = False) -> Message:
        """Turn a chat message into ours."""
        answered = _answered(message)
        to_us = answered is not None and answered.author.id == me.id
        named = me in message.mentions or any(role in _own_roles(message) for role in message.role_mentions)
        direct = message.guild is None
        text = _without_mention(message.content, me, _own_roles(message))
        text, whose = self._command(text, named or to_us or direct)
        addressed = named or to_us or direct or whose == "ours"
        thread = _starts_thread(message)
        if thread is not None:
            # A post's title is half of the question.
            text = f"{thread.name}\n\n{text}".strip()
        attachments = message.attachments
        if addressed and answered is not None and not to_us and not attachments:
            attachments = answered.attachments
        others = [user for user in message.mentions if user.id not in {me.id, message.author.id}]
        replied = message.reference is not None and message.reference.message_id is not None
        author = self.author(message.author)
        here = place(message.channel, message.guild)
        return Message(
            id=str(message.id),
            channel=NAME,
            author=Author(author.id, author.name, author.is_bot or message.webhook_id is not None, author.roles),
            text=text,
            attachments=tuple(map(_attachment, attachments)),
            reply_to=str(message.reference.message_id) if replied and message.reference else None,
            quoted=answered.content if addressed and answered is not None and not to_us else "",
            edited=edited,
            revision=message.edited_at.isoformat() if edited and message.edited_at else "",
            addressed=addressed,
            to_others=not addressed and (bool(others) or (replied and not to_us) or whose == "theirs"),
            direct=direct,
            url=_url(message.channel, message.jump_url),
            sent_at=message.created_at.timestamp(),
            server=here.server,
            room=here.room,
            thread=here.thread,
        )

    def said(self, message: discord.Message, me: discord.ClientUser, solution: str) -> Said:
        """Return a message of a thread as one to learn from; `solution` is the id of the one that solved it."""
        people = [message.author, *message.mentions]
        marked = any(reaction.me and str(reaction.emoji) in SOLVED_SIGNS for reaction in message.reactions)
        return Said(
            id=str(message.id),
            author=str(message.author.id),
            text=_without_mention(message.content, me, _own_roles(message)),
            at=message.created_at.timestamp(),
            names=frozenset(
                name for one in people for name in (one.name, one.global_name, one.display_name) if name is not None
            ),
            is_bot=message.author.bot or message.webhook_id is not None,
            solves=str(message.id) == solution or marked,
        )

    def interaction(
        self,
        interaction: discord.Interaction,
        intent: Intent | None,
        *,
        text: str = "",
        arguments: Mapping[str, str] | None = None,
        files: Iterable[discord.Attachment] = (),
        about: discord.Message | None = None,
        button: str = "",
    ) -> Message:
        """Turn a command, menu entry, form or button into a message; `about` is what it was used on."""
        channel = interaction.channel
        here = place(channel, interaction.guild, interaction.channel_id, interaction.guild_id)
        shown = about.jump_url if about is not None else ""
        quoted = about.content if about is not None and intent is not None else ""
        if about is not None and intent is not None and not quoted:
            quoted = "\n\n".join(embed.description for embed in about.embeds if embed.description)
        return Message(
            id=str(interaction.id),
            channel=NAME,
            author=self.author(interaction.user),
            text=text,
            attachments=tuple(map(_attachment, files)),
            reply_to=str(about.id) if about is not None else None,
            quoted=quoted,
            locale=str(interaction.locale),
            direct=interaction.guild_id is None,
            intent=intent,
            arguments={name: value for name, value in (arguments or {}).items() if value},
            button=button,
            url=_url(channel, shown),
            sent_at=interaction.created_at.timestamp(),
            server=here.server,
            room=here.room,
            thread=here.thread,
        )

    def _command(self, text: str, addressed: bool) -> tuple[str, Literal["", "ours", "theirs"]]:
        """Return the text as the desk shall read it, and whose command it is: there are other bots here."""
        begun = text.lstrip()
        if self._prefix and begun.startswith(self._prefix) and re.match(r"[\w-]", begun[len(self._prefix) :]):
            return f"!{begun[len(self._prefix) :]}", "ours"
        if not addressed and _COMMAND.match(text):
            return f"{BREAK}{text}", "theirs"
        return text, ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is. A thread's room is the channel that it hangs on."""

    server: str
    room: str
    thread: str


def place(
    channel: Any, guild: discord.Guild | None, channel_id: int | None = None, guild_id: int | None = None
) -> Place:
    """Return where something is."""
    server = str(guild.id if guild is not None else guild_id or "")
    if isinstance(channel, discord.Thread):
        return Place(server, str(channel.parent_id), str(channel.id))
    return Place(server, str(channel.id if channel is not None else channel_id or ""), "")


def _url(channel: Any, jump_url: str) -> str:
    return channel.jump_url if isinstance(channel, discord.Thread) else jump_url


def _answered(message: discord.Message) -> discord.Message | None:
    reference = message.reference
    if reference is None or not isinstance(reference.resolved, discord.Message):
        return None
    return reference.resolved


def _own_roles(message: discord.Message) -> list[discord.Role]:
    """Return the roles that are ours alone: people pick them by mistake when they mean us."""
    guild = message.guild
    if guild is None or guild.self_role is None:
        return []
    return [guild.self_role]


def _without_mention(text: str, me: discord.ClientUser, roles: Iterable[discord.Role]) -> str:
    """Take the mention of us out; where it stood on a line of its own, the line goes too."""
    ids = "|".join([rf"@!?{me.id}", *(f"@&{role.id}" for role in roles)])
    text = re.sub(rf"^[ \t]*<(?:{ids})>[ \t]*\n", "", text, flags=re.MULTILINE)
    return re.sub(rf"[ \t]?<(?:{ids})>[ \t]?[:,]?", " ", text).strip(" \t")


def _starts_thread(message: discord.Message) -> discord.Thread | None:
    """Return the forum post that a message begins."""
    channel = message.channel
    if isinstance(channel, discord.Thread) and channel.id == message.id:
        return channel
    return None


def _attachment(attachment: discord.Attachment) -> Attachment:
    async def read() -> bytes:
        return await attachment.read()

    return Attachment(attachment.filename, attachment.size, read, attachment.content_type or "")
