"""What goes on: the homeserver's news in, messages to the desk."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import nio

from bot.channels.base import ChannelError, resume, serve, standing_for
from bot.channels.matrix.channel import FILE_KIND, MatrixChannel
from bot.channels.matrix.client import MatrixClient, Refused
from bot.channels.matrix.cursor import Cursor
from bot.channels.matrix.missed import gap, since_we_came, too_old
from bot.channels.matrix.names import NAME, SIGNS
from bot.channels.matrix.reading import Reader, address_of, relation_of
from bot.channels.matrix.rooms import People, Rooms
from bot.channels.matrix.signs import SOLVED_SIGNS, VOTES, plain
from bot.desk import Desk
from bot.messages import Intent, Message
from bot.settings import Settings

log = logging.getLogger(__name__)

LOOK_EVERY_S = 600.0
VOTES_REMEMBERED = 2_000


class MatrixBot:
    """One account in all rooms that it was invited to."""

    def __init__(self, desk: Desk, settings: Settings) -> None:
        self.desk = desk
        self.client = MatrixClient(settings)
        self.people = People(settings)
        self.rooms = Rooms(self.client, desk, settings, self.people)
        self.channel = MatrixChannel(self.client, desk, settings)
        self.reader = Reader(self.client, desk, self.people)
        self.cursor = Cursor(desk, self.client.user_id)
        self.ready = asyncio.Event()  # set when the first sync is handed over
        self._tasks: set[asyncio.Task[None]] = set()
        self._votes: OrderedDict[str, str] = OrderedDict()  # a reaction's event → our message that it is a vote on
        self._fresh: set[str] = set()  # rooms that we have just joined

    # -- start and stop --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Answer until cancelled.

        Raises:
            CannotConnect: the homeserver does not take our token.
            Unreachable: it does not answer.
        """
        await self.client.open()
        since = await self.cursor.load()
        await self.rooms.join_named()
        idle = asyncio.create_task(self._look_after_threads())
        first, known = True, bool(since)
        try:
            while True:
                try:
                    news = await self.client.sync(since, first=first)
                except Refused as error:
                    if not since:
                        raise
                    log.warning("matrix: begins anew, as the homeserver does not know where we were: %s", error.what)
                    since, known = "", False
                    continue
                except (KeyError, TypeError, ValueError, AttributeError):
                    # An event that nio cannot take must not keep us from all others.
                    log.exception("matrix: a part of the homeserver's news cannot be read")
                    since = self.client.nio.next_batch or since
                    await asyncio.sleep(1)
                    continue
                begun = await self._take(news, since, known=known)
                await self.cursor.add(news.next_batch, begun)
                if first:
                    log.info("matrix: %s is there, in %d rooms", self.client.user_id, len(self.client.nio.rooms))
                    self._start(self._resume(begun))
                    self.ready.set()
                since, first, known = news.next_batch, False, True
        finally:
            idle.cancel()
            with suppress(asyncio.CancelledError):
                await idle

    async def close(self) -> None:
        """Stop what goes on; what is unfinished is resumed by the next process."""
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)
        await self.channel.close()
        await self.client.close()

    async def _resume(self, begun: set[asyncio.Task[None]]) -> None:
        """Go on with what a former process left unfinished, after what we hear of again: that brings its files."""
        if begun:
            await asyncio.wait(begun)
        await resume(self.desk, self.channel)

    async def _look_after_threads(self) -> None:
        """Remind of threads that fell asleep, close those that were reminded of, and let the desk tidy up."""
        await self.ready.wait()
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Do once what is done now and then."""
        for conversation, reply in await self.desk.idle(NAME):
            now = time.time()
            message = standing_for(conversation, f"idle-{conversation.id}-{now:.0f}", now)
            try:
                await self.channel.send(message, reply)
            except ChannelError as error:
                log.info("matrix: thread %s could not be told: %s", conversation.thread, error.what)
            for action in reply.actions:
                await self.channel.act(message, reply, action)
        await self.desk.tidy()

    # -- news ------------------------------------------------------------------------------------------------

    async def _take(self, news: nio.SyncResponse, since: str, *, known: bool) -> set[asyncio.Task[None]]:
        """Begin with all that is new; `known` is False where we have never been before. Return what was begun."""
        begun: set[asyncio.Task[None]] = set()
        for room_id in news.rooms.invite:
            invited = self.client.nio.invited_rooms.get(room_id)
            if invited is not None and (joined := await self.rooms.invited(invited)):
                self._fresh.add(joined)
        for room_id, info in news.rooms.join.items():
            room = self.client.room(room_id)
            if room is None:
                continue
            timeline = list(info.timeline.events)
            for event in (*info.state, *timeline):
                self.people.note(room_id, event)
            await self.rooms.settle(room)
            if room_id in self._fresh:
                self._fresh.discard(room_id)
                timeline = since_we_came(timeline, self.client.user_id)
            elif not known:
                continue
            else:
                timeline = [*await gap(self.client, room_id, info, since), *timeline]
            for event in timeline:
                if isinstance(event, nio.Event) and not too_old(event):
                    begun.add(self._start(self._event(room, event)))
        return begun

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("matrix: an event could not be handled", exc_info=error)

    async def _event(self, room: nio.MatrixRoom, event: nio.Event) -> None:
        try:
            await self._handle(room, event)
        except ChannelError as error:
            log.warning("matrix: event %s could not be read: %s", event.event_id, error.what)

    async def _handle(self, room: nio.MatrixRoom, event: nio.Event) -> None:
        if event.sender == self.client.user_id:
            return
        if isinstance(event, nio.RedactionEvent):
            await self._redacted(room, event)
        elif isinstance(event, nio.ReactionEvent):
            await self._reacted(room, event)
        elif isinstance(event, nio.MegolmEvent):
            log.info("matrix: a message in %s was encrypted for others only", room.room_id)
        elif isinstance(event, nio.RoomMessage):
            message = await self.reader.message(room, event)
            if message is not None:
                await serve(self.desk, self.channel, message)

    # -- signs -----------------------------------------------------------------------------------------------

    async def _reacted(self, room: nio.MatrixRoom, event: nio.ReactionEvent) -> None:
        """Take a reaction under our message as its button, thumbs as votes, ✅ as "solved"."""
        own = await self.desk.workers.look(self.desk.memory.reply, NAME, event.reacts_to)
        if own is None or own.kind == FILE_KIND:
            return
        sign = plain(event.key)
        if sign in VOTES:
            self._votes[event.event_id] = event.reacts_to
            while len(self._votes) > VOTES_REMEMBERED:
                self._votes.popitem(last=False)
            arguments = {"vote": VOTES[sign], "silent": "yes"}
            message = await self._from_sign(room, event, event.reacts_to, intent=Intent.FEEDBACK, arguments=arguments)
            await serve(self.desk, self.channel, message)
            return
        content = await self.client.newest(room.room_id, event.reacts_to)
        thread = relation_of(content).thread
        signs = content.get(SIGNS)
        token = signs.get(sign) if isinstance(signs, dict) else None
        if isinstance(token, str):
            message = await self._from_sign(room, event, event.reacts_to, thread=thread, button=token)
            await serve(self.desk, self.channel, message)
        elif sign in SOLVED_SIGNS:
            solution = {"solution": event.reacts_to}
            message = await self._from_sign(
                room, event, event.reacts_to, thread=thread, intent=Intent.SOLVED, arguments=solution
            )
            opened = await self.desk.workers.look(self.desk.memory.conversation, message.conversation)
            # Who may not is not told: a sign is not a request, and everybody would read the answer.
            if opened is not None and opened.state == "open" and self.desk.manners.may_manage(message, opened.asker):
                await serve(self.desk, self.channel, message)

    async def _redacted(self, room: nio.MatrixRoom, event: nio.RedactionEvent) -> None:
        """Take a vote back with its reaction; remember which messages of ours are gone."""
        self.channel.taken_away(event.redacts)
        about = self._votes.pop(event.redacts, None)
        if about is not None:
            arguments = {"vote": "none", "silent": "yes"}
            message = await self._from_sign(room, event, about, intent=Intent.FEEDBACK, arguments=arguments)
            await serve(self.desk, self.channel, message)

    async def _from_sign(self, room: nio.MatrixRoom, event: nio.Event, about: str, **values: Any) -> Message:
        return Message(
            id=event.event_id,
            channel=NAME,
            server=self.client.user_id.partition(":")[2],
            room=room.room_id,
            author=self.people.author(room, event.sender),
            reply_to=about,
            direct=await self.client.direct(room),
            url=address_of(room.room_id, values.get("thread") or about, self.client.user_id),
            sent_at=event.server_timestamp / 1000,
            **values,
        )
