"""What was said in a thread, for the desk to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nio

from bot.channels.matrix.client import MatrixClient
from bot.channels.matrix.files import MESSAGE_TYPES
from bot.channels.matrix.reading import READ_TYPES, content_of, without_quotation
from bot.learning import Said

MOST_SAID = 500  # messages of a thread that are looked at
BOTS_TYPE = "m.notice"


async def said(client: MatrixClient, room: nio.MatrixRoom, root: str, solution: str) -> list[Said]:
    """Return the messages of a thread as they are after their last edits, oldest first.

    Args:
        client: of the account.
        room: with the thread.
        root: the event that the thread hangs on.
        solution: id of the message that solved it, "" where none was named.
    """
    first = await client.event(room.room_id, root)
    events = [first] if first is not None else []
    events += await client.thread(room.room_id, root, MOST_SAID)
    told = [_said(client, room, event, solution) for event in sorted(events, key=lambda one: one.server_timestamp)]
    return [one for one in told if one is not None]


def _said(client: MatrixClient, room: nio.MatrixRoom, event: nio.Event, solution: str) -> Said | None:
    content = _newest(event)
    kind, text = content.get("msgtype"), content.get("body")
    if kind not in {*READ_TYPES, BOTS_TYPE} - MESSAGE_TYPES or not isinstance(text, str):
        return None
    names = {event.sender, event.sender.lstrip("@").partition(":")[0], room.user_name(event.sender) or ""}
    return Said(
        id=event.event_id,
        author=event.sender,
        text=without_quotation(text).replace(client.user_id, ""),
        at=event.server_timestamp / 1000,
        names=frozenset(names - {""}),
        is_bot=kind == BOTS_TYPE or event.sender == client.user_id,
        solves=event.event_id == solution,
    )


def _newest(event: nio.Event) -> Mapping[str, Any]:
    """Return the content of an event after its last edit, which the homeserver sends along."""
    edit = ((event.source.get("unsigned") or {}).get("m.relations") or {}).get("m.replace") or {}
    new = (edit.get("content") or {}).get("m.new_content") if edit.get("sender") == event.sender else None
    return new if isinstance(new, dict) else content_of(event)
