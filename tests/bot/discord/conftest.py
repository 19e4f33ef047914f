"""The real bot, desk, rooms and sandbox before a Discord in memory."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import simcord

from bot.assistant import Assistant
from bot.channels.discord.bot import LobbyBot
from bot.desk import Desk
from bot.memory import Memory
from bot.settings import Settings
from kb.knowledge import KnowledgeBase
from runner.policy import RunnerConfig
from runner.runner import Runner

SETTLE_S = 60.0


@pytest.fixture(scope="session")
def assistant(knowledge: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    runner = Runner(tmp_path_factory.mktemp("discord-runs"), RunnerConfig())
    if not runner.capability().available:
        pytest.skip(f"THIS MACHINE CANNOT ISOLATE CODE: {runner.capability().problems}")
    knowledge.warm()
    yield Assistant(knowledge, runner)
    runner.close()


@dataclass
class World:
    """One Discord server with a help channel, a forum and some people; and Lobby, which can be started again."""

    env: simcord.Env
    opened: list[tuple[Desk, Memory]]
    make_bot: Callable[[], LobbyBot]
    guild: Any = None
    help: Any = None
    forum: Any = None
    people: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def bot(self) -> LobbyBot:
        bot = self.env.bot
        assert isinstance(bot, LobbyBot)
        return bot

    @property
    def desk(self) -> Desk:
        return self.bot.desk

    def said(self, channel: Any = None) -> list[Any]:
        """Return what Lobby says in a channel now."""
        return [m for m in (channel or self.help).history() if m.author.id == self.bot.user_id]

    async def restart(self) -> None:
        """End this process of Lobby and start another on the same data."""
        self.close_desk()
        await self.env.restart_bot(self.make_bot())

    def close_desk(self) -> None:
        desk, memory = self.opened.pop()
        desk.close()
        memory.close()


Worlds = Callable[..., contextlib.AbstractAsyncContextManager[World]]


@pytest.fixture
def worlds(assistant: Assistant, tmp_path: Path) -> Worlds:
    """Open a world; `values` are settings."""

    @contextlib.asynccontextmanager
    async def open_world(**values: Any) -> AsyncIterator[World]:
        options = {"settle_timeout": SETTLE_S, **values.pop("simcord", {})}
        given = {"discord_helper_roles": ("Helpers",), **values}
        settings = Settings(data_dir=tmp_path, **given)
        opened: list[tuple[Desk, Memory]] = []

        def make_bot() -> LobbyBot:
            memory = Memory(tmp_path / "chat")
            desk = Desk(assistant, memory, settings)
            opened.append((desk, memory))
            return LobbyBot(desk, settings)

        async with simcord.run(make_bot(), **options) as env:
            world = World(env, opened, make_bot)
            world.guild = env.create_guild("Keras")
            world.help = world.guild.create_text_channel("help")
            world.forum = world.guild.create_forum_channel("questions")
            helpers = world.guild.create_role("Helpers")
            managers = world.guild.create_role("Managers", permissions=simcord_permissions(manage_guild=True))
            for name, roles in (("ada", ()), ("bob", ()), ("hedy", (helpers,)), ("otto", (managers,))):
                world.people[name] = world.guild.add_member(env.create_user(name), roles=roles)
            await env.settle()
            try:
                yield world
            finally:
                while opened:
                    world.close_desk()

    return open_world


def simcord_permissions(**values: bool) -> Any:
    import discord

    return discord.Permissions(**values)
