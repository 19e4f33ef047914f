"""A Discord server in memory, with people, a help channel and a forum; and the real Lobby in it."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import discord
import simcord
from simcord import ChannelHandle
from simcord import _runtime as simcord_scopes
from simcord.backend.models.channel import Overwrite
from simcord.enums import OverwriteType

from bot.assistant import Assistant
from bot.channels.discord.bot import LobbyBot
from bot.channels.discord.reading import Reader
from bot.desk import Desk
from bot.memory import Memory
from bot.settings import Settings

SETTLE_S = 60.0


@dataclass
class World:
    """One Discord server and Lobby, which can be started again."""

    env: simcord.Env
    opened: list[tuple[Desk, Memory]]
    make_bot: Callable[[], LobbyBot]
    work: set[asyncio.Task[None]]  # what Lobby is at
    folder: Path
    guild: Any = None
    help: Any = None
    forum: Any = None
    people: dict[str, Any] = field(default_factory=dict)
    named: list[str] = field(default_factory=list)  # servers that the settings name

    def __getattr__(self, name: str) -> Any:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def bot(self) -> LobbyBot:
        """The bot that runs now."""
        bot = self.env.bot
        assert isinstance(bot, LobbyBot)
        return bot

    @property
    def me(self) -> str:
        """How people mention Lobby."""
        return f"<@{self.bot.user_id}>"

    @property
    def desk(self) -> Desk:
        """The desk that runs now."""
        return self.bot.desk

    def said(self, channel: Any = None) -> list[Any]:
        """Return what Lobby says in a channel now."""
        return [m for m in (channel or self.help).history() if m.author.id == self.bot.user_id]

    def tag_forum(self, name: str) -> None:
        """Give the forum a tag, as an operator does in its settings."""
        backend = self.env.backend
        tag = {"id": str(backend.snowflake()), "name": name, "moderated": False, "emoji_id": None, "emoji_name": None}
        backend.edit_channel(self.forum.id, {"available_tags": [tag]})

    async def post(self, who: Any, title: str, text: str, *, settle: bool = True) -> Any:
        """Let somebody open a post in the forum, and return its thread. simcord has no helper for it."""
        backend = self.env.backend
        thread = backend.create_thread(self.forum.id, title, who.id, broadcast=False)
        starter = backend.prepare_message(thread.id, who.id, text)
        starter.id = thread.id  # Discord gives both the same
        backend.announce_thread_create(thread)
        backend.commit_message(starter)
        backend.get_channel(self.forum.id).last_message_id = thread.id
        if settle:
            await self.env.settle()
        return ChannelHandle(self.env, self.guild, thread)

    async def thread(self, who: Any, title: str) -> Any:
        """Let somebody open a thread in the help channel."""
        backend = self.env.backend
        thread = backend.create_thread(self.help.id, title, who.id, broadcast=False)
        backend.announce_thread_create(thread)
        await self.env.settle()
        return ChannelHandle(self.env, self.guild, thread)

    async def again(self, who: Any, thread: Any, text: str) -> None:
        """Let somebody write in a closed thread: Discord opens it before the message comes. simcord does not."""
        self.env.backend.edit_channel(thread.id, {}, thread_metadata={"archived": False})
        await self.env.settle()
        await who.send(thread, text)

    async def restart(self) -> None:
        """End this process of Lobby and start another on the same data."""
        await self.env.settle()
        self.close_desk()
        await self.env.restart_bot(self.make_bot())

    async def die(self) -> None:
        """Let the process of Lobby end without a word: what it was at is not finished by it."""
        for task in list(self.work):
            task.cancel()
        await asyncio.gather(*self.work, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """Let Lobby be away for a while, then start again."""
        await self.env.settle()
        self.close_desk()
        await self.env._detach_bot()
        yield
        await self.env.restart_bot(self.make_bot())

    @contextlib.contextmanager
    def desk_memory(self) -> Iterator[Memory]:
        """Open the memory while Lobby is away."""
        memory = Memory(self.folder / "chat")
        yield memory
        memory.close()

    def forbid(self, *permissions: str) -> None:
        """Take permissions from Lobby everywhere."""
        backend = self.env.backend
        taken = discord.Permissions(**dict.fromkeys(permissions, True)).value
        for channel in (self.help, self.forum):
            overwrite = Overwrite(target_id=self.bot.user_id, type=OverwriteType.MEMBER, allow=0, deny=taken)
            backend.edit_channel(channel.id, {}, overwrites=[overwrite])

    def close_desk(self) -> None:
        """Close what a process holds."""
        desk, memory = self.opened.pop()
        desk.close()
        memory.close()


@contextlib.asynccontextmanager
async def world(assistant: Assistant, folder: Path, **values: Any) -> AsyncIterator[World]:
    """Open a world on a data directory; `values` are settings, `simcord` options of the environment.

    The settings name its server among those whose managers are operators, unless `named` is False.
    """
    named: list[str] = []
    is_named = values.pop("named", True)
    options = {"settle_timeout": SETTLE_S, **values.pop("simcord", {})}
    settings = Settings(data_dir=folder, **{"discord_helper_roles": ("Helpers",), **values})
    opened: list[tuple[Desk, Memory]] = []
    work: set[asyncio.Task[None]] = set()

    def make_bot() -> LobbyBot:
        memory = Memory(folder / "chat")
        now = settings.model_copy(update={"discord_servers": tuple(named)})
        desk = Desk(assistant, memory, now)
        opened.append((desk, memory))
        bot = LobbyBot(desk, now)
        # What a run does and how long it takes is real, so its timers must be: simcord's own stand still until all work
        # that it knows of rests. It waits for the desk all the same.
        bot.serve = _in_real_time(bot.serve, work)
        bot.resume = _in_real_time(bot.resume, work, awaited=False)
        return bot

    async with simcord.run(make_bot(), **options) as env:
        made = World(env, opened, make_bot, work, folder, named=named)
        made.guild = env.create_guild("Keras")
        if is_named:
            named.append(str(made.guild.id))
            made.bot.settings = made.bot.settings.model_copy(update={"discord_servers": tuple(named)})
            made.bot.reader = Reader(made.bot.settings)
        made.help = made.guild.create_text_channel("help")
        made.forum = made.guild.create_forum_channel("questions")
        helpers = made.guild.create_role("Helpers")
        managers = made.guild.create_role("Managers", permissions=discord.Permissions(manage_guild=True))
        for name, roles in (("ada", ()), ("bob", ()), ("hedy", (helpers,)), ("otto", (managers,))):
            made.people[name] = made.guild.add_member(env.create_user(name), roles=roles)
        await env.settle()
        try:
            yield made
        finally:
            while opened:
                made.close_desk()


def _in_real_time(
    work: Callable[..., Coroutine[Any, Any, None]], going_on: set[asyncio.Task[None]], *, awaited: bool = True
) -> Callable[..., Coroutine[Any, Any, None]]:
    async def wrapped(*args: Any) -> None:
        context = contextvars.copy_context()
        context.run(simcord_scopes._BOT_SCOPE.set, None)
        # The calendar stays simcord's: ids of messages are made of it.
        context.run(simcord_scopes._CLOCK_SCOPE.set, _environment())
        task = context.run(asyncio.get_running_loop().create_task, work(*args))
        going_on.add(task)
        task.add_done_callback(going_on.discard)
        if awaited:
            await task

    return wrapped


def _environment() -> simcord.Env:
    return simcord_scopes._LIVE_LOOPS[asyncio.get_running_loop()]


def card(message: Any) -> Any:
    """Return the one card of a message."""
    (embed,) = message.embeds
    return embed


def told(message: Any) -> str:
    """Return all that a message says."""
    parts = [message.content]
    for embed in message.embeds:
        parts += [embed.description or "", *(f"{field.name}\n{field.value}" for field in embed.fields)]
    return "\n".join(part for part in parts if part)


def labels(message: Any) -> list[str]:
    """Return what is written on a message's buttons."""
    return [button.label for row in message.components for button in row.children]


def fence(code: str) -> str:
    """Return code as people send it."""
    return f"```python\n{code}\n```"


async def until(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait until something is true, and return it."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not (found := condition()):
        assert loop.time() < end, "it did not happen"
        await asyncio.sleep(0.02)
    return found
