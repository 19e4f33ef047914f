"""What did not fit into one sync after a long absence: fetched backwards, handed over oldest first."""

from __future__ import annotations

import logging
import time

import nio

from bot.channels.base import ChannelError
from bot.channels.matrix.client import MatrixClient

log = logging.getLogger(__name__)

MOST_EVENTS = 200  # a room; who was away for longer has other worries
OLDEST_S = 7 * 86_400.0


async def gap(client: MatrixClient, room_id: str, info: nio.RoomInfo, since: str) -> list[nio.Event]:
    """Return the events of a room between `since` and the timeline of a sync, oldest first."""
    start = info.timeline.prev_batch
    if not info.timeline.limited or not since or not start:
        return []
    found: list[nio.Event] = []
    try:
        while len(found) < MOST_EVENTS:
            page = await client.history(room_id, start, since, MOST_EVENTS - len(found))
            found += [event for one in page.chunk if (event := client.decrypted(one, room_id)) is not None]
            if not page.chunk or not page.end or page.end == start:
                break
            start = page.end
    except ChannelError as error:
        log.warning("matrix: what was missed in %s cannot be read: %s", room_id, error.what)
    found.reverse()
    if found:
        log.info("matrix: going through %d missed events in %s", len(found), room_id)
    return found


def too_old(event: nio.Event) -> bool:
    """True for what nobody waits for any more."""
    return bool(event.server_timestamp / 1000 < time.time() - OLDEST_S)


def since_we_came(events: list[nio.Event], user_id: str) -> list[nio.Event]:
    """Return what was written in a room that is new to us since we were invited; what was before is none of ours."""
    for number, event in enumerate(events):
        if isinstance(event, nio.RoomMemberEvent) and event.state_key == user_id:
            return events[number + 1 :]
    return events
