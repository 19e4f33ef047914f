"""The dialogues on Matrix, on a real homeserver."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from dialogue import EVERYTHING, RUN_TIMEOUT_S, Recorder, Seen
from matrix_server import Synapse
from matrix_world import Person, Shown, World, signs, world

from bot.assistant import Assistant

# The power that a dialogue's roles have in a room that the settings name.
POWER = {"operator": 50, "helper": 50}
OWNER = "owner"


class OnMatrix:
    """People in a room, in which Lobby has the power to remove messages."""

    name = "matrix"
    abilities = EVERYTHING

    def __init__(self, place: World, room: str, people: dict[str, Person], data_dir: Path) -> None:
        self.data_dir = data_dir
        self._world = place
        self._room = room
        self._recorder = Recorder(place.desk)
        self._people = people
        self._threads: dict[str, str] = {}
        self._last: tuple[Person, str] | None = None

    async def say(
        self,
        who: str,
        text: str,
        *,
        thread: str = "",
        files: Mapping[str, bytes],
        roles: Sequence[str] = (),
        addressed: bool = True,
    ) -> list[Seen]:
        person = await self._person(who, roles)
        if thread and thread not in self._threads:
            self._threads[thread] = await person.say(self._room, "…")
        root = self._threads.get(thread, "")
        mentions = {"user_ids": [self._world.me]} if addressed else {}
        text = f"{self._world.me} {text}" if addressed else text
        before = await self._shown()
        if files:
            ((name, content),) = files.items()
            relates = {"m.relates_to": {"rel_type": "m.thread", "event_id": root}} if root else {}
            more = {"filename": name, "body": text, "m.mentions": mentions, **relates}
            event_id = await person.upload(self._room, name, content, **more)
        else:
            event_id = await person.say(self._room, text, thread=root, **{"m.mentions": mentions})
        self._last = person, event_id
        return await self._came(before, event_id)

    async def edit(self, text: str) -> list[Seen]:
        assert self._last is not None
        person, event_id = self._last
        before = await self._shown()
        edit = await person.edit(self._room, event_id, f"{self._world.me} {text}")
        return await self._came(before, edit)

    async def press(self, who: str, seen: Seen, intent: str, arguments: Mapping[str, str]) -> list[Seen]:
        before = await self._shown()
        token = seen.token(intent, arguments)
        sign = next(sign for sign, kept in signs(before[seen.id]).items() if kept == token)
        person = await self._person(who, ())
        return await self._came(before, await person.react(self._room, seen.id, sign))

    async def vote(self, who: str, seen: Seen, vote: str) -> None:
        person = await self._person(who, ())
        reaction = await person.react(self._room, seen.id, {"up": "👍", "down": "👎"}[vote])
        await self._done(reaction)

    async def votes(self) -> list[str]:
        return [vote["vote"] for vote in self._world.desk.memory.feedback()]

    async def _person(self, who: str, roles: Sequence[str]) -> Person:
        if who not in self._people:
            self._people[who] = person = await self._world.person(who)
            owner = self._people[OWNER]
            await owner.call("POST", f"/_matrix/client/v3/rooms/{self._room}/invite", json={"user_id": person.id})
            await person.join(self._room)
            power = {"users": {self._world.me: 50, **dict.fromkeys([person.id] if roles else [], POWER["operator"])}}
            path = f"/_matrix/client/v3/rooms/{self._room}/state/m.room.power_levels"
            await owner.call("PUT", path, json={**await owner.call("GET", path), **power})
        return self._people[who]

    async def _done(self, event_id: str) -> None:
        """Wait until Lobby has heard of an event and has nothing left to do."""
        await self._world.until(lambda: event_id in self._world.heard)
        await self._world.settled()

    async def _shown(self) -> dict[str, Shown]:
        return {one.id: one for one in await self._people[OWNER].shown(self._room, self._world.me)}

    async def _came(self, before: Mapping[str, Shown], event_id: str) -> list[Seen]:
        """Return what is new or changed, in order."""
        await self._done(event_id)
        now = await self._shown()
        changed = [
            one for one in now.values() if one.id not in before or len(before[one.id].versions) < len(one.versions)
        ]
        recorded = self._recorder.replies
        return [Seen.of(one.id, one.text, recorded[one.id]) for one in changed if one.id in recorded]


@contextlib.asynccontextmanager
async def opened(server: Synapse, assistant: Assistant, folder: Path) -> AsyncIterator[OnMatrix]:
    """Open a room with a memory of its own."""
    async with world(server, assistant, folder, run_timeout_s=RUN_TIMEOUT_S, matrix_reactions=False) as place:
        people = {name: await place.person(name) for name in (OWNER, "ada", "bob")}
        levels = {"users": {place.me: 50}}
        room = await place.place(*people.values(), power_level_content_override=levels)
        place.trust(room)
        yield OnMatrix(place, room, people, folder)
