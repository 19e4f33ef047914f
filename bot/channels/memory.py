"""A chat platform in memory: rooms, people, messages and buttons, for tests and for measuring load.

chat = MemoryChat(desk)
answer = await chat.say("ada", "how do I stop training early?")
await chat.press("ada", answer[-1], Intent.SOURCES)
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ulid import ULID

from bot.channels.base import Gone, NotAllowed, serve
from bot.desk import Desk
from bot.learning import Said
from bot.messages import Action, Attachment, Author, Intent, Message, Reply


@dataclass(slots=True)
class Shown:
    """A message of ours as the chat shows it now; `versions` counts how often it was written."""

    id: str
    to: str
    room: str
    thread: str
    reply: Reply
    versions: int = 1


@dataclass
class MemoryChat:
    """One platform. `kept` bounds how many messages it remembers, for measurements that must not grow."""

    desk: Desk
    name: str = "memory"
    edit_every_s: float = 0.0
    kept: int = 100_000
    forbidden: frozenset[str] = frozenset()  # rooms in which we may not write
    shown: dict[str, Shown] = field(default_factory=dict)
    actions: list[tuple[Action, str]] = field(default_factory=list)
    threads: dict[str, list[Said]] = field(default_factory=dict)  # what was said in those that may be learned from

    async def send(self, message: Message, reply: Reply) -> str:
        if message.room in self.forbidden:
            raise NotAllowed("I may not write here.", "Give Lobby the permission to send messages.")
        own_id = f"own-{ULID()}"
        self.shown[own_id] = Shown(own_id, message.id, message.room, message.thread, reply)
        while len(self.shown) > self.kept:
            del self.shown[next(iter(self.shown))]
        return own_id

    async def edit(self, message: Message, own_id: str, reply: Reply) -> None:
        one = self.shown.get(own_id)
        if one is None:
            raise Gone("This message is not there any more.")
        one.reply, one.versions = reply, one.versions + 1

    async def act(self, message: Message, reply: Reply, action: Action) -> bool:
        self.actions.append((action, message.id))
        if action == "learn_thread":
            return await self.desk.learn(message, "", self.threads.get(message.thread, []))
        if action == "delete_reply" and reply.replaces:
            self.shown.pop(reply.replaces, None)
        return True

    def message(self, who: str, text: str, **values: Any) -> Message:
        """Return a message as somebody would write it here; `values` are fields of `Message`."""
        files: Mapping[str, bytes] = values.pop("files", {})
        roles: Iterable[str] = values.pop("roles", ())
        is_bot: bool = values.pop("is_bot", False)
        given: dict[str, Any] = {"id": f"m-{ULID()}", "room": "help", "server": "keras", "sent_at": time.time()}
        return Message(
            channel=self.name,
            author=Author(who, who.title(), is_bot, frozenset(roles)),
            text=text,
            attachments=tuple(_attachment(name, content) for name, content in files.items()),
            **{**given, **values},
        )

    async def say(self, who: str, text: str, **values: Any) -> list[Shown]:
        """Let somebody write, and return our messages that answer it, as they look in the end."""
        return await self.hand_over(self.message(who, text, **values))

    async def hand_over(self, message: Message) -> list[Shown]:
        """Hand a message to the desk as the platform's event would."""
        own_ids = await serve(self.desk, self, message)
        return [self.shown[own_id] for own_id in own_ids if own_id in self.shown]

    async def press(self, who: str, shown: Shown, intent: Intent, **values: Any) -> list[Shown]:
        """Press the first button of an intent (and of the given `arguments`) under a message of ours.

        Raises:
            LookupError: there is no such button.
        """
        wanted: Mapping[str, str] = values.pop("arguments", {})
        for button in shown.reply.buttons:
            if button.intent == intent and wanted.items() <= button.arguments.items():
                place = {"room": shown.room, "thread": shown.thread, "reply_to": shown.id, "button": button.token}
                return await self.say(who, "", **{**place, **values})
        raise LookupError(f"no button {intent} {dict(wanted)} under {shown.id}")


def _attachment(name: str, content: bytes) -> Attachment:
    async def read() -> bytes:
        await asyncio.sleep(0)
        return content

    return Attachment(name, len(content), read)
