"""Following a run from the event loop, without a thread for each who watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.channels.web.problems import Problem
from bot.channels.web.site import Site
from runner.job import Event, Result

# A lost wake-up is made good after this long.
LOOK_AGAIN_S = 5.0


@asynccontextmanager
async def _wakeups(site: Site, run_id: str, after: int) -> AsyncIterator[asyncio.Event]:
    """Give a flag that is set whenever something happened in the run since event number `after`."""
    loop = asyncio.get_running_loop()
    flag = asyncio.Event()

    def wake(_: Event) -> None:
        # Called in the runner's threads, perhaps after our loop has ended.
        if not loop.is_closed():
            loop.call_soon_threadsafe(flag.set)

    unsubscribe = await site.looking(site.assistant.runner.subscribe, run_id, wake, after)
    try:
        yield flag
    finally:
        unsubscribe()


async def follow(site: Site, run_id: str, after: int = 0) -> AsyncIterator[Event]:
    """Yield the run's events past number `after`, to the last, as they happen.

    The runner keeps the events; nothing is queued for a watcher who reads slowly.

    Raises:
        UnknownRun: there is no such run.
    """
    runner = site.assistant.runner
    async with _wakeups(site, run_id, after) as flag:
        while True:
            flag.clear()
            for event in await site.looking(runner.events, run_id, after, 0.0):
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
    async for event in follow(site, run_id):
        if event.kind == "done":
            break
    result = await site.looking(site.assistant.result, run_id)
    if result is None:
        raise Problem(404, "unknown-run", "The run's result is gone.", "Run the snippet again.")
    return result
