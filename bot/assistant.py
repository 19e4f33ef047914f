"""The one assistant behind every channel: a question in, an answer out; a snippet in, a result out.

It uses both other rooms and never sees a chat library. What connects the rooms is here: an error that a snippet
raised becomes a question to the knowledge base.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.settings import Settings
from kb.embedding import SentenceTransformerEmbedder
from kb.errors import KnowledgeError
from kb.knowledge import KnowledgeBase
from kb.pages import Answer, Source
from runner.compare import Row, compare
from runner.errors import RunnerError
from runner.job import Event, Job, Result, RunError
from runner.policy import RunnerConfig
from runner.runner import Runner
from runner.upgrade import Upgrade, upgrade
from runner.upgrade.repair import Proof, upgraded_and_run

log = logging.getLogger(__name__)

SUGGESTIONS_REMEMBERED = 1024


def open_knowledge(settings: Settings) -> KnowledgeBase:
    """Open the knowledge base that `settings` name; nothing is loaded yet."""
    embedder = SentenceTransformerEmbedder(settings.embedding_model) if settings.embedding_model else None
    return KnowledgeBase(
        settings.data_dir / "knowledge",
        packages=settings.knowledge_packages,
        content=settings.content_dir,
        embedder=embedder,
    )


def open_runner(settings: Settings, *, warm: bool = True) -> Runner:
    """Open the runner that `settings` name; nothing is started yet.

    Without `warm` nothing is kept warm, whatever the settings say: right for a process that runs one snippet.
    """
    config = RunnerConfig(
        slots=settings.run_slots,
        queue=settings.run_queue,
        launch="warm" if warm and settings.run_warm else "cold",
        parked_memory_bytes=settings.run_parked_mib * 2**20,
        kept_runs=settings.runs_kept,
        gpus=None if settings.run_gpu else (),
        gpu_seconds_per_hour=settings.run_gpu_seconds_per_hour,
        datasets=datasets_folder(settings),
    )
    return Runner(settings.data_dir / "runs", config)


def datasets_folder(settings: Settings) -> Path:
    """Return the folder of the files that `keras.datasets` finds inside a run."""
    return settings.data_dir / "datasets"


class Assistant:
    """Answers questions and runs snippets. Thread-safe; calls block."""

    def __init__(self, knowledge: KnowledgeBase, runner: Runner) -> None:
        self.knowledge = knowledge
        self.runner = runner
        self._added: OrderedDict[str, tuple[tuple[dict[str, Any], ...], dict[str, Any] | None]] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, question: str) -> Answer:
        """Answer a question.

        Raises:
            KnowledgeError: the question is unusable (`BadQuestion`), or the knowledge base is.
        """
        return self.knowledge.ask(question)

    def run(self, job: Job, on_event: Callable[[Event], None] | None = None) -> Result:
        """Run a snippet to its end; what it raised comes back with suggestions."""
        return self._suggest(self.runner.run(job, on_event))

    def compare(self, job: Job) -> list[Row]:
        """Run a snippet on every backend, one after the other."""
        return [replace(row, result=self._suggest(row.result)) for row in compare(self.runner, job)]

    def upgrade(self, source: str) -> Upgrade:
        """Rewrite Keras 1 or 2 code for Keras 3; nothing is run."""
        return upgrade(source)

    def prove(self, job: Job) -> Proof:
        """Upgrade a snippet, run it before and after, and mend what the run afterwards complains about."""
        return upgraded_and_run(job.source, lambda source: self.runner.run(replace(job, source=source)))

    def submit(self, job: Job) -> str:
        """Accept a snippet and return the run's id at once.

        Raises:
            QueueFull: too many runs are waiting.
        """
        return self.runner.submit(job)

    def result(self, run_id: str) -> Result | None:
        """Return how a run ended, or None while it has not.

        Raises:
            UnknownRun: there is no such run.
        """
        result = self.runner.result(run_id)
        return None if result is None else self._suggest(result)

    def close(self) -> None:
        """End what is running and free what is held."""
        self.runner.close()
        self.knowledge.close()

    def _suggest(self, result: Result) -> Result:
        """Add to a failed run what explains its error, and what an upgrade would change; both are looked up once."""
        if result.error is None or result.status not in ("error", "rejected"):
            return result
        with self._lock:
            known = self._added.get(result.id)
        if known is None:
            # Of what never started, only a program that Python could not read may be an old one.
            suggestions = self._explain(result.error) if result.status == "error" else ()
            readable = result.status == "error" or result.error.line is not None
            known = (suggestions, self._upgrade_of(result.id) if readable else None)
            with self._lock:
                self._added[result.id] = known
                while len(self._added) > SUGGESTIONS_REMEMBERED:
                    self._added.popitem(last=False)
        return replace(result, suggestions=known[0], upgrade=known[1])

    def _upgrade_of(self, run_id: str) -> dict[str, Any] | None:
        """Return what an upgrade of a run's program would change, None when it would change nothing."""
        try:
            upgraded = upgrade(self.runner.job(run_id).source)
        except RunnerError as problem:
            log.info("no upgrade for run %s: %s", run_id, problem.what)
            return None
        if not upgraded.changed:
            return None
        told = upgraded.to_dict()
        return {
            "changed": True,
            "count": len(upgraded.changes),
            "changes": told["changes"],
            "findings": told["findings"],
        }

    def explained(self, error: RunError) -> tuple[Source, ...]:
        """Return the pages that explain an error, best first.

        Raises:
            KnowledgeError: the knowledge base cannot be used.
        """
        return self.knowledge.explain_error(
            error.type,
            error.message,
            line=error.source_line or "",
            raised_in=error.raised_in,
            called=error.called,
        )

    def _explain(self, error: RunError) -> tuple[dict[str, Any], ...]:
        """Ask the knowledge base about an error; a run's result never fails because there is none."""
        try:
            sources = self.explained(error)
        except KnowledgeError as problem:
            log.info("no suggestions for %s: %s", error.type, problem.what)
            return ()
        return tuple(source.to_dict() for source in sources)
