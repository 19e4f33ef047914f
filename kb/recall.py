"""Vectors of questions, computed together where several wait, and not twice.

A question is a dozen tokens: most of what its vector costs is reading the model's weights, which eight questions at
once read once. On a busy machine that was 5 ms of processor time a question instead of 11.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from kb.embedding import FEW, Embedder, Vectors

# Follow-ups and repeated questions come within minutes; each vector takes 1.5 kB.
REMEMBERED = 2_048
# Who waits longer for somebody else's computation does it alone.
PATIENCE_S = 5.0


class Recall:
    """The vectors of the last questions. Thread-safe."""

    def __init__(self, embedder: Embedder, most: int = REMEMBERED) -> None:
        """Take the model, and how many vectors to remember; with 0 each is computed alone, when it is asked for."""
        self._embedder = embedder
        self._most = most
        self._known: OrderedDict[str, Vectors] = OrderedDict()
        self._coming: dict[str, threading.Event] = {}  # what somebody computes right now
        self._lock = threading.Lock()

    def vector(self, text: str) -> Vectors:
        """Return the vector of a text."""
        with self._lock:
            known, coming = self._known.get(text), self._coming.get(text)
        if known is None and coming is not None:
            coming.wait(PATIENCE_S)
            with self._lock:
                known = self._known.get(text)
        return known if known is not None else self._compute([text])[0]

    def prepare(self, texts: Sequence[str]) -> None:
        """Compute the vectors that will be asked for next, all at once."""
        if not self._most:
            return
        done = threading.Event()
        with self._lock:
            new = [text for text in dict.fromkeys(texts) if text not in self._known and text not in self._coming][:FEW]
            self._coming.update(dict.fromkeys(new, done))
        try:
            if new:
                self._compute(new)
        finally:
            done.set()
            with self._lock:
                for text in new:
                    del self._coming[text]

    def _compute(self, texts: Sequence[str]) -> Vectors:
        vectors = self._embedder.embed_batch(texts)
        with self._lock:
            if self._most:
                # Copies, or one vector would keep its whole batch.
                self._known.update(zip(texts, map(np.copy, vectors), strict=True))
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return vectors
