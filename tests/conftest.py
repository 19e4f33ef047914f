"""What all tests share: one real knowledge base and assistant a session, and the rule that a skip is loud."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from matrix_server import Synapse

from bot.assistant import Assistant
from bot.settings import CHECKOUT
from kb.build import CACHE
from kb.knowledge import KnowledgeBase
from runner.policy import RunnerConfig
from runner.runner import Runner

# A machine need not have these; anything else that is missing fails the run where CI is set.
MAY_BE_MISSING = ("GPU:", "cgroup v2:", "third-party corpus:")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Slow shared fixtures first would make failures late: the quick tests of pure functions go first.
    items.sort(key=lambda item: "browser" in item.keywords)


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a built knowledge base; LOBBY_TEST_DATA_DIR keeps one between sessions."""
    kept = os.environ.get("LOBBY_TEST_DATA_DIR")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("lobby-data")
    knowledge = KnowledgeBase(folder / "knowledge", content=CHECKOUT / "data")
    knowledge.build()
    knowledge.close()
    return folder


@pytest.fixture(scope="session")
def knowledge(data_dir: Path) -> Iterator[KnowledgeBase]:
    """The real knowledge base, opened once."""
    opened = KnowledgeBase(data_dir / "knowledge", content=CHECKOUT / "data")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def assistant(knowledge: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """One assistant, real rooms and sandbox and all, for the channels that live in this process."""
    runner = Runner(tmp_path_factory.mktemp("runs"), RunnerConfig())
    if not runner.capability().available:
        pytest.skip(f"THIS MACHINE CANNOT ISOLATE CODE: {runner.capability().problems}")
    knowledge.warm()
    yield Assistant(knowledge, runner)
    runner.close()


@pytest.fixture(scope="session")
def small_knowledge(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small knowledge base, to be copied."""
    folder = tmp_path_factory.mktemp("small")
    shutil.copy(data_dir / "knowledge" / CACHE, folder)  # what was embedded once need not be again
    KnowledgeBase(folder, packages=("keras_tuner",)).build()
    return folder


@pytest.fixture
def learner(assistant: Assistant, small_knowledge: Path, tmp_path: Path) -> Iterator[Assistant]:
    """An assistant with a small knowledge base of its own, which may be changed."""
    shutil.copytree(small_knowledge, tmp_path / "knowledge")
    knowledge = KnowledgeBase(tmp_path / "knowledge", packages=("keras_tuner",))
    yield Assistant(knowledge, assistant.runner)
    knowledge.close()


@pytest.fixture(scope="session")
def synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    """A real Matrix homeserver; each test brings its own people and rooms."""
    server = Synapse(tmp_path_factory.mktemp("synapse"))
    server.start()
    yield server
    server.stop()


class _LoudSkips:
    """Fail a CI run for a skip that its machine need not have."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and isinstance(report.longrepr, tuple):
            reason = report.longrepr[2].removeprefix("Skipped: ")
            if not reason.startswith(MAY_BE_MISSING):
                self.reasons.append(f"{report.nodeid}: {reason}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.reasons and os.environ.get("CI"):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.reasons:
            terminalreporter.section("skipped for want of something", sep="!", red=True)
            for reason in self.reasons:
                terminalreporter.line(reason)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_LoudSkips(), "loud-skips")
