"""The real bot, desk, rooms and sandbox on a real homeserver; one homeserver a session, new people and rooms a test."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from matrix_server import Synapse
from matrix_world import World, world

from bot.assistant import Assistant
from kb.knowledge import KnowledgeBase
from runner.policy import RunnerConfig
from runner.runner import Runner

Worlds = Callable[..., contextlib.AbstractAsyncContextManager[World]]


@pytest.fixture(scope="session")
def assistant(knowledge: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    runner = Runner(tmp_path_factory.mktemp("matrix-runs"), RunnerConfig())
    if not runner.capability().available:
        pytest.skip(f"THIS MACHINE CANNOT ISOLATE CODE: {runner.capability().problems}")
    knowledge.warm()
    yield Assistant(knowledge, runner)
    runner.close()


@pytest.fixture
def worlds(synapse: Synapse, assistant: Assistant, tmp_path: Path) -> Worlds:
    """Open a world; `values` are settings."""

    def opened(**values: Any) -> contextlib.AbstractAsyncContextManager[World]:
        return world(values.pop("server", synapse), assistant, tmp_path, **values)

    return opened
