"""Replies → Discord: sent, edited and acted upon; through the channel itself or through an interaction."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import aiohttp
import discord

from bot.channels.base import ChannelError, Gone, NotAllowed
from bot.channels.discord import limits, permissions
from bot.channels.discord.buttons import buttons_of
from bot.channels.discord.reading import NAME
from bot.channels.discord.rendering import Rendered, render
from bot.channels.rendering import Inline
from bot.messages import Action, File, Message, Reply
from bot.wording import say

if TYPE_CHECKING:
    from bot.channels.discord.bot import LobbyBot

log = logging.getLogger(__name__)

NOBODY = discord.AllowedMentions.none()
# Discord allows five edits in five seconds a channel, shared by all that goes on there; discord.py waits its turn.
EDIT_EVERY_S = 2.0
# Helpers are called to the same place no more often than this.
CALL_AGAIN_S = 600.0
UNKNOWN_MESSAGE = 10008
AGAIN_S = (1.0, 5.0)


class DiscordChannel:
    """Shows replies in channels, threads and direct messages."""

    name = NAME
    edit_every_s = EDIT_EVERY_S

    def __init__(self, bot: LobbyBot) -> None:
        self.bot = bot

    # -- the Channel protocol --------------------------------------------------------------------------------

    async def send(self, message: Message, reply: Reply) -> str:
        target = self._target(message)
        allowed = self._permissions(message)
        if not (allowed.send_messages_in_threads if message.thread else allowed.send_messages):
            raise NotAllowed("I may not write there.", permissions.remedy("send_messages"))
        reference = _reference(message, target.id) if allowed.read_message_history else None
        async with self._translated(message):
            # By the nonce Discord knows a second try for what it is, should the first have arrived after all.
            sent = await self._sending(
                target.send, reply, self._render(message, reply), reference=reference, nonce=secrets.token_hex(12)
            )
        return str(sent.id)

    async def edit(self, message: Message, own_id: str, reply: Reply) -> None:
        if not own_id.isdigit():
            raise Gone("This message is not one of Discord's.")
        partial = self._target(message).get_partial_message(int(own_id))
        async with self._translated(message, reply):
            await self._editing(partial.edit, reply, self._render(message, reply))

    async def act(self, message: Message, reply: Reply, action: Action) -> bool:
        try:
            async with self._translated(message):
                return await self._act(message, reply, action)
        except Gone:
            return True
        except NotAllowed as error:
            await self.bot.desk.not_allowed(message, error.what, error.remedy)
        except ChannelError as error:
            log.warning("%s could not be done: %s", action, error.what)
        return False

    async def _act(self, message: Message, reply: Reply, action: Action) -> bool:
        if action == "remove_message":
            return await self._remove(message)
        if action == "delete_reply":
            if reply.replaces and reply.replaces.isdigit():
                await self._target(message).get_partial_message(int(reply.replaces)).delete()
            return True
        if action == "call_helpers":
            return await self._call(message)
        if action == "learn_thread":
            return await self.bot.threads.learn(message)
        if action == "reopen_thread":
            return await self.bot.threads.reopen(message)
        return await self.bot.threads.close(message, solved=action == "mark_solved")

    async def _remove(self, message: Message) -> bool:
        if message.intent is not None or message.button or message.direct:
            return False  # nobody else sees it
        if not self._permissions(message).manage_messages:
            raise NotAllowed("I may not remove a message that holds a secret.", permissions.remedy("manage_messages"))
        await self._target(message).get_partial_message(int(message.id)).delete()
        return True

    async def _call(self, message: Message) -> bool:
        """Mention the helper role: the only mention there ever is, and not again and again."""
        role = self.bot.helper_role(message.server)
        place = message.thread or message.room
        if role is None:
            log.warning("nobody could be called to %s: no role of this server is in discord_helper_roles", place)
            return False
        if time.time() - self.bot.called.get(place, 0.0) < CALL_AGAIN_S:
            return True
        self.bot.called[place] = time.time()
        text = say("discord.call", message.locale, role=role.mention, url=message.url)
        mentions = discord.AllowedMentions(everyone=False, users=False, roles=[role])
        await self._target(message).send(text, allowed_mentions=mentions, suppress_embeds=True)
        return True

    # -- parts -----------------------------------------------------------------------------------------------

    def _target(self, message: Message) -> discord.PartialMessageable:
        return self.bot.get_partial_messageable(int(message.thread or message.room))

    def _permissions(self, message: Message) -> discord.Permissions:
        return permissions.held(self.bot, message.thread or message.room)

    def _render(self, message: Message, reply: Reply) -> Rendered:
        allowed = self._permissions(message)
        guild = self.bot.get_guild(int(message.server)) if message.server.isdigit() else None
        largest = guild.filesize_limit if guild is not None else limits.FILE_BYTES
        return render(reply, embeds=allowed.embed_links, attach=allowed.attach_files, file_bytes=largest)

    async def _sending(self, send: Any, reply: Reply, rendered: Rendered, **options: Any) -> Any:
        options = {name: value for name, value in options.items() if value is not None}
        options |= {"allowed_mentions": NOBODY, "silent": reply.quiet}
        if rendered.embed is not None:
            options["embed"] = rendered.embed
        if (view := buttons_of(reply)) is not None:
            options["view"] = view

        async def call(with_files: bool = True) -> Any:
            files = _opened(rendered.files) if with_files else []
            return await send(rendered.content or None, **options, **({"files": files} if files else {}))

        return await _with_or_without_files(call, rendered)

    async def _editing(self, edit: Any, reply: Reply, rendered: Rendered, **options: Any) -> Any:
        async def call(with_files: bool = True) -> Any:
            return await edit(
                content=rendered.content or None,
                embeds=[rendered.embed] if rendered.embed is not None else [],
                attachments=_opened(rendered.files) if with_files else [],
                view=buttons_of(reply),
                allowed_mentions=NOBODY,
                **options,
            )

        return await _with_or_without_files(call, rendered)

    @contextlib.asynccontextmanager
    async def _translated(self, message: Message, reply: Reply | None = None) -> AsyncIterator[None]:
        """Turn what Discord refuses into the errors of a channel; a `reply` that is only progress may get lost."""
        try:
            yield
        except discord.Forbidden as error:
            raise NotAllowed(f"Discord said: {error.text}.", permissions.remedy()) from None
        except discord.NotFound as error:
            if error.code == UNKNOWN_MESSAGE:
                raise Gone("This message is not there any more.") from None
            raise ChannelError(f"Place {message.thread or message.room} is gone: {error.text}.") from None
        except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
            if reply is not None and reply.state == "progress":
                log.info("discord: progress could not be shown: %s", error)
                return
            if not isinstance(error, discord.HTTPException):
                raise ChannelError(f"Discord cannot be reached: {error}.") from None
            raise ChannelError(f"Discord refused a message ({error.status}): {error.text[:300]}.") from None


class InteractionChannel(DiscordChannel):
    """Shows replies where a command, menu entry, form or button was used; goes on in the channel when that expires."""

    def __init__(self, bot: LobbyBot, interaction: discord.Interaction, *, private: bool) -> None:
        super().__init__(bot)
        self._interaction = interaction
        self._private = private
        self._component = interaction.type is discord.InteractionType.component
        self._waiting = False  # "Lobby is thinking…" is shown
        self._alive = False
        self._own: set[str] = set()

    async def acknowledge(self) -> None:
        """Tell Discord that an answer comes: it waits three seconds for that, and fifteen minutes for the answer."""
        response = self._interaction.response
        try:
            if self._component:
                await response.defer()
            else:
                await response.defer(ephemeral=self._private, thinking=True)
                self._waiting = True
            self._alive = True
        except discord.HTTPException as error:
            log.warning("discord: an interaction came too late to be acknowledged: %s", error.text)

    async def close(self) -> None:
        """Take "thinking…" away when there was nothing to say."""
        if self._waiting and self._usable():
            with contextlib.suppress(discord.HTTPException):
                await self._interaction.delete_original_response()

    async def send(self, message: Message, reply: Reply) -> str:
        if not self._usable():
            return await super().send(message, reply)
        rendered = self._render(message, reply)
        async with self._translated(message):
            if self._waiting:
                self._waiting = False
                if reply.private == self._private:
                    sent: Any = await self._editing(self._interaction.edit_original_response, reply, rendered)
                    self._own.add(str(sent.id))
                    return str(sent.id)
                # Who sees an answer is settled with the acknowledgement: another one needs another message, and the
                # one that waits must say something before it can go.
                await self._interaction.edit_original_response(content="…")
                sent = await self._follow_up(reply, rendered)
                await self._interaction.delete_original_response()
            else:
                sent = await self._follow_up(reply, rendered)
        self._own.add(str(sent.id))
        return str(sent.id)

    async def _follow_up(self, reply: Reply, rendered: Rendered) -> discord.WebhookMessage:
        sent: discord.WebhookMessage = await self._sending(
            self._interaction.followup.send, reply, rendered, ephemeral=reply.private, wait=True
        )
        return sent

    async def edit(self, message: Message, own_id: str, reply: Reply) -> None:
        source = self._interaction.message
        if self._usable() and self._component and source is not None and own_id == str(source.id):
            async with self._translated(message, reply):
                await self._editing(self._interaction.edit_original_response, reply, self._render(message, reply))
        elif self._usable() and own_id in self._own:
            async with self._translated(message, reply):
                await self._editing(
                    self._interaction.followup.edit_message, reply, self._render(message, reply), message_id=int(own_id)
                )
        else:
            await super().edit(message, own_id, reply)

    async def _act(self, message: Message, reply: Reply, action: Action) -> bool:
        source = self._interaction.message
        if action == "delete_reply" and self._component and source is not None and reply.replaces == str(source.id):
            await self._interaction.delete_original_response()
            return True
        return await super()._act(message, reply, action)

    def _permissions(self, message: Message) -> discord.Permissions:
        if self._usable():
            return self._interaction.app_permissions
        return super()._permissions(message)

    def _usable(self) -> bool:
        return self._alive and not self._interaction.is_expired()


def _reference(message: Message, channel_id: int) -> discord.MessageReference | None:
    """Return the message that a reply hangs on: the person's, or what their command was used on."""
    hangs_on = message.reply_to if message.intent is not None or message.button else message.id
    if hangs_on is None or not hangs_on.isdigit():
        return None
    return discord.MessageReference(message_id=int(hangs_on), channel_id=channel_id, fail_if_not_exists=False)


def _opened(files: tuple[File | Inline, ...]) -> list[discord.File]:
    opened = []
    for file in files:
        if isinstance(file, Inline):
            opened.append(discord.File(io.BytesIO(file.content), filename=file.name))
            continue
        with contextlib.suppress(OSError):  # the run was dropped meanwhile
            opened.append(discord.File(file.path, filename=file.name))
    return opened


async def _with_or_without_files(call: Callable[..., Awaitable[Any]], rendered: Rendered) -> Any:
    try:
        return await _patiently(call)
    except discord.HTTPException as error:
        if not _too_much(error) or not rendered.files:
            raise
        # The server's own limit may be lower than what it says; a result without its files is better than none.
        log.warning("discord: files were refused: %s", error.text)
        return await call(with_files=False)


async def _patiently(call: Callable[[], Awaitable[Any]]) -> Any:
    """Try again what fails on Discord's side; discord.py itself waits where it is told to."""
    for wait in AGAIN_S:
        try:
            return await call()
        except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
            if isinstance(error, discord.HTTPException) and error.status < 500 and error.status != 429:
                raise
            log.info("discord: trying again in %.0f s: %s", wait, error)
            await asyncio.sleep(wait)
    return await call()


def _too_much(error: discord.HTTPException) -> bool:
    """True when a request was refused for its size."""
    return error.status == 413 or error.code == 40005
