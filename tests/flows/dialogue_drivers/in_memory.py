"""The dialogues on the channel in memory."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dialogue import EVERYTHING, RUN_TIMEOUT_S, Seen

from bot.assistant import Assistant
from bot.channels.memory import MemoryChat, Shown
from bot.desk import Desk
from bot.memory import Memory
from bot.messages import Intent, Message
from bot.settings import Settings


@dataclass
class InMemory:
    """People in the channel in memory."""

    chat: MemoryChat
    data_dir: Path
    name: str = "memory"
    abilities: frozenset[str] = EVERYTHING
    _last: Message | None = None

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
        self._last = self.chat.message(who, text, thread=thread, files=files, roles=roles, addressed=addressed)
        return _seen(await self.chat.hand_over(self._last))

    async def edit(self, text: str) -> list[Seen]:
        assert self._last is not None
        last = self._last
        changed = self.chat.message(last.author.id, text, id=last.id, thread=last.thread, edited=True, revision="1")
        return _seen(await self.chat.hand_over(changed))

    async def press(self, who: str, seen: Seen, intent: str, arguments: Mapping[str, str]) -> list[Seen]:
        return _seen(await self.chat.press(who, self.chat.shown[seen.id], Intent(intent), arguments=arguments))

    async def vote(self, who: str, seen: Seen, vote: str) -> None:
        # As a reaction does it.
        silent = {"vote": vote, "silent": "yes"}
        await self.chat.say(who, "", intent=Intent.FEEDBACK, arguments=silent, reply_to=seen.id)

    async def votes(self) -> list[str]:
        return [vote["vote"] for vote in self.chat.desk.memory.feedback()]


def _seen(shown: list[Shown]) -> list[Seen]:
    return [Seen.of(one.id, visible(one), one.reply) for one in shown]


def visible(shown: Shown) -> str:
    """Return all that a person sees of a message."""
    reply = shown.reply
    links = [f"{link.title} {link.url}" for link in reply.sources]
    return "\n".join([reply.text, reply.output, reply.code, *links, *(button.label for button in reply.buttons)])


@contextlib.asynccontextmanager
async def opened(assistant: Assistant, folder: Path) -> AsyncIterator[InMemory]:
    """Open a chat with a memory of its own."""
    settings = Settings(data_dir=folder, run_timeout_s=RUN_TIMEOUT_S)
    memory = Memory(folder / "chat")
    desk = Desk(assistant, memory, settings)
    try:
        yield InMemory(MemoryChat(desk), folder)
    finally:
        desk.close()
        memory.close()
