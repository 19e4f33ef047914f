"""People in rooms of a real Matrix homeserver, and the real Lobby among them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from matrix_server import PATIENCE_S, SERVER, Synapse

from bot.assistant import Assistant
from bot.channels.matrix.bot import MatrixBot
from bot.channels.matrix.names import SIGNS
from bot.desk import Desk
from bot.memory import Memory
from bot.settings import Settings


@dataclass
class Shown:
    """An event of ours as clients show it: after its last edit."""

    id: str
    content: dict[str, Any]
    versions: list[dict[str, Any]] = field(default_factory=list)  # every content it ever had, oldest first

    @property
    def text(self) -> str:
        """Its plain text."""
        return str(self.content.get("body", ""))

    @property
    def html(self) -> str:
        """Its HTML."""
        return str(self.content.get("formatted_body", ""))

    @property
    def thread(self) -> str:
        """The thread that it is in."""
        relates = self.content.get("m.relates_to") or {}
        return str(relates.get("event_id", "")) if relates.get("rel_type") == "m.thread" else ""

    @property
    def answers(self) -> str:
        """The event that it answers."""
        return str(((self.content.get("m.relates_to") or {}).get("m.in_reply_to") or {}).get("event_id", ""))


class Person:
    """Somebody with a client of their own."""

    def __init__(self, server: Synapse, user_id: str, token: str) -> None:
        self.id = user_id
        self.token = token
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.AsyncClient(base_url=server.address, headers=headers, timeout=PATIENCE_S)
        self._sent = 0

    async def call(self, method: str, path: str, **options: Any) -> Any:
        """Make a request of the client-server API."""
        response = await self._http.request(method, path, **options)
        assert response.status_code == 200, f"{path}: {response.text}"
        return response.json()

    async def room(self, *invited: str, name: str = "help", **options: Any) -> str:
        """Make a room and invite people."""
        body = {"name": name, "invite": invited, **options}
        return str((await self.call("POST", "/_matrix/client/v3/createRoom", json=body))["room_id"])

    async def join(self, room: str) -> None:
        """Join a room."""
        await self.call("POST", f"/_matrix/client/v3/join/{quote(room)}", json={})

    async def send(self, room: str, content: dict[str, Any], kind: str = "m.room.message") -> str:
        """Send an event."""
        self._sent += 1
        path = f"/_matrix/client/v3/rooms/{quote(room)}/send/{kind}/{self._sent}-{time.time_ns()}"
        return str((await self.call("PUT", path, json=content))["event_id"])

    async def say(self, room: str, text: str, *, thread: str = "", to: str = "", **more: Any) -> str:
        """Write a message, perhaps in a thread, or as the reply to another."""
        relates: dict[str, Any] = {"m.in_reply_to": {"event_id": to}} if to else {}
        if thread:
            fall_back = relates or {"is_falling_back": True, "m.in_reply_to": {"event_id": thread}}
            relates = {"rel_type": "m.thread", "event_id": thread, **fall_back}
        content = {"msgtype": "m.text", "body": text, "m.mentions": {}, **more}
        return await self.send(room, {**content, "m.relates_to": relates} if relates else content)

    async def edit(self, room: str, event_id: str, text: str) -> str:
        """Change a message."""
        new = {"msgtype": "m.text", "body": text, "m.mentions": {}}
        relates = {"rel_type": "m.replace", "event_id": event_id}
        return await self.send(room, {**new, "body": f"* {text}", "m.new_content": new, "m.relates_to": relates})

    async def react(self, room: str, event_id: str, sign: str) -> str:
        """React to a message."""
        relates = {"rel_type": "m.annotation", "event_id": event_id, "key": sign}
        return await self.send(room, {"m.relates_to": relates}, "m.reaction")

    async def redact(self, room: str, event_id: str) -> None:
        """Take an event away."""
        self._sent += 1
        path = f"/_matrix/client/v3/rooms/{quote(room)}/redact/{quote(event_id)}/{self._sent}-{time.time_ns()}"
        await self.call("PUT", path, json={})

    async def upload(self, room: str, name: str, content: bytes, **more: Any) -> str:
        """Share a file."""
        headers = {"Content-Type": "application/octet-stream"}
        path = f"/_matrix/media/v3/upload?filename={quote(name)}"
        uri = (await self.call("POST", path, content=content, headers=headers))["content_uri"]
        info = {"size": len(content), "mimetype": "text/plain"}
        return await self.send(room, {"msgtype": "m.file", "body": name, "url": uri, "info": info, **more})

    async def fetch(self, uri: str) -> bytes:
        """Return an uploaded file."""
        path = f"/_matrix/client/v1/media/download/{uri.removeprefix('mxc://')}"
        return (await self._http.get(path)).content

    async def events(self, room: str) -> list[dict[str, Any]]:
        """Return what happened in a room, oldest first."""
        path = f"/_matrix/client/v3/rooms/{quote(room)}/messages?dir=b&limit=1000"
        return list(reversed((await self.call("GET", path))["chunk"]))

    async def shown(self, room: str, sender: str) -> list[Shown]:
        """Return somebody's messages as this person's client shows them."""
        found: dict[str, Shown] = {}
        for event in await self.events(room):
            content = event["content"]
            if event["sender"] != sender or event["type"] != "m.room.message" or not content:
                continue
            relates = content.get("m.relates_to") or {}
            if relates.get("rel_type") == "m.replace" and relates["event_id"] in found:
                one = found[relates["event_id"]]
                kept = {"m.relates_to": one.content["m.relates_to"]} if "m.relates_to" in one.content else {}
                one.content = {**content["m.new_content"], **kept}
                one.versions.append(one.content)
            elif relates.get("rel_type") != "m.replace":
                found[event["event_id"]] = Shown(event["event_id"], content, [content])
        return list(found.values())

    async def signs(self, room: str, about: str, sender: str) -> list[str]:
        """Return somebody's reactions to an event that are there now."""
        return [
            event["content"]["m.relates_to"]["key"]
            for event in await self.events(room)
            if event["type"] == "m.reaction"
            and event["sender"] == sender
            and event["content"].get("m.relates_to", {}).get("event_id") == about
        ]

    async def close(self) -> None:
        """Close the client."""
        await self._http.aclose()


@dataclass
class World:
    """A homeserver with Lobby on it, which can be started again."""

    server: Synapse
    assistant: Assistant
    folder: Path
    values: dict[str, Any]
    me: str = ""
    token: str = ""
    bot: MatrixBot | None = None
    people: list[Person] = field(default_factory=list)
    heard: set[str] = field(default_factory=set)  # ids of the events that Lobby has begun with
    _memory: Memory | None = None
    _running: asyncio.Task[None] | None = None

    @property
    def settings(self) -> Settings:
        """The settings that Lobby has here."""
        account = {"matrix_homeserver": self.server.address, "matrix_user": self.me, "matrix_token": self.token}
        return Settings(data_dir=self.folder, **{"matrix_inviters": (SERVER,), **account, **self.values})

    @property
    def desk(self) -> Desk:
        """The desk that runs now."""
        assert self.bot is not None
        return self.bot.desk

    async def start(self) -> None:
        """Start Lobby, and wait until it is there."""
        self._memory = Memory(self.folder / "chat")
        self.bot = MatrixBot(Desk(self.assistant, self._memory, self.settings), self.settings)
        self.bot._event = self._listening(self.bot._event)  # type: ignore[method-assign]
        self._running = asyncio.create_task(self.bot.run())
        ready = asyncio.create_task(self.bot.ready.wait())
        await asyncio.wait([self._running, ready], return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE_S)
        if not ready.done():
            await self._running

    def _listening(self, begin: Callable[..., Any]) -> Callable[..., Any]:
        """Note each event that Lobby begins with."""

        def heard(room: Any, event: Any) -> Any:
            self.heard.add(event.event_id)
            return begin(room, event)

        return heard

    def trust(self, room: str) -> None:
        """Let a room be one that the settings name."""
        assert self.bot is not None
        self.bot.people.trusted.add(room)

    async def stop(self) -> None:
        """End Lobby's process in all but name."""
        if self.bot is None or self._running is None or self._memory is None:
            return
        self._running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._running
        await self.bot.close()
        self.bot.desk.close()
        self._memory.close()
        self.bot = None

    async def restart(self) -> None:
        """Start another process of Lobby on the same data."""
        await self.stop()
        await self.start()

    async def person(self, name: str) -> Person:
        """Let somebody new come."""
        person = Person(self.server, *await asyncio.to_thread(self.server.account, name))
        self.people.append(person)
        return person

    async def place(self, *people: Person, **options: Any) -> str:
        """Let the first one make a room with the others and Lobby in it, and wait until all are there."""
        first, *others = people
        room = await first.room(self.me, *(one.id for one in others), **options)
        for one in others:
            await one.join(room)
        await self.until(lambda: self.bot is not None and room in self.bot.client.nio.rooms)
        return room

    async def said(self, person: Person, room: str, count: int = 1) -> list[Shown]:
        """Return what Lobby says in a room, once it has said so much in its final form."""

        async def enough() -> list[Shown] | None:
            shown = await person.shown(room, self.me)
            return shown if len(shown) >= count and not self._busy() else None

        found: list[Shown] = await until(enough)
        return found

    async def settled(self) -> None:
        """Wait until Lobby has nothing left to do."""
        await self.until(lambda: not self._busy())

    async def until(self, condition: Callable[[], Any]) -> Any:
        """Wait until something is so."""
        return await until(condition)

    def _busy(self) -> bool:
        bot = self.bot
        if bot is None:
            return False
        signing = any(not task.done() for task in bot.channel._signing.values())
        return bool(bot._tasks) or signing

    async def close(self) -> None:
        """Close everything but the homeserver."""
        await self.stop()
        for one in self.people:
            await one.close()


async def until(condition: Callable[[], Any]) -> Any:
    """Wait until something is so, and return it."""
    end = time.monotonic() + PATIENCE_S
    while True:
        found = condition()
        found = await found if asyncio.iscoroutine(found) else found
        if found:
            return found
        assert time.monotonic() < end, "this did not come"
        await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def world(server: Synapse, assistant: Assistant, folder: Path, **values: Any) -> AsyncIterator[World]:
    """Open a world with a new account for Lobby; `values` are settings."""
    made = World(server, assistant, folder, values)
    made.me, made.token = await asyncio.to_thread(server.account, "lobby")
    try:
        await made.start()
        yield made
    finally:
        await made.close()


def signs(shown: Shown) -> dict[str, str]:
    """Return what the reactions under a message mean: sign → token."""
    found = shown.content.get(SIGNS)
    return found if isinstance(found, dict) else {}


def fence(code: str) -> str:
    """Return code as people paste it."""
    return f"```python\n{code}\n```"
