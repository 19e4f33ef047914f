"""What `lobby doctor` says about Matrix: the account, encryption, the rooms, each with how to mend it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from bot.channels.base import CannotConnect, ChannelError, Finding
from bot.channels.matrix.client import CAN_ENCRYPT, MatrixClient
from bot.channels.matrix.service import missing
from bot.settings import Settings

LOOK_S = 30.0


def examine(settings: Settings) -> list[Finding]:
    """Ask the homeserver about the account; nothing is changed there."""
    if name := missing(settings):
        return [Finding("failed", f"{name} is not set", "Set it beside matrix_token; docs/matrix.md says how.")]
    return asyncio.run(_examine(settings))


async def _examine(settings: Settings) -> list[Finding]:
    client = MatrixClient(settings, keys=False)
    try:
        async with asyncio.timeout(LOOK_S):
            return [finding async for finding in _look(client, settings)]
    except CannotConnect as error:
        return [Finding("failed", error.what, error.remedy)]
    except ChannelError as error:
        return [Finding("warning", error.what, error.remedy)]
    except TimeoutError:
        return [Finding("warning", f"{settings.matrix_homeserver} does not answer", "Check matrix_homeserver.")]
    finally:
        await client.close()


async def _look(client: MatrixClient, settings: Settings) -> AsyncIterator[Finding]:
    await client.open()
    yield Finding("ok", f"the token is {client.user_id}'s")
    if CAN_ENCRYPT:
        yield Finding("ok", "encrypted rooms can be read")
    else:
        yield Finding("ok", "encrypted rooms cannot be read", "For those: `pip install 'keras-lobby[matrix-e2e]'`.")
    joined = set((await client.ask(client.nio.joined_rooms)).rooms)
    yield Finding("ok", f"rooms it is in: {len(joined)}")
    for room in (*settings.matrix_rooms, *settings.matrix_answer_rooms, *settings.matrix_suggest_rooms):
        try:
            room_id = room if room.startswith("!") else await _resolved(client, room)
        except ChannelError as error:
            yield Finding("warning", f"there is no room {room}: {error.what}", "Mend its name in the settings.")
            continue
        if room_id not in joined:
            yield Finding("warning", f"not in {room}", f"Start `lobby serve`, and invite {client.user_id} there.")
    if not (settings.matrix_inviters or joined):
        yield Finding("warning", "nobody can invite Lobby", "Name people or servers in matrix_inviters.")
    if not settings.matrix_helpers:
        yield Finding("warning", "nobody is called when Lobby does not know", "Name people who help in matrix_helpers.")


async def _resolved(client: MatrixClient, alias: str) -> str:
    return str((await client.ask(lambda: client.nio.room_resolve_alias(alias))).room_id)
