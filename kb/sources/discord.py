"""Exports of Discord channels and threads (the JSON of DiscordChatExporter) → solved threads, without names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kb.sources import chats, jsonfiles
from kb.sources.chats import LONGEST_MESSAGE, Conversation, Message
from kb.sources.outside import (
    Found,
    Resolve,
    Unreadable,
    as_dict,
    as_list,
    as_text,
    unresolved,
)

_NUMBER = re.compile(r"\d{5,20}")
_SAID = frozenset({"Default", "Reply", "0", "19", "21", "ThreadStarterMessage"})
# <@1234>, <@!1234>, <@&role>, <#channel>, <:emoji:1234>
_TOKEN = re.compile(r"<(?:@[!&]?|#)\d{5,20}>")
_EMOJI = re.compile(r"<a?:(\w{1,50}):\d{5,20}>")


def load(location: Path | str, resolve: Resolve = unresolved) -> Iterator[Found]:
    """Yield a page for each solved thread of the exports; private conversations are not read.

    Args:
        location: a JSON file, or a folder of them.
        resolve: a name → its canonical symbol, or None.
    """
    return jsonfiles.documents(location, lambda path, value: chats.parts(path, conversations(value), resolve))


def conversations(export: Any) -> list[Conversation]:
    """Return the conversations of one export: a thread is one, a channel has one for each chain of replies.

    Raises:
        Unreadable: it is no export of a public channel.
    """
    data = as_dict(export)
    channel, guild = as_dict(data.get("channel")), as_dict(data.get("guild"))
    channel_id, guild_id = as_text(channel.get("id")), as_text(guild.get("id"))
    sort = as_text(channel.get("type"))
    if not isinstance(data.get("messages"), list) or not _NUMBER.fullmatch(channel_id):
        raise Unreadable("it is no export of a Discord channel")
    if "Private" in sort or "Direct" in sort or not _NUMBER.fullmatch(guild_id):
        raise Unreadable("it is a private conversation; those are not read")
    rows = [as_dict(row) for row in data["messages"]]
    names = frozenset(name for row in rows for name in _names(row))
    messages = [message for row in rows if (message := _message(row)) is not None]
    base = f"https://discord.com/channels/{guild_id}/{channel_id}"

    def talk(group: Sequence[Message], title: str, identity: str, url: str) -> Conversation:
        return Conversation(identity, title, url, group, names, "discord")

    if "Thread" in sort or "Forum" in sort:
        ordered = sorted(messages, key=lambda one: one.at)
        return [talk(ordered, as_text(channel.get("name")), f"discord/{channel_id}", base)] if ordered else []
    return [
        talk(group, "", f"discord/{channel_id}/{group[0].id}", f"{base}/{group[0].id}")
        for group in chats.by_reply(messages)
    ]


def _message(row: dict[str, Any]) -> Message | None:
    author, number = as_dict(row.get("author")), as_text(row.get("id"))
    if as_text(row.get("type")) not in _SAID or not _NUMBER.fullmatch(number):
        return None
    marks = set()
    for reaction in map(as_dict, as_list(row.get("reactions"))):
        emoji = as_dict(reaction.get("emoji"))
        marks |= {as_text(emoji.get("name")), as_text(emoji.get("code"))}
    text = as_text(row.get("content"))[:LONGEST_MESSAGE]
    return Message(
        id=number,
        author=as_text(author.get("id")) or as_text(author.get("name")),
        text=_EMOJI.sub(r":\1:", _TOKEN.sub("@someone", text)),
        at=as_text(row.get("timestamp")),
        marks=frozenset(marks - {""}),
        answers=as_text(as_dict(row.get("reference")).get("messageId")) or None,
        robot=author.get("isBot") is True,
    )


def _names(row: dict[str, Any]) -> Iterator[str]:
    people = [as_dict(row.get("author")), *map(as_dict, as_list(row.get("mentions")))]
    for person in people:
        for name in ("name", "nickname"):
            yield as_text(person.get(name))[:100]
