"""The real desk on the real rooms, and a chat platform in memory before it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.assistant import Assistant
from bot.channels.memory import MemoryChat
from bot.desk import Desk
from bot.memory import Memory
from bot.settings import Settings

T = TypeVar("T")
Chats = Callable[..., contextlib.AbstractAsyncContextManager[MemoryChat]]


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    opened = Memory(tmp_path / "chat")
    yield opened
    opened.close()


@pytest.fixture
def chats(assistant: Assistant, tmp_path: Path) -> Chats:
    """Open a chat; opened again on the same folder it is the service after a restart."""

    @contextlib.asynccontextmanager
    async def open_chat(folder: str = "chat", **values: Any) -> AsyncIterator[MemoryChat]:
        settings = Settings(data_dir=tmp_path, **values)
        memory = Memory(tmp_path / folder)
        desk = Desk(assistant, memory, settings)
        try:
            yield MemoryChat(desk)
        finally:
            desk.close()
            memory.close()

    return open_chat


@pytest.fixture
def in_chat(chats: Chats) -> Callable[..., Any]:
    """Run a dialogue, an async function of a chat, to its end."""

    def run(dialogue: Callable[[MemoryChat], Awaitable[T]], **values: Any) -> T:
        async def whole() -> T:
            async with chats(**values) as chat:
                return await dialogue(chat)

        return asyncio.run(asyncio.wait_for(whole(), 120))

    return run


@pytest.fixture
def copy_of_knowledge(data_dir: Path, tmp_path: Path) -> Path:
    """A data directory of one's own with the built knowledge base in it."""
    folder = tmp_path / "data"
    shutil.copytree(data_dir / "knowledge", folder / "knowledge")
    return folder
