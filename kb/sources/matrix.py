"""Exports of Matrix rooms (the JSON that Element writes, or a server's pages of events) → solved threads, no names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kb.sources import chats, jsonfiles
from kb.sources.chats import LONGEST_MESSAGE, Conversation, Message
from kb.sources.outside import (
    Found,
    Resolve,
    Unreadable,
    as_dict,
    as_text,
    unresolved,
)

_EVENT = re.compile(r"\$[\w+/=.:-]{5,255}")
_ROOM = re.compile(r"![\w+/=.-]{3,200}(?::[\w.:-]{3,200})?")
_USER = re.compile(r"@[\w.=/+-]{1,200}:[\w.-]{1,200}(?::\d{1,5})?")
_PILL = re.compile(r"\[[^\[\]]{0,200}\]\(https://matrix\.to/#/@[^()\s]{0,300}\)|https://matrix\.to/#/@\S{0,300}")
# Replies repeat what they answer, for old clients: lines that begin with ">" up to an empty one.
_FALLBACK = re.compile(r"\A(?:> [^\n]{0,20000}\n|>\n){1,200}\n?")
_SPOKEN = frozenset({"m.text", "m.notice", "m.emote"})


def load(location: Path | str, resolve: Resolve = unresolved) -> Iterator[Found]:
    """Yield a page for each solved thread of the exports.

    Args:
        location: a JSON file, or a folder of them.
        resolve: a name → its canonical symbol, or None.
    """
    return jsonfiles.documents(location, lambda path, value: chats.parts(path, conversations(value), resolve))


def conversations(export: Any) -> list[Conversation]:
    """Return the conversations of one export: one for each thread, and one for each chain of replies.

    Args:
        export: an object with `messages`, or with `chunk` as servers return events.

    Raises:
        Unreadable: it is no export of a room.
    """
    data = as_dict(export)
    rows = data.get("messages", data.get("chunk"))
    if not isinstance(rows, list) or not any("event_id" in as_dict(row) for row in rows):
        raise Unreadable("it is no export of a Matrix room")
    events = [as_dict(row) for row in rows]
    events.sort(key=lambda event: _time(event))
    messages, names = _messages(events)
    room = next((r for event in events if _ROOM.fullmatch(r := as_text(event.get("room_id")))), "")
    threads: dict[str, list[Message]] = {}
    rest: list[Message] = []
    for message, thread in messages:
        if thread:
            threads.setdefault(thread, []).append(message)
        else:
            rest.append(message)
    by_id = {message.id: message for message, _ in messages}
    groups = [[by_id[start], *replies] for start, replies in threads.items() if start in by_id]
    groups += [group for group in chats.by_reply(rest) if group[0].id not in threads]
    return [_conversation(group, room, names) for group in groups]


def _conversation(group: Sequence[Message], room: str, names: frozenset[str]) -> Conversation:
    start = group[0].id
    url = f"https://matrix.to/#/{room}/{start}" if room else f"/sources/matrix/{quote(start.lstrip('$'))}"
    return Conversation(f"matrix/{start.lstrip('$')}", "", url, group, names, "matrix")


def _messages(events: Sequence[dict[str, Any]]) -> tuple[list[tuple[Message, str]], frozenset[str]]:
    """Return the messages as last edited, each with the thread it belongs to, and all names that people go by."""
    found: dict[str, tuple[Message, str]] = {}
    names: set[str] = set()
    marks: dict[str, set[str]] = {}
    for event in events:
        content, sender = as_dict(event.get("content")), as_text(event.get("sender"))
        identity, sort = as_text(event.get("event_id")), as_text(event.get("type"))
        names |= {sender.lstrip("@")[:200], sender.lstrip("@").partition(":")[0][:100]}
        if sort == "m.room.member":
            names.add(as_text(content.get("displayname"))[:100])
        relation = as_dict(content.get("m.relates_to"))
        target, rel = as_text(relation.get("event_id")), as_text(relation.get("rel_type"))
        if sort == "m.reaction" and rel == "m.annotation":
            marks.setdefault(target, set()).add(as_text(relation.get("key")))
        elif sort == "m.room.message" and rel == "m.replace":
            if target in found and found[target][0].author == sender:
                new = _text(as_dict(content.get("m.new_content")))
                found[target] = (replace(found[target][0], text=new), found[target][1])
        elif sort == "m.room.message" and _EVENT.fullmatch(identity) and as_text(content.get("msgtype")) in _SPOKEN:
            answered = as_text(as_dict(relation.get("m.in_reply_to")).get("event_id")) or None
            robot = as_text(content.get("msgtype")) == "m.notice"
            message = Message(identity, sender, _text(content), _date(event), answers=answered, robot=robot)
            found[identity] = (message, target if rel == "m.thread" else "")
    said = [(replace(one, marks=frozenset(marks.get(one.id, ()))), thread) for one, thread in found.values()]
    return said, frozenset(names - {""})


def _text(content: dict[str, Any]) -> str:
    text = as_text(content.get("body"))[:LONGEST_MESSAGE]
    return _USER.sub("@someone", _PILL.sub("@someone", _FALLBACK.sub("", text)))


def _time(event: dict[str, Any]) -> int:
    stamp = event.get("origin_server_ts")
    return stamp if isinstance(stamp, int) and 0 <= stamp < 10**14 else 0


def _date(event: dict[str, Any]) -> str:
    stamp = _time(event)
    return datetime.fromtimestamp(stamp / 1000, UTC).isoformat(timespec="seconds") if 0 < stamp < 10**14 else ""
