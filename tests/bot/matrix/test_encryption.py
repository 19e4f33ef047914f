"""Encrypted rooms: read and answered where the optional dependency is there, one clear line where it is not."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nio
import pytest
from matrix_world import until

from bot.channels.matrix import rooms
from bot.settings import CHECKOUT

pytestmark = [pytest.mark.asyncio, pytest.mark.sandbox]

Worlds = Any
_STATE = [{"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]


async def test_encrypted_room_is_answered_encrypted_with_its_files(worlds: Worlds, tmp_path: Path) -> None:
    async with worlds() as world:
        user_id, token = await asyncio.to_thread(world.server.account, "ada")
        folder = tmp_path / "ada"
        folder.mkdir()
        ada = nio.AsyncClient(world.server.address, user_id, store_path=str(folder))
        ada.access_token = token
        ada.restore_login(user_id, (await ada.whoami()).device_id, token)
        room = (await ada.room_create(invite=[world.me], initial_state=_STATE)).room_id
        await world.until(lambda: room in world.bot.client.nio.rooms)
        seen: dict[str, dict[str, Any]] = {}

        async def news() -> None:
            answer = await ada.sync(100, full_state=not seen)
            await ada.send_to_device_messages()
            for ask, needed in ((ada.keys_upload, ada.should_upload_keys), (ada.keys_query, ada.should_query_keys)):
                if needed:
                    await ask()
            if room in answer.rooms.join:
                for event in answer.rooms.join[room].timeline.events:
                    seen[event.event_id] = event.source

        def said(words: str) -> list[dict[str, Any]]:
            return [
                event["content"]
                for event in seen.values()
                if event["sender"] == world.me and words in str(event["content"].get("body"))
            ]

        async def came(words: str) -> Any:
            await news()
            return said(words)

        await until(lambda: came_room(ada, news, room))
        plot = "import matplotlib.pyplot as plt; plt.plot([1, 2]); print(6 * 7)"
        await ada.room_send(
            room,
            "m.room.message",
            {"msgtype": "m.text", "body": f"!run {plot}", "m.mentions": {}},
            ignore_unverified_devices=True,
        )
        await until(lambda: came("42"))
        (picture,) = await until(lambda: came("plot-1.png"))
        assert "url" not in picture
        sealed = picture["file"]
        fetched = await ada.download(sealed["url"])
        assert not fetched.body.startswith(b"\x89PNG"), "it lies encrypted on the homeserver"
        opened = nio.crypto.decrypt_attachment(
            fetched.body, sealed["key"]["k"], sealed["hashes"]["sha256"], sealed["iv"]
        )
        assert opened.startswith(b"\x89PNG")
        raw = await ada.room_get_event(room, next(iter(reversed(seen))))
        assert isinstance(raw, nio.RoomGetEventResponse)
        await world.restart()  # the keys are kept
        await ada.room_send(
            room,
            "m.room.message",
            {"msgtype": "m.text", "body": "!docs keras.layers.Dense", "m.mentions": {}},
            ignore_unverified_devices=True,
        )
        await until(lambda: came("densely-connected"))
        await ada.close()


async def came_room(ada: nio.AsyncClient, news: Any, room: str) -> bool:
    """Look for news until Lobby and the room's encryption are known."""
    await news()
    return room in ada.rooms and ada.rooms[room].encrypted and ada.rooms[room].member_count >= 2


async def test_without_encryption_it_is_said_once(worlds: Worlds, monkeypatch: Any, caplog: Any) -> None:
    monkeypatch.setattr(rooms, "CAN_ENCRYPT", False)
    async with worlds() as world:
        ada = await world.person("ada")
        room = await world.place(ada, initial_state=_STATE)

        async def told() -> Any:
            plain = [e for e in await ada.events(room) if e["sender"] == world.me and e["type"].endswith("message")]
            encrypted = [e for e in await ada.events(room) if e["type"] == "m.room.encrypted"]
            return plain or encrypted

        await world.until(told)
        await world.restart()
        await world.settled()
        assert len(await told()) == 1
        assert "keras-lobby[matrix-e2e]" in caplog.text


async def test_without_the_optional_dependency_everything_else_works(worlds: Worlds) -> None:
    program = """
import asyncio, importlib.util, sys
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "vodozemac" else found(name, *rest)
sys.modules["vodozemac"] = None
from bot.channels.matrix import service
from bot.channels.matrix.client import CAN_ENCRYPT, MatrixClient
from bot.settings import load

async def main():
    client = MatrixClient(load().settings)
    await client.open()
    await client.sync("", first=True)
    await client.close()
    print("encrypts" if CAN_ENCRYPT else "plain", client.user_id)

asyncio.run(main())
"""
    async with worlds() as world:
        account = {"HOMESERVER": world.server.address, "USER": world.me, "TOKEN": world.token}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LOBBY_")}
        environment = {**kept, **{f"LOBBY_MATRIX_{name}": value for name, value in account.items()}}
        command = [sys.executable, "-c", program]
        done = await asyncio.to_thread(
            subprocess.run, command, env=environment, cwd=CHECKOUT, capture_output=True, text=True
        )
        assert done.stdout.split() == ["plain", world.me], done.stderr
