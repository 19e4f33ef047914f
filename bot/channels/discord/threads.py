"""Help threads: solved by a word or a sign, reminded when idle, then closed; and thumbs under our answers."""

from __future__ import annotations

import contextlib
import logging
import time
from typing import TYPE_CHECKING

import discord
from discord.ext import tasks

from bot.channels.base import ChannelError, standing_for
from bot.channels.discord import permissions
from bot.channels.discord.reading import NAME, READ_TYPES, SOLVED_SIGNS
from bot.messages import Author, Intent, Message

if TYPE_CHECKING:
    from bot.channels.discord.bot import LobbyBot

log = logging.getLogger(__name__)

VOTES = {"👍": "up", "👎": "down"}
LOOK_EVERY_S = 600.0
MOST_TAGS = 5  # that a forum post may have
MOST_SAID = 500  # messages of a thread that are looked at to learn from it


class Threads:
    """The threads of one bot."""

    def __init__(self, bot: LobbyBot) -> None:
        self._bot = bot
        self._loop = tasks.loop(seconds=LOOK_EVERY_S)(self.look)

    def start(self) -> None:
        """Look for idle threads from now on."""
        self._loop.start()

    def stop(self) -> None:
        """Look no more."""
        self._loop.cancel()

    async def look(self) -> None:
        """Remind of threads that fell asleep, close those that were reminded of, and let the desk tidy up."""
        await self._bot.wait_until_ready()
        for conversation, reply in await self._bot.desk.idle(NAME):
            message = standing_for(conversation, "idle")
            try:
                await self._bot.channel.send(message, reply)
            except ChannelError as error:
                log.info("thread %s could not be told: %s", conversation.thread, error.what)
            for action in reply.actions:
                await self._bot.channel.act(message, reply, action)
        await self._bot.desk.tidy()

    async def close(self, message: Message, *, solved: bool) -> bool:
        """Close a thread; a solved forum post gets its tag, and the message that solved it a sign."""
        thread = await self._thread(message.thread)
        if thread is None:
            return False
        if not permissions.held(self._bot, message.thread).manage_threads and thread.owner_id != self._bot.user_id:
            await self._bot.desk.not_allowed(message, "I may not close threads.", permissions.remedy("manage_threads"))
            return False
        solution = message.arguments.get("solution", "")
        if solved and solution.isdigit():
            with contextlib.suppress(discord.HTTPException):
                await thread.get_partial_message(int(solution)).add_reaction("✅")
        tags = list(thread.applied_tags)
        tag = self._solved_tag(thread) if solved else None
        if tag is not None and tag not in tags:
            await thread.edit(applied_tags=[*tags[: MOST_TAGS - 1], tag])
        await thread.edit(archived=True)
        return True

    async def reopen(self, message: Message) -> bool:
        """Take the tag of a solved thread away again; that somebody writes has opened it."""
        thread = await self._thread(message.thread)
        tag = self._solved_tag(thread) if thread is not None else None
        if thread is not None and tag is not None and tag in thread.applied_tags:
            await thread.edit(archived=False, applied_tags=[one for one in thread.applied_tags if one != tag])
        return True

    async def learn(self, message: Message) -> bool:
        """Hand the messages of a solved thread to the desk; what not everybody may read stays where it is."""
        thread = await self._thread(message.thread)
        if thread is None or thread.is_private():
            return False
        solution = message.arguments.get("solution", "")
        said = [await self._starter(thread)] if isinstance(thread.parent, discord.TextChannel) else []
        said += [one async for one in thread.history(limit=MOST_SAID, oldest_first=True)]
        told = [
            self._bot.reader.said(one, self._bot.user, solution)
            for one in said
            if one is not None and self._bot.user is not None and one.type in READ_TYPES
        ]
        return await self._bot.desk.learn(message, thread.name, told)

    async def _starter(self, thread: discord.Thread) -> discord.Message | None:
        """Return the message of a channel that a thread hangs on, if it hangs on one."""
        try:
            return (
                await thread.parent.fetch_message(thread.id) if isinstance(thread.parent, discord.TextChannel) else None
            )
        except discord.NotFound:
            return None

    async def reacted(self, payload: discord.RawReactionActionEvent, *, taken_back: bool = False) -> None:
        """Take ✅ in a thread as "solved", and thumbs under an answer of ours as a vote."""
        if payload.user_id == self._bot.user_id or (payload.member is not None and payload.member.bot):
            return
        sign = str(payload.emoji)
        if sign in SOLVED_SIGNS and not taken_back:
            await self._signed_as_solved(payload)
        elif sign in VOTES:
            vote = "none" if taken_back else VOTES[sign]
            own = await self._bot.desk.workers.look(self._bot.desk.memory.reply, NAME, str(payload.message_id))
            if own is not None:
                arguments = {"vote": vote, "silent": "yes"}
                message = self._from_sign(payload, Intent.FEEDBACK, arguments)
                await self._bot.serve(message, self._bot.channel)

    async def _signed_as_solved(self, payload: discord.RawReactionActionEvent) -> None:
        message = self._from_sign(payload, Intent.SOLVED, {"solution": str(payload.message_id)})
        if not message.thread:
            return
        desk = self._bot.desk
        open_one = await desk.workers.look(desk.memory.conversation, message.conversation)
        # Who may not is not told: a sign is not a request, and everybody would read the answer.
        if open_one is not None and open_one.state == "open" and desk.manners.may_manage(message, open_one.asker):
            await self._bot.serve(message, self._bot.channel)

    def _from_sign(self, payload: discord.RawReactionActionEvent, intent: Intent, arguments: dict[str, str]) -> Message:
        channel = self._bot.get_channel(payload.channel_id)
        thread = channel if isinstance(channel, discord.Thread) else None
        author = Author(str(payload.user_id))
        if payload.member is not None:
            author = self._bot.reader.author(payload.member)
        return Message(
            # Each sign is a message of its own, also the same one given again.
            id=f"{payload.message_id}-{intent}-{payload.user_id}-{time.time_ns()}",
            channel=NAME,
            server=str(payload.guild_id or ""),
            room=str(thread.parent_id if thread is not None else payload.channel_id),
            thread=str(thread.id) if thread is not None else "",
            author=author,
            reply_to=str(payload.message_id),
            intent=intent,
            arguments=arguments,
            url=thread.jump_url if thread is not None else "",
        )

    async def _thread(self, thread_id: str) -> discord.Thread | None:
        if not thread_id:
            return None
        found = self._bot.get_channel(int(thread_id))
        if found is None:  # archived ones are not kept in mind by discord.py
            found = await self._bot.fetch_channel(int(thread_id))
        return found if isinstance(found, discord.Thread) else None

    def _solved_tag(self, thread: discord.Thread) -> discord.ForumTag | None:
        if not isinstance(thread.parent, discord.ForumChannel):
            return None
        wanted = self._bot.settings.discord_solved_tag.lower()
        return next((tag for tag in thread.parent.available_tags if tag.name.lower() == wanted), None)
