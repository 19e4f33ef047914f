"""The real bot, desk, rooms and sandbox before a Discord in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from discord_world import World, world

from bot.assistant import Assistant

Worlds = Callable[..., contextlib.AbstractAsyncContextManager[World]]


@pytest.fixture
def worlds(assistant: Assistant, tmp_path: Path) -> Worlds:
    """Open a world; `values` are settings."""

    def opened(**values: Any) -> contextlib.AbstractAsyncContextManager[World]:
        return world(assistant, tmp_path, **values)

    return opened
