"""Matrix' events → `Message`.

Everything in an event is somebody's word: fields may be missing or of another type, and are looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import nio

from bot.channels.matrix.client import MatrixClient
from bot.channels.matrix.files import MESSAGE_TYPES, attachment_of, caption_of
from bot.channels.matrix.formatted import text_of
from bot.channels.matrix.names import NAME
from bot.channels.matrix.rooms import People
from bot.desk import Desk
from bot.messages import Attachment, Message
from bot.redaction import BREAK

# Bots write m.notice, so that other bots leave it alone; so do we.
READ_TYPES = MESSAGE_TYPES | {"m.text"}
# Before clients named the replied-to message in the event only, they quoted it in the text.
_QUOTATION = re.compile(r"\A(?:> .*\n)+\n?")
# Of the signs that begin a command elsewhere only "!" does here: ":D" is a smile.
_SMILE = re.compile(r"\s*[/:][\w-]+")
_ADDRESS = re.compile(r"@[\w.=/+-]+:[\w.:-]+")


@dataclass(frozen=True, slots=True)
class Relation:
    """What an event refers to: each an event's id, or ""."""

    thread: str = ""
    reply_to: str = ""
    replaces: str = ""


class Reader:
    """Reads for one account."""

    def __init__(self, client: MatrixClient, desk: Desk, people: People) -> None:
        self._client = client
        self._desk = desk
        self._people = people
        localpart = client.user_id.removeprefix("@").partition(":")[0]
        self._called = rf"(?:{re.escape(client.user_id)}|@?{re.escape(localpart)})"

    async def message(self, room: nio.MatrixRoom, event: nio.Event) -> Message | None:
        """Return what a person wrote as a message; None for what is no message of a person, or none of our business."""
        content = content_of(event)
        if event.sender == self._client.user_id or content.get("msgtype") not in READ_TYPES:
            return None
        relation = relation_of(content)
        if relation.replaces:
            return await self._edited(room, event, relation.replaces)
        return await self._read(room, event, content, relation)

    async def _edited(self, room: nio.MatrixRoom, event: nio.Event, about: str) -> Message | None:
        content = content_of(event).get("m.new_content")
        if not isinstance(content, dict):
            return None
        look = self._desk.workers.look
        known = await look(self._desk.memory.replies_to, NAME, about)
        if not known and not self._names_us(content) and not await self._client.direct(room):
            return None
        original = await self._client.event(room.room_id, about)
        # Anybody can send an edit of anybody's message; clients show none but the author's.
        if original is None or original.sender != event.sender:
            return None
        message = await self._read(room, event, content, relation_of(content_of(original)))
        return replace(message, id=about, edited=True, revision=event.event_id)

    async def _read(
        self, room: nio.MatrixRoom, event: nio.Event, content: Mapping[str, Any], relation: Relation
    ) -> Message:
        text = self._text(content)
        direct = await self._client.direct(room)
        answered = relation.reply_to
        to_us = bool(answered) and await self._ours(answered)
        named = self._names_us(content)
        addressed = named or to_us or direct
        text = self._without_us(text, room, named)
        if _SMILE.match(text):
            text = f"{BREAK}{text}"
        attached = attachment_of(self._client, content)
        attachments: tuple[Attachment, ...] = (attached,) if attached is not None else ()
        quoted = ""
        # A command names us too; then what it answers matters.
        if answered and not to_us and (addressed or text.lstrip().startswith("!")):
            quoted, theirs = await self._quoted(room, answered)
            attachments = attachments or theirs
        others = _mentioned(content) - {self._client.user_id, event.sender}
        return Message(
            id=event.event_id,
            channel=NAME,
            server=self._client.user_id.partition(":")[2],
            room=room.room_id,
            thread=relation.thread,
            author=self._people.author(room, event.sender),
            text=text,
            attachments=attachments,
            reply_to=answered or None,
            quoted=quoted,
            addressed=addressed,
            to_others=not addressed and (bool(others) or bool(answered and not to_us)),
            direct=direct,
            url=address_of(room.room_id, relation.thread or event.event_id, self._client.user_id),
            sent_at=event.server_timestamp / 1000,
        )

    def _text(self, content: Mapping[str, Any]) -> str:
        """Return what was typed: the body is Markdown in most clients; where it is not, the HTML knows of code."""
        body = caption_of(content) if content.get("msgtype") in MESSAGE_TYPES else _string(content, "body")
        body = without_quotation(body)
        html = _string(content, "formatted_body") if content.get("format") == "org.matrix.custom.html" else ""
        if "<pre" in html and "```" not in body and "~~~" not in body:
            return text_of(html)
        return body

    def _names_us(self, content: Mapping[str, Any]) -> bool:
        """True when a message mentions us: by intent, by our address, or by beginning with our name."""
        if self._client.user_id in _mentioned(content):
            return True
        body = self._text(content)
        return self._client.user_id in body or re.match(rf"\s*{self._called}\s*[:,]", body, re.IGNORECASE) is not None

    def _without_us(self, text: str, room: nio.MatrixRoom, named: bool) -> str:
        """Take the mention of us out; where it stood on a line of its own, the line goes too."""
        shown = room.user_name(self._client.user_id) if named else None
        called = rf"(?:{self._called}|@?{re.escape(shown)})" if shown else self._called
        text = re.sub(rf"^[ \t]*{called}[ \t]*[:,]?[ \t]*\n", "", text, flags=re.MULTILINE | re.IGNORECASE)
        text = re.sub(rf"\A\s*{called}(?!\w)\s*[:,]?\s*", "", text, flags=re.IGNORECASE) if named else text
        return re.sub(rf"[ \t]?{re.escape(self._client.user_id)}[ \t]?[:,]?", " ", text).strip(" \t")

    async def _ours(self, event_id: str) -> bool:
        return await self._desk.workers.look(self._desk.memory.reply, NAME, event_id) is not None

    async def _quoted(self, room: nio.MatrixRoom, event_id: str) -> tuple[str, tuple[Attachment, ...]]:
        """Return text and file of the message that one answers."""
        event = await self._client.event(room.room_id, event_id)
        if event is None or event.sender == self._client.user_id:
            return "", ()
        content = content_of(event)
        attached = attachment_of(self._client, content)
        return self._text(content), (attached,) if attached is not None else ()


def without_quotation(body: str) -> str:
    """Return a message's text without what it answers."""
    return _QUOTATION.sub("", body) if body.startswith("> <") else body


def content_of(event: nio.Event) -> Mapping[str, Any]:
    """Return an event's content; {} where it has none."""
    content = event.source.get("content")
    return content if isinstance(content, dict) else {}


def relation_of(content: Mapping[str, Any]) -> Relation:
    """Return what a content refers to."""
    relates = content.get("m.relates_to")
    if not isinstance(relates, dict):
        return Relation()
    kind, about = relates.get("rel_type"), _string(relates, "event_id")
    answered = relates.get("m.in_reply_to")
    reply_to = _string(answered, "event_id") if isinstance(answered, dict) else ""
    # In a thread, clients name its last message for those that know no threads; that is no reply.
    if kind == "m.thread" and relates.get("is_falling_back") is True:
        reply_to = ""
    return Relation(
        about if kind == "m.thread" else "",
        reply_to,
        about if kind == "m.replace" else "",
    )


def address_of(room_id: str, event_id: str, user_id: str) -> str:
    """Return where people can see an event."""
    via = quote(user_id.partition(":")[2], safe=":")
    return f"https://matrix.to/#/{quote(room_id, safe='!:')}/{quote(event_id, safe='$')}?via={via}"


def _mentioned(content: Mapping[str, Any]) -> set[str]:
    """Return whom a message mentions by intent; from clients that do not say, whom its text names."""
    mentions = content.get("m.mentions")
    if isinstance(mentions, dict):
        users = mentions.get("user_ids")
        return {user for user in users if isinstance(user, str)} if isinstance(users, list) else set()
    return set(_ADDRESS.findall(_string(content, "body")))


def _string(content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    return value if isinstance(value, str) else ""
