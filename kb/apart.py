"""Building in a process of its own: a service goes on answering at full speed meanwhile, and a kill harms nothing."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from kb.embedding import PACKAGED_NAME, SentenceTransformerEmbedder
from kb.errors import Damaged, KnowledgeError

# Below what answers people.
NICENESS = 10
# Forking would copy threads in the middle of their work.
_PROCESSES = multiprocessing.get_context("spawn")


class Apart:
    """One build that goes on elsewhere. It ends with this process at the latest."""

    def __init__(self, folder: Path, packages: Sequence[str], content: Path | None, model: str) -> None:
        """Begin; the arguments are those of `KnowledgeBase`, with the embedder's name."""
        self._end, theirs = _PROCESSES.Pipe(duplex=False)
        arguments = (theirs, folder, tuple(packages), content, "" if model == PACKAGED_NAME else model)
        self._process = _PROCESSES.Process(target=_build, args=arguments, name="lobby-build", daemon=True)
        self._process.start()
        theirs.close()

    def wait(self) -> None:
        """Wait until it is built.

        Raises:
            KnowledgeError: why it could not be built, or that it was stopped.
        """
        try:
            told: tuple[str, str] | None = self._end.recv()
        except (EOFError, OSError):
            told = ("The build of the knowledge base was stopped.", "Begin it again: lobby kb build")
        self._process.join()
        self._end.close()
        if told is not None:
            raise Damaged(*told)

    def stop(self) -> None:
        """Let it be; what is in use stays as it is."""
        self._process.terminate()


def _build(end: Connection, folder: Path, packages: Sequence[str], content: Path | None, model: str) -> None:
    from kb.knowledge import KnowledgeBase

    os.nice(NICENESS)
    knowledge = KnowledgeBase(folder, packages=packages, content=content, embedder=SentenceTransformerEmbedder(model))
    try:
        knowledge.build()
        knowledge.drop_old_builds()
    except KnowledgeError as error:
        end.send((error.what, error.remedy))
    else:
        end.send(None)
