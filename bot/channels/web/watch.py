"""Following a run from the event loop, without a thread for each who watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.channels.web.problems import Problem
from runner.job import Event, Result

if TYPE_CHECKING:
    from bot.channels.web.site import Site

# A lost wake-up is made good after this long.
LOOK_AGAIN_S = 5.0


class Watchers:
    """Wakes everyone who watches a run. The runner is subscribed to once a run, however many watch it.

    Belongs to one event loop; only `_wake` may be called from other threads.
    """

    def __init__(self) -> None:
        self._flags: dict[str, set[asyncio.Event]] = {}
        self._ends: dict[str, Callable[[], None]] = {}

    def __len__(self) -> int:
        """Return how many are watching."""
        return sum(map(len, self._flags.values()))

    @asynccontextmanager
    async def watching(self, site: Site, run_id: str, after: int) -> AsyncIterator[asyncio.Event]:
        """Give a flag that is set whenever something happened in the run.

        Raises:
            UnknownRun: there is no such run.
        """
        flag = asyncio.Event()
        flags = self._flags.setdefault(run_id, set())
        flags.add(flag)
        try:
            if len(flags) == 1:
                await self._subscribe(site, run_id, after)
            yield flag
        finally:
            self._leave(run_id, flag)

    async def _subscribe(self, site: Site, run_id: str, after: int) -> None:
        loop = asyncio.get_running_loop()

        def happened(_: Event) -> None:
            # Called in a thread of the runner, perhaps after our loop has ended.
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._wake, run_id)

        end = await site.streaming(site.assistant.runner.subscribe, run_id, happened, after)
        if run_id in self._flags:
            self._ends[run_id] = end
        else:
            end()

    def _wake(self, run_id: str) -> None:
        for flag in self._flags.get(run_id, ()):
            flag.set()

    def _leave(self, run_id: str, flag: asyncio.Event) -> None:
        flags = self._flags.get(run_id, set())
        flags.discard(flag)
        if not flags:
            self._flags.pop(run_id, None)
            end = self._ends.pop(run_id, None)
            if end is not None:
                end()


async def follow(site: Site, run_id: str, after: int = 0) -> AsyncIterator[Event]:
    """Yield the run's events past number `after`, to the last, as they happen.

    The runner keeps the events; nothing is queued for a watcher who reads slowly.

    Raises:
        UnknownRun: there is no such run.
    """

    def past() -> list[Event]:
        return list(site.assistant.runner.events(run_id, after, 0.0))

    async with site.watchers.watching(site, run_id, after) as flag:
        while True:
            flag.clear()
            for event in await site.streaming(past):
                yield event
                after = event.number
                if event.kind == "done":
                    return
            try:
                await asyncio.wait_for(flag.wait(), LOOK_AGAIN_S)
            except TimeoutError:
                continue


async def wait_for_result(site: Site, run_id: str) -> Result:
    """Wait for the end of a run and return its result.

    Raises:
        Problem: the runner forgot the run meanwhile (404).
        UnknownRun: there is no such run.
    """
    async for _ in follow(site, run_id):
        pass
    result = await site.looking(site.assistant.result, run_id)
    if result is None:
        raise Problem(404, "unknown-run", "The run's result is gone.", "Run the snippet again.")
    return result
