"""Every channel carries the same dialogues with the same answers, runs and votes.

A channel is one line in `CHANNELS`: its name, what it can do, and a fixture that opens it.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dialogue import ChannelDriver, Dialogue, dialogues, play
from dialogue_drivers import discord as on_discord
from dialogue_drivers import in_memory
from dialogue_drivers import matrix as on_matrix
from dialogue_drivers.discord import OnDiscord
from dialogue_drivers.in_memory import InMemory
from dialogue_drivers.matrix import OnMatrix
from dialogue_drivers.terminal import TerminalPipe
from dialogue_drivers.web import WebApi
from matrix_server import Synapse

from bot.assistant import Assistant

CHANNELS = {
    "discord": OnDiscord.abilities,
    "matrix": OnMatrix.abilities,
    "memory": InMemory.abilities,
    "terminal": TerminalPipe.abilities,
    "web": WebApi.abilities,
}
CASES = [
    pytest.param(channel, dialogue, id=f"{channel}: {dialogue.name}")
    for channel, abilities in CHANNELS.items()
    for dialogue in dialogues()
    if dialogue.fits(abilities)
]
Opened = Callable[[], contextlib.AbstractAsyncContextManager[ChannelDriver]]


@pytest.fixture(scope="session")
def own_data(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Make a data directory of a channel's own, with the built knowledge base in it."""

    def make(name: str) -> Path:
        folder = tmp_path_factory.mktemp(f"dialogues-{name}")
        shutil.copytree(data_dir / "knowledge", folder / "knowledge")
        return folder

    return make


@pytest.fixture
def memory(assistant: Assistant, tmp_path: Path) -> Opened:
    return lambda: in_memory.opened(assistant, tmp_path)


@pytest.fixture
def discord(assistant: Assistant, tmp_path: Path) -> Opened:
    return lambda: on_discord.opened(assistant, tmp_path)


@pytest.fixture
def matrix(assistant: Assistant, synapse: Synapse, tmp_path: Path) -> Opened:
    return lambda: on_matrix.opened(synapse, assistant, tmp_path)


@pytest.fixture(scope="session")
def terminal(own_data: Callable[[str], Path]) -> Iterator[Opened]:
    pipe = TerminalPipe(own_data("terminal"))

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[ChannelDriver]:
        pipe.begin()
        yield pipe

    yield opened
    pipe.close()


@pytest.fixture(scope="session")
def web(own_data: Callable[[str], Path]) -> Iterator[Opened]:
    api = WebApi(own_data("web"))

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[ChannelDriver]:
        api.begin()
        yield api

    yield opened
    api.close()


@pytest.mark.sandbox
@pytest.mark.parametrize(("channel", "dialogue"), CASES)
def test_dialogue(channel: str, dialogue: Dialogue, request: pytest.FixtureRequest) -> None:
    opened: Opened = request.getfixturevalue(channel)

    async def whole() -> Any:
        async with opened() as driver:
            await play(dialogue, driver)

    asyncio.run(asyncio.wait_for(whole(), 120))


def test_names_are_given_once() -> None:
    names = [dialogue.name for dialogue in dialogues()]
    assert len(names) == len(set(names)) >= 30
