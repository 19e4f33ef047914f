"""What a chat channel is: it turns its platform's events into messages, and shows replies.

A channel implements `Channel` (four calls) and, for each event of its platform, awaits `serve(desk, channel, message)`.
Everything else (what is meant, who may, how often, what was answered already) is the desk's.

    event → Message → serve → Desk.handle → Reply → Channel.send / edit / act

When it starts, and whenever it has reconnected, it calls `resume`, then hands over what it missed since
`desk.last_seen(channel, room)`; the desk answers nothing twice.

::

    ChannelError
    ├── Gone            the own message to edit is not there any more: a new one is sent
    ├── NotAllowed      the platform forbids it here; told to the operator once a room
    └── CannotConnect   the platform refuses our credentials; told to the operator, not tried again
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.desk import Desk
from bot.memory import Conversation
from bot.messages import Action, Author, Message, Reply

log = logging.getLogger(__name__)


class ChannelError(Exception):
    """Base of what goes wrong between a channel and its platform."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


class Gone(ChannelError):
    """The own message that should be edited is not there any more."""


class NotAllowed(ChannelError):
    """The platform forbids this in this room."""


class CannotConnect(ChannelError):
    """The platform refuses our credentials, or what we need is not there; trying again would not help."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `lobby doctor` looked at on a platform, and how to mend it."""

    state: Literal["ok", "warning", "failed"]
    what: str
    remedy: str = ""


class Channel(Protocol):
    """One chat platform."""

    name: str
    # A message of ours is edited no more often than this; progress in between is left out. Seconds.
    edit_every_s: float

    async def send(self, message: Message, reply: Reply) -> str:
        """Show a reply to `message` and return the platform's id of it.

        Raises:
            NotAllowed: the platform forbids it here.
        """
        ...

    async def edit(self, message: Message, own_id: str, reply: Reply) -> None:
        """Let our message `own_id` show `reply` from now on.

        Raises:
            Gone: there is no such message any more.
            NotAllowed: the platform forbids it here.
        """
        ...

    async def act(self, message: Message, reply: Reply, action: Action) -> bool:
        """Do what a reply asks for beyond showing it; False where the platform cannot or may not."""
        ...


async def serve(desk: Desk, channel: Channel, message: Message) -> list[str]:
    """Answer one message on its channel and return the ids of our messages that show the answer.

    Nothing that goes wrong gets out: it is logged, and the message stays unfinished, to be resumed.
    """
    sent: dict[str, str] = {}
    try:
        async with contextlib.aclosing(paced(desk.handle(message), channel.edit_every_s)) as replies:
            async for reply in replies:
                own_id = sent.get(reply.slot) or reply.replaces
                if not reply_is_silent(reply):
                    own_id = await _show(channel, message, reply, own_id)
                    sent[reply.slot] = own_id
                    await desk.delivered(message, reply, own_id)
                for action in reply.actions:
                    done = await channel.act(message, reply, action)
                    instead = None if done else desk.instead(message, action)
                    if instead is not None:
                        await _show(channel, message, instead, sent.get(reply.slot))
        await desk.finished(message)
    except NotAllowed as error:
        await desk.not_allowed(message, error.what, error.remedy)
        await desk.finished(message)
    except ChannelError as error:
        log.warning("%s: %s %s", channel.name, error.what, error.remedy)
    except Exception:
        log.exception("%s: message %s could not be answered", channel.name, message.id)
    return list(sent.values())


async def resume(desk: Desk, channel: Channel) -> int:
    """Go on with what a former process left unfinished on this channel; return how many messages that were."""
    unfinished = await desk.unfinished(channel.name)
    await asyncio.gather(*(serve(desk, channel, message) for message in unfinished))
    return len(unfinished)


def standing_for(conversation: Conversation, message_id: str, sent_at: float = 0.0) -> Message:
    """Return a message in the place of a conversation in which nobody has written, to send a reminder by.

    Args:
        conversation: that fell asleep.
        message_id: of the message that is not there.
        sent_at: when it would have been sent, in seconds since 1970.
    """
    return Message(
        id=message_id,
        channel=conversation.channel,
        server=conversation.server,
        room=conversation.room,
        thread=conversation.thread,
        author=Author(conversation.asker),
        locale=conversation.locale,
        url=conversation.url,
        sent_at=sent_at,
    )


def reply_is_silent(reply: Reply) -> bool:
    """True for a reply that only asks for actions."""
    return not (reply.text or reply.output or reply.code or reply.pictures or reply.files or reply.progress)


async def _show(channel: Channel, message: Message, reply: Reply, own_id: str | None) -> str:
    if own_id is not None:
        try:
            await channel.edit(message, own_id, reply)
            return own_id
        except Gone:
            log.info("%s: message %s is gone, sending anew", channel.name, own_id)
    return await channel.send(message, reply)


async def paced(replies: AsyncIterator[Reply], every_s: float) -> AsyncGenerator[Reply, None]:
    """Pass replies on, leaving out progress that is out of date before it may be shown."""
    waiting: asyncio.Queue[Reply | BaseException | None] = asyncio.Queue()

    async def read() -> None:
        try:
            async for reply in replies:
                waiting.put_nowait(reply)
            waiting.put_nowait(None)
        except Exception as error:
            waiting.put_nowait(error)

    loop = asyncio.get_running_loop()
    reader = asyncio.create_task(read())
    shown: dict[str, float] = {}
    held: Reply | None = None
    try:
        while True:
            if held is None:
                item = await waiting.get()
            else:
                wait_s = shown.get(held.slot, -every_s) + every_s - loop.time()
                try:
                    item = await asyncio.wait_for(waiting.get(), max(0.0, wait_s))
                except TimeoutError:
                    shown[held.slot] = loop.time()
                    yield held
                    held = None
                    continue
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            if held is not None and held.slot != item.slot:
                yield held
            held = None
            if item.state == "progress" and item.slot in shown:
                held = item
                continue
            shown[item.slot] = loop.time()
            yield item
    finally:
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader
