"""Replies → Matrix: sent, edited and acted upon."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import replace
from typing import Any

from bot.channels.base import ChannelError, Gone, NotAllowed
from bot.channels.matrix import files
from bot.channels.matrix.client import MatrixClient
from bot.channels.matrix.names import NAME
from bot.channels.matrix.rendering import Rendered, edited, render, text_content
from bot.channels.matrix.signs import SOLVED, plain, signs_of
from bot.channels.matrix.threads import said
from bot.channels.rendering import Inline
from bot.desk import Desk
from bot.messages import Action, File, Message, Reply
from bot.settings import Settings
from bot.wording import say

log = logging.getLogger(__name__)

# Synapse lets an account send ten events at once and then one in five seconds, unless its operator raises that.
EDIT_EVERY_S = 3.0
# Helpers are called to the same place no more often than this.
CALL_AGAIN_S = 600.0
REMEMBERED = 2_000
MOST_SIGNED = 30  # of a thread's last messages that are looked at for our sign
FILE_KIND = "file"
_WRITE = "Let Lobby's account send messages in this room (room settings, permissions)."
_REDACT = "Give Lobby's account the power to remove messages (a moderator's, 50)."


class MatrixChannel:
    """Shows replies in rooms and threads."""

    name = NAME
    edit_every_s = EDIT_EVERY_S

    def __init__(self, client: MatrixClient, desk: Desk, settings: Settings) -> None:
        self._client = client
        self._desk = desk
        self._settings = settings
        self._begun = time.time()
        self._gone: OrderedDict[str, None] = OrderedDict()  # messages of ours that somebody took away
        self._shown: OrderedDict[str, dict[str, str]] = OrderedDict()  # our message → our signs under it, by event
        self._sent: OrderedDict[str, int] = OrderedDict()  # transactions of this process
        self._called: dict[str, float] = {}
        self._signing: OrderedDict[str, asyncio.Task[None]] = OrderedDict()

    # -- the Channel protocol --------------------------------------------------------------------------------

    async def send(self, message: Message, reply: Reply) -> str:
        rendered = self._render(reply)
        content = {**rendered.content, **_relation(message)}
        txn = self._transaction(f"{message.id}/{message.revision}/{reply.slot}")
        own_id = await self._send(message.room, content, txn)
        if message.sent_at < self._begun:
            await self._again(message.room, own_id, rendered)
        await self._after(message, own_id, reply, rendered)
        return own_id

    async def edit(self, message: Message, own_id: str, reply: Reply) -> None:
        if not own_id.startswith("$") or own_id in self._gone:
            raise Gone("This message is not there any more.")
        rendered = self._render(reply)
        await self._send(message.room, edited(rendered.content, own_id))
        await self._after(message, own_id, reply, rendered)

    async def act(self, message: Message, reply: Reply, action: Action) -> bool:
        try:
            return await self._act(message, reply, action)
        except NotAllowed as error:
            await self._desk.not_allowed(message, error.what, _REDACT)
        except ChannelError as error:
            log.warning("matrix: %s could not be done: %s", action, error.what)
        return False

    async def _act(self, message: Message, reply: Reply, action: Action) -> bool:
        if action == "remove_message":
            if message.button or message.direct:
                return False  # nobody else sees it
            await self._client.redact(message.room, message.id, say("matrix.removed", message.locale))
            return True
        if action == "delete_reply":
            if reply.replaces:
                await self._drop_files(message, reply.replaces)
                await self._client.redact(message.room, reply.replaces)
            return True
        if action == "call_helpers":
            return await self._call(message)
        if action == "mark_solved":
            about = message.arguments.get("solution") or message.thread or message.reply_to
            if about:
                with suppress(ChannelError):
                    txn = self._transaction(f"{message.id}/solved/{about}")
                    await self._client.send(message.room, "m.reaction", _reaction(about, SOLVED), txn)
            return True
        if action == "reopen_thread":
            return await self._reopen(message)
        if action == "learn_thread":
            return await self._learn(message)
        return True  # Matrix cannot close a thread; that nobody waits any more is said in it

    async def _reopen(self, message: Message) -> bool:
        """Take our sign away from what a thread hangs on, and from what solved it."""
        last = [event.event_id for event in await self._client.thread(message.room, message.thread, MOST_SIGNED)]
        for about in (message.thread, *last):
            shown = await self._client.own_reactions(message.room, about)
            if event_id := shown.get(SOLVED):
                await self._client.redact(message.room, event_id)
                break
        return True

    async def _learn(self, message: Message) -> bool:
        """Hand the messages of a solved thread to the desk; what is encrypted is meant for its room alone."""
        room = self._client.room(message.room)
        if room is None or room.encrypted:
            return False
        told = await said(self._client, room, message.thread, message.arguments.get("solution", ""))
        return await self._desk.learn(message, "", told)

    async def _call(self, message: Message) -> bool:
        """Mention the helpers: the only mention there ever is, and not again and again."""
        helpers = self._settings.matrix_helpers
        place = message.thread or message.room
        if not helpers:
            log.warning("nobody could be called to %s: matrix_helpers is empty", place)
            return False
        if time.time() - self._called.get(place, 0.0) < CALL_AGAIN_S:
            return True
        self._called[place] = time.time()
        names = " ".join(helpers)
        content = {
            **text_content(say("matrix.call", message.locale, names=names)),
            "msgtype": "m.text",  # people are not told of a notice
            "m.mentions": {"user_ids": list(helpers)},
        }
        await self._send(message.room, {**content, **_relation(message)})
        return True

    # -- what happens to our messages ------------------------------------------------------------------------

    def taken_away(self, event_id: str) -> None:
        """Note that somebody removed an event."""
        _remember(self._gone, event_id, None)

    async def close(self) -> None:
        """Let signs that are being set get there."""
        tasks = list(self._signing.values())
        if tasks:
            await asyncio.wait(tasks, timeout=2)
        for task in tasks:
            task.cancel()

    # -- parts -----------------------------------------------------------------------------------------------

    def _render(self, reply: Reply) -> Rendered:
        return render(reply, file_bytes=self._client.upload_bytes)

    async def _send(self, room: str, content: dict[str, Any], txn: str = "") -> str:
        try:
            return await self._client.send(room, "m.room.message", content, txn)
        except NotAllowed as error:
            raise NotAllowed(error.what, _WRITE) from None

    def _transaction(self, what: str) -> str:
        """Name a message of ours after what it answers: the homeserver takes it once, also from the next process."""
        times = self._sent.get(what, 0)
        _remember(self._sent, what, times + 1)
        name = hashlib.blake2b(f"{what}/{times}".encode(), digest_size=16).hexdigest()
        return f"lobby-{name}"

    async def _again(self, room: str, own_id: str, rendered: Rendered) -> None:
        """Mend a message that a former process sent, and died before it knew: the homeserver kept the older text."""
        shown = await self._client.newest(room, own_id)
        if shown and shown.get("body") != rendered.content["body"]:
            await self._send(room, edited(rendered.content, own_id))

    async def _after(self, message: Message, own_id: str, reply: Reply, rendered: Rendered) -> None:
        """Send a message's files after it, and set its signs."""
        if reply.state == "final":
            await self._show_files(message, own_id, reply, rendered.files)
        if self._settings.matrix_reactions:
            self._sign(message.room, own_id, reply)

    async def _show_files(self, message: Message, own_id: str, reply: Reply, shown: tuple[File | Inline, ...]) -> None:
        await self._drop_files(message, own_id)
        encrypted = self._client.encrypted(message.room)
        about = await self._answered(message, own_id)
        for number, file in enumerate(shown):
            try:
                content = await files.message_with(self._client, file, encrypted=encrypted)
                content |= {"m.mentions": {}, **_relation(message)}
                txn = self._transaction(f"{own_id}/{message.id}/{number}/{files.fingerprint(file)}")
                event_id = await self._send(message.room, content, txn)
            except (ChannelError, OSError) as error:
                # A result without its files is better than none.
                log.warning("matrix: %s could not be sent: %s", file.name, error)
                continue
            note = self._desk.memory.note_reply
            slot = f"{FILE_KIND} {number} of {own_id}"
            await self._desk.workers.look(note, replace(message, id=about), event_id, slot, FILE_KIND, reply.run_id)

    async def _drop_files(self, message: Message, own_id: str) -> None:
        """Take away the files that a message of ours has shown until now."""
        memory = self._desk.memory
        about = await self._answered(message, own_id)
        for one in await self._desk.workers.look(memory.replies_to, NAME, about):
            if one.kind == FILE_KIND and one.slot.endswith(f" of {own_id}") and one.id not in self._gone:
                with suppress(ChannelError):
                    await self._client.redact(message.room, one.id)
                self.taken_away(one.id)

    async def _answered(self, message: Message, own_id: str) -> str:
        """Return the id of the message that ours first answered."""
        own = await self._desk.workers.look(self._desk.memory.reply, NAME, own_id)
        return own.message if own is not None else message.id

    def _sign(self, room: str, own_id: str, reply: Reply) -> None:
        """Set the signs under a message of ours, one task after the other; nobody waits for them."""
        before = self._signing.get(own_id)
        wanted = tuple(signs_of(reply.buttons)) if own_id not in self._gone else ()

        async def work() -> None:
            if before is not None:
                await asyncio.wait([before])
            try:
                await self._set_signs(room, own_id, wanted)
            except ChannelError as error:
                log.info("matrix: signs could not be set: %s", error.what)

        _remember(self._signing, own_id, asyncio.create_task(work()))
        for done in [key for key, task in self._signing.items() if task.done()]:
            del self._signing[done]

    async def _set_signs(self, room: str, own_id: str, wanted: tuple[str, ...]) -> None:
        shown = self._shown.get(own_id)
        if shown is None:
            shown = await self._client.own_reactions(room, own_id)
        kept = {plain(sign) for sign in wanted}
        for sign, event_id in list(shown.items()):
            if plain(sign) not in kept:
                await self._client.redact(room, event_id)
                del shown[sign]
        have = {plain(sign) for sign in shown}
        for sign in wanted:
            if plain(sign) not in have:
                shown[sign] = await self._client.send(room, "m.reaction", _reaction(own_id, sign))
        _remember(self._shown, own_id, shown)


def _relation(message: Message) -> dict[str, Any]:
    """Say what our message answers, and in which thread."""
    hangs_on = message.reply_to if message.button or not message.id.startswith("$") else message.id
    answer = {"m.in_reply_to": {"event_id": hangs_on}} if hangs_on else {}
    if message.thread:
        fall_back = answer or {"m.in_reply_to": {"event_id": message.thread}}
        relates = {"rel_type": "m.thread", "event_id": message.thread, "is_falling_back": not answer, **fall_back}
        return {"m.relates_to": relates}
    return {"m.relates_to": answer} if answer else {}


def _reaction(about: str, sign: str) -> dict[str, Any]:
    return {"m.relates_to": {"rel_type": "m.annotation", "event_id": about, "key": sign}}


def _remember(where: OrderedDict[str, Any], key: str, value: Any) -> None:
    where[key] = value
    where.move_to_end(key)
    while len(where) > REMEMBERED:
        where.popitem(last=False)
