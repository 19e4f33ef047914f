"""What was written while Lobby was away: found by the last message it saw in each room, and answered once."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import discord

from bot.channels.discord.reading import NAME
from bot.channels.discord.rooms import Room, rooms_of
from bot.messages import Message

if TYPE_CHECKING:
    from bot.channels.discord.bot import LobbyBot

log = logging.getLogger(__name__)

MOST_MESSAGES = 200  # a channel; who was away for longer has other worries
OLDEST = timedelta(days=7)
AT_ONCE = 4
MOST_REPLIES = 50  # a reply that was sent stands soon after its message


@dataclass(frozen=True, slots=True)
class Gap:
    """A channel or thread in which something came after the message `after`."""

    channel: discord.TextChannel | discord.Thread
    after: int


class Missed:
    """What one bot missed."""

    def __init__(self, bot: LobbyBot) -> None:
        self._bot = bot

    async def look(self) -> list[Gap]:
        """Return where something was written since we last looked; to be called before anything new is answered."""
        gaps: list[Gap] = []
        for guild in self._bot.guilds:
            for room in rooms_of(guild):
                gaps += await self._gaps(room)
        return gaps

    async def answer(self, gaps: list[Gap]) -> None:
        """Hand over what was missed, oldest first in each place."""
        few = asyncio.Semaphore(AT_ONCE)

        async def catch_up(gap: Gap) -> None:
            async with few:
                await self._answer(gap)

        await asyncio.gather(*(catch_up(gap) for gap in gaps))

    async def find_reply(self, message: Message) -> None:
        """Find a reply that the process which died had sent, but not noted any more: it is edited, not sent twice."""
        look, memory = self._bot.desk.workers.look, self._bot.desk.memory
        if not message.id.isdigit() or message.intent is not None or message.button:
            return
        if await look(memory.replies_to, NAME, message.id):
            return
        channel = self._bot.get_partial_messageable(int(message.thread or message.room))
        try:
            async for shown in channel.history(limit=MOST_REPLIES, after=discord.Object(int(message.id))):
                about = shown.reference.message_id if shown.reference is not None else None
                if shown.author.id == self._bot.user_id and about == int(message.id):
                    await look(memory.note_reply, message, str(shown.id), "main", "note", "")
                    return
        except discord.HTTPException as error:
            log.info("discord: replies to %s cannot be looked for: %s", message.id, error.text)

    async def _gaps(self, room: Room) -> list[Gap]:
        places: list[discord.TextChannel | discord.Thread] = list(room.threads)
        if isinstance(room, discord.TextChannel):
            places.append(room)
        last = max((_last(place) for place in places), default=0)
        look, memory = self._bot.desk.workers.look, self._bot.desk.memory
        seen = await self._bot.desk.last_seen(NAME, str(room.id))
        if seen is None:
            # From here on we know; what was before us is none of ours.
            begun = last or room.id
            await look(memory.saw, NAME, str(room.id), str(begun), _time(begun).timestamp())
            return []
        after = int(seen.message) if seen.message.isdigit() else _at(seen.at)
        return [Gap(place, after) for place in places if _last(place) > after]

    async def _answer(self, gap: Gap) -> None:
        bot, count = self._bot, 0
        oldest = discord.utils.utcnow() - OLDEST
        try:
            async for message in gap.channel.history(
                limit=MOST_MESSAGES, after=discord.Object(gap.after), oldest_first=True
            ):
                if bot.user is None or not bot.reader.readable(message, bot.user.id) or message.created_at < oldest:
                    continue
                count += 1
                await bot.hand_over(message)
        except discord.HTTPException as error:
            log.warning("discord: what was missed in %s cannot be read: %s", gap.channel.id, error.text)
        if count:
            log.info("discord: went through %d missed messages in %s", count, gap.channel.id)


def _last(place: discord.TextChannel | discord.Thread) -> int:
    """Return the id of the last message of a place; a post's first message has the id of its thread."""
    first = place.id if isinstance(place, discord.Thread) else 0
    return max(first, place.last_message_id or 0)


def _time(snowflake: int) -> datetime:
    return discord.utils.snowflake_time(snowflake)


def _at(seconds: float) -> int:
    return discord.utils.time_snowflake(datetime.fromtimestamp(seconds, tz=discord.utils.utcnow().tzinfo))
