"""The dialogues on Discord, with simcord in its place."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dialogue import EVERYTHING, RUN_TIMEOUT_S, Recorder, Seen
from discord_world import World, labels, told, world

from bot.assistant import Assistant

# What a dialogue's roles are on a server.
ROLES = {"operator": "Managers", "helper": "Helpers"}


class OnDiscord:
    """People on a Discord server."""

    name = "discord"
    abilities = EVERYTHING

    def __init__(self, place: World, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._world = place
        self._recorder = Recorder(place.desk)
        self._people: dict[tuple[str, tuple[str, ...]], Any] = {}
        self._threads: dict[str, Any] = {}
        self._last: tuple[Any, Any] | None = None

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
        person = self._person(who, roles)
        place = await self._place(person, thread)
        content = f"{self._world.me} {text}" if addressed else text
        before = self._shown()
        message = await person.send(place, content, attachments=list(files.items()))
        self._last = person, message
        return self._came(before)

    async def edit(self, text: str) -> list[Seen]:
        assert self._last is not None
        person, message = self._last
        before = self._shown()
        await person.edit(message, f"{self._world.me} {text}")
        return self._came(before)

    async def press(self, who: str, seen: Seen, intent: str, arguments: Mapping[str, str]) -> list[Seen]:
        before = self._shown()
        message = self._messages()[int(seen.id)]
        await self._person(who, ()).click(message, custom_id=f"lobby:{seen.token(intent, arguments)}")
        return self._came(before)

    async def vote(self, who: str, seen: Seen, vote: str) -> None:
        sign = {"up": "👍", "down": "👎"}[vote]
        await self._person(who, ()).react(self._messages()[int(seen.id)], sign)

    async def votes(self) -> list[str]:
        return [vote["vote"] for vote in self._world.desk.memory.feedback()]

    def _person(self, who: str, roles: Sequence[str]) -> Any:
        if who in self._world.people and not roles:
            return self._world.people[who]
        key = who, tuple(roles)
        if key not in self._people:
            held = [self._world.guild.roles[ROLES[role]] for role in roles]
            user = self._world.env.create_user(who)
            self._people[key] = self._world.guild.add_member(user, roles=held)
        return self._people[key]

    async def _place(self, person: Any, thread: str) -> Any:
        if not thread:
            return self._world.help
        if thread not in self._threads:
            self._threads[thread] = await self._world.thread(person, thread)
        return self._threads[thread]

    def _messages(self) -> dict[int, Any]:
        """Return all messages of ours, also those that only one person sees."""
        found: dict[int, Any] = {}
        for place in (self._world.help, *self._threads.values()):
            for viewer in (None, *self._world.people.values(), *self._people.values()):
                for message in place.history(viewer=viewer):
                    if message.author.id == self._world.bot.user_id:
                        found[message.id] = message
        return found

    def _shown(self) -> dict[int, str]:
        return {own_id: visible(message) for own_id, message in self._messages().items()}

    def _came(self, before: Mapping[int, str]) -> list[Seen]:
        """Return what is new or changed, in order."""
        now = self._shown()
        changed = [own_id for own_id in sorted(now) if before.get(own_id) != now[own_id]]
        recorded = self._recorder.replies
        return [Seen.of(str(one), now[one], recorded[str(one)]) for one in changed if str(one) in recorded]


def visible(message: Any) -> str:
    """Return all that a person sees of a message."""
    return "\n".join([told(message), *labels(message), *(file.filename for file in message.attachments)])


@contextlib.asynccontextmanager
async def opened(assistant: Assistant, folder: Path) -> AsyncIterator[OnDiscord]:
    """Open a server with a memory of its own."""
    async with world(assistant, folder, run_timeout_s=RUN_TIMEOUT_S) as place:
        yield OnDiscord(place, folder)
