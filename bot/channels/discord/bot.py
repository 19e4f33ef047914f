"""The client: Discord's events in, messages to the desk."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

import discord
from discord import app_commands

from bot.channels.base import Channel, resume, serve
from bot.channels.discord import commands, menus, rooms
from bot.channels.discord.buttons import TokenButton
from bot.channels.discord.channel import NOBODY, DiscordChannel, InteractionChannel
from bot.channels.discord.missed import Missed
from bot.channels.discord.names import Translator
from bot.channels.discord.reading import NAME, Reader
from bot.channels.discord.threads import Threads
from bot.desk import Desk
from bot.messages import Intent, Message
from bot.settings import Settings
from bot.wording import say

log = logging.getLogger(__name__)

# Only the person who asks needs to see these.
PRIVATE = frozenset(
    {
        Intent.SOURCES,
        Intent.FEEDBACK,
        Intent.HELP,
        Intent.PRIVACY,
        Intent.FORGET,
        Intent.CANCEL,
        Intent.STATUS,
        Intent.PAUSE,
        Intent.MODE,
        Intent.LEARN,
        Intent.BLOCK,
        Intent.PARDON,
    }
)


def intents() -> discord.Intents:
    """Return what Lobby asks Discord to be told: messages with their text, and reactions."""
    return discord.Intents(guilds=True, messages=True, reactions=True, message_content=True)


def quiet_about_voice() -> None:
    """Keep discord.py from warning that it cannot speak: Lobby does not."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


class Tree(app_commands.CommandTree["LobbyBot"]):
    """Commands; what goes wrong in one is logged and told, never shown."""

    async def on_error(
        self, interaction: discord.Interaction[LobbyBot], error: app_commands.AppCommandError, /
    ) -> None:
        log.error("discord: a command failed", exc_info=error)
        locale = str(interaction.locale)
        refused = isinstance(error, app_commands.CheckFailure)
        text = say("manners.operators_only" if refused else "manners.failed", locale)
        try:
            if interaction.response.is_done():
                await interaction.followup.send(text, ephemeral=True)
            else:
                await interaction.response.send_message(text, ephemeral=True)
        except discord.HTTPException as also:
            log.warning("discord: and that could not be told: %s", also.text)


class LobbyBot(discord.Client):
    """One bot for all servers that it was invited to."""

    def __init__(self, desk: Desk, settings: Settings) -> None:
        quiet_about_voice()
        super().__init__(intents=intents(), allowed_mentions=NOBODY)
        self.desk = desk
        self.settings = settings
        self.reader = Reader(settings)
        self.channel = DiscordChannel(self)
        self.threads = Threads(self)
        self.missed = Missed(self)
        self.called: dict[str, float] = {}  # place → when helpers were last called there
        self.tree = Tree(self)
        # Closed while we are away: what we missed must be known before anything new is handed over.
        self._open = asyncio.Event()
        self._resumed = False
        self._resuming: asyncio.Task[None] | None = None
        self._complained: set[object] = set()

    # -- start -----------------------------------------------------------------------------------------------

    async def setup_hook(self) -> None:
        self.add_dynamic_items(TokenButton)
        commands.add_to(self.tree)
        menus.add_to(self.tree)
        await self.tree.set_translator(Translator())
        await self._sync()
        self.threads.start()

    async def _sync(self) -> None:
        """Tell Discord our commands when they are others than last time; it limits how often that may be done."""
        translator = self.tree.translator
        payload = [
            await command.get_translated_payload(self.tree, translator) if translator else command.to_dict(self.tree)
            for command in self.tree.get_commands()
        ]
        now = hashlib.sha256(json.dumps([self.application_id, payload], sort_keys=True).encode()).hexdigest()
        look, memory = self.desk.workers.look, self.desk.memory
        if await look(memory.choice, NAME, "commands", "") != now:
            await self.tree.sync()
            await look(memory.choose, NAME, "", "commands", now)

    async def on_ready(self) -> None:
        try:
            missed = await self.missed.look()
        finally:
            self._open.set()
        log.info("discord: %s is there, on %d servers", self.user, len(self.guilds))
        for guild in self.guilds:
            await rooms.settle(self, guild)
        if not self._resumed:
            self._resumed = True
            # What is taken up again may be a run of a minute; nobody else shall wait for it.
            self._resuming = asyncio.create_task(self.resume())
        await self.missed.answer(missed)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await rooms.settle(self, guild)

    async def on_guild_channel_create(self, channel: discord.abc.GuildChannel) -> None:
        await rooms.settle(self, channel.guild)

    async def on_disconnect(self) -> None:
        self._open.clear()

    async def on_resumed(self) -> None:
        self._open.set()  # Discord sends what we missed by itself

    async def close(self) -> None:
        self.threads.stop()
        await super().close()

    # -- messages --------------------------------------------------------------------------------------------

    async def on_message(self, message: discord.Message) -> None:
        if self.user is None or not self.reader.readable(message, self.user.id):
            return
        await self._open.wait()
        await self.hand_over(message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        message, before = payload.message, payload.cached_message
        # Discord also says so when it unfolds a link.
        if message.edited_at is None or (before is not None and before.content == message.content):
            return
        if self.user is not None and self.reader.readable(message, self.user.id):
            await self._open.wait()
            await self.hand_over(message, edited=True)

    async def hand_over(self, message: discord.Message, *, edited: bool = False) -> None:
        """Answer what somebody wrote, if it is meant for us."""
        if self.user is not None:
            await self.serve(self.reader.message(message, self.user, edited=edited), self.channel)

    async def resume(self) -> None:
        """Go on with what a former process left unfinished."""
        for message in await self.desk.unfinished(NAME):
            await self.missed.find_reply(message)
        await resume(self.desk, self.channel)

    async def serve(self, message: Message, channel: Channel) -> None:
        """Answer a message on a channel."""
        await serve(self.desk, channel, message)

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        await self._open.wait()
        await self.threads.reacted(payload)

    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        await self._open.wait()
        await self.threads.reacted(payload, taken_back=True)

    # -- interactions ----------------------------------------------------------------------------------------

    async def use(
        self,
        interaction: discord.Interaction[Any],
        intent: Intent,
        *,
        text: str = "",
        arguments: Mapping[str, str] | None = None,
        files: Iterable[discord.Attachment] = (),
        about: discord.Message | None = None,
    ) -> None:
        """Do what a command, menu entry or form asks."""
        channel = InteractionChannel(self, interaction, private=intent in PRIVATE)
        await channel.acknowledge()
        message = self.reader.interaction(interaction, intent, text=text, arguments=arguments, files=files, about=about)
        await self._open.wait()
        await self.serve(message, channel)
        await channel.close()

    async def pressed(self, interaction: discord.Interaction[Any], token: str) -> None:
        """Do what a button of ours means."""
        channel = InteractionChannel(self, interaction, private=False)
        await channel.acknowledge()
        message = self.reader.interaction(interaction, None, about=interaction.message, button=token)
        await self._open.wait()
        await self.serve(message, channel)

    # -- what others ask -------------------------------------------------------------------------------------

    @property
    def user_id(self) -> int:
        """Our own id; 0 before we are logged in."""
        return self.user.id if self.user is not None else 0

    def complain(self, about: object) -> bool:
        """True when the operator has not been told about something yet."""
        if about in self._complained:
            return False
        self._complained.add(about)
        return True

    def helper_role(self, server: str) -> discord.Role | None:
        """Return the role to mention when a human is called."""
        guild = self.get_guild(int(server)) if server.isdigit() else None
        for wanted in self.settings.discord_helper_roles:
            for role in guild.roles if guild is not None else ():
                if wanted.lower() in {role.name.lower(), str(role.id)} and not role.is_default():
                    return role
        return None
