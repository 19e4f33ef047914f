"""The real bot, desk, rooms and sandbox on a real homeserver; one homeserver a session, new people and rooms a test."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from matrix_server import Synapse
from matrix_world import World, world

from bot.assistant import Assistant

Worlds = Callable[..., contextlib.AbstractAsyncContextManager[World]]


@pytest.fixture
def worlds(synapse: Synapse, assistant: Assistant, tmp_path: Path) -> Worlds:
    """Open a world; `values` are settings."""

    def opened(**values: Any) -> contextlib.AbstractAsyncContextManager[World]:
        return world(values.pop("server", synapse), assistant, tmp_path, **values)

    return opened
