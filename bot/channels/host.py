"""The chat channels of `lobby serve`: each whose credentials are set, on an event loop in a thread of their own.

A channel that cannot be opened says so in one line, and everything else goes on: one that is refused waits for the
operator, one that cannot reach its platform tries again, less and less often.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator

from bot.assistant import Assistant
from bot.channels.base import CannotConnect, ChannelError
from bot.desk import Desk
from bot.memory import Memory
from bot.settings import Settings

log = logging.getLogger(__name__)

Run = Callable[[Desk, Settings], Awaitable[None]]

# Name → the module whose `run` keeps the channel open, and whether its credentials are set.
CHANNELS: dict[str, tuple[str, Callable[[Settings], bool]]] = {
    "discord": ("bot.channels.discord.service", lambda settings: bool(settings.discord_token.get_secret_value())),
    "matrix": ("bot.channels.matrix.service", lambda settings: bool(settings.matrix_token.get_secret_value())),
}
FIRST_RETRY_S = 5.0
LONGEST_RETRY_S = 600.0
# How long channels have to say goodbye.
CLOSE_S = 10.0


def configured(settings: Settings) -> list[str]:
    """Return the names of the channels whose credentials are set."""
    return [name for name, (_, is_set) in CHANNELS.items() if is_set(settings)]


@contextlib.contextmanager
def chats(assistant: Assistant, memory: Memory, settings: Settings) -> Iterator[None]:
    """Keep all configured channels open; without any this does nothing."""
    names = configured(settings)
    if not names:
        yield
        return
    desk = Desk(assistant, memory, settings)
    host = _Host(desk, settings, names)
    host.start()
    try:
        yield
    finally:
        host.stop()
        desk.close()


class _Host(threading.Thread):
    def __init__(self, desk: Desk, settings: Settings, names: list[str]) -> None:
        super().__init__(name="chats", daemon=True)
        self._desk = desk
        self._settings = settings
        self._names = names
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()

    def run(self) -> None:
        try:
            self._loop.run_until_complete(self._all())
        finally:
            self._loop.close()

    def stop(self) -> None:
        with contextlib.suppress(RuntimeError):  # it has ended by itself
            self._loop.call_soon_threadsafe(self._ending.set)
        self.join(CLOSE_S)

    async def _all(self) -> None:
        open_ones = [asyncio.create_task(self._keep_open(name)) for name in self._names]
        await self._ending.wait()
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)

    async def _keep_open(self, name: str) -> None:
        wait = FIRST_RETRY_S
        while True:
            began = self._loop.time()
            try:
                await _runner_of(name)(self._desk, self._settings)
                return
            except CannotConnect as error:
                log.error("%s stays closed: %s %s", name, error.what, error.remedy)
                return
            except ChannelError as error:
                log.warning("%s: %s Trying again in %.0f s.", name, error.what, wait)
            except Exception:
                log.exception("%s broke down; opening it again in %.0f s", name, wait)
            await asyncio.sleep(wait)
            # What had been open for long is tried soon again.
            wait = FIRST_RETRY_S if self._loop.time() - began > LONGEST_RETRY_S else min(2 * wait, LONGEST_RETRY_S)


def _runner_of(name: str) -> Run:
    """Return what keeps a channel open.

    Raises:
        CannotConnect: its library is not installed.
    """
    try:
        run: Run = importlib.import_module(CHANNELS[name][0]).run
    except ImportError as error:
        raise CannotConnect(
            f"{error.name} is not installed.", f"Run `pip install 'keras-lobby[{name}]'` and start again."
        ) from None
    return run
