"""Up to where everything is answered: the sync token that the next process goes on from.

A token is kept only when all that came before it is done, so that a process that dies in the middle hears of it again;
the desk answers nothing twice.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from bot.channels.matrix.names import NAME
from bot.desk import Desk

_CHOICE = "sync"


class Cursor:
    """The token of one account."""

    def __init__(self, desk: Desk, user_id: str) -> None:
        self._desk = desk
        self._user_id = user_id
        self._waiting: deque[tuple[str, set[asyncio.Task[None]]]] = deque()
        self._kept = ""

    async def load(self) -> str:
        """Return the token that was kept, "" the first time."""
        memory = self._desk.memory
        kept: str | None = await self._desk.workers.look(memory.choice, NAME, _CHOICE, self._user_id)
        self._kept = kept or ""
        return self._kept

    async def add(self, token: str, tasks: Iterable[asyncio.Task[None]]) -> None:
        """Note a token, and what must be done before it may be kept; keep the newest one that may."""
        self._waiting.append((token, set(tasks)))
        reached = ""
        while self._waiting and all(task.done() and not task.cancelled() for task in self._waiting[0][1]):
            reached, _ = self._waiting.popleft()
        if reached and reached != self._kept:
            self._kept = reached
            memory = self._desk.memory
            await self._desk.workers.look(memory.choose, NAME, self._user_id, _CHOICE, reached)
