"""Threads for what blocks, few enough that a crowd waits in line instead of trampling."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

# Answering is work for the processor: more at once than cores only slows everyone down.
ASKING_THREADS = 2
# Looking something up is mostly waiting for the database.
LOOKING_THREADS = 8
# Past this a person is told at once to come back: at 20 ms a question the last one waits some ten seconds.
ASKING_WAITING = 1_000
BUSY_S = 15.0


class Crowded(Exception):
    """More people are asking than can be answered in a reasonable time; `retry_after_s` says when to come back."""

    retry_after_s = BUSY_S


class Workers:
    """The threads of one desk."""

    def __init__(self) -> None:
        self._waiting = 0  # belongs to the event loop
        self._asking = ThreadPoolExecutor(ASKING_THREADS, thread_name_prefix="desk-ask")
        self._looking = ThreadPoolExecutor(LOOKING_THREADS, thread_name_prefix="desk-look")

    async def ask(self, work: Callable[..., T], *args: Any) -> T:
        """Do heavy work in one of few threads.

        Raises:
            Crowded: too many are waiting already.
        """
        if self._waiting >= ASKING_WAITING:
            raise Crowded
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._asking, partial(work, *args))
        finally:
            self._waiting -= 1

    async def look(self, work: Callable[..., T], *args: Any) -> T:
        """Do light, blocking work in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._looking, partial(work, *args))

    def close(self) -> None:
        """Let what runs end, and start nothing more."""
        self._asking.shutdown(cancel_futures=True)
        self._looking.shutdown(cancel_futures=True)
