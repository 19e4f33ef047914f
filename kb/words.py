"""Words → passages: BM25 with everything computed when the index is built.

Each word keeps the passages it is in with its finished weight, so that a search only adds up a few arrays: 0.1 ms over
the default corpus. Fields are told apart by what is indexed: one index over titles and questions, one over bodies.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.errors import Damaged
from kb.store import REBUILD, no_space

# The usual constants: how soon repeating a word stops to matter, and how much long texts are held back.
K1 = 1.2
B = 0.75

Weights = NDArray[np.float32]
Places = NDArray[np.signedinteger[Any]]


class WordIndex:
    """A BM25 index over texts that are given as lists of words. Thread-safe for searching."""

    def __init__(self, size: int, vocabulary: Sequence[str], starts: Places, rows: Places, weights: Weights) -> None:
        self.size = size
        self._vocabulary = {word: number for number, word in enumerate(vocabulary)}
        self._starts = starts
        self._rows = rows
        self._weights = weights

    @classmethod
    def build(cls, texts: Sequence[Sequence[str]]) -> WordIndex:
        """Index `texts`, each a list of words."""
        size = len(texts)
        lengths = np.array([len(text) for text in texts], dtype=np.float64)
        mean = float(lengths.mean()) if size else 0.0
        norms = K1 * (1 - B + B * lengths / mean) if mean else np.full(size, K1)
        postings: dict[str, list[tuple[int, int]]] = {}
        for row, text in enumerate(texts):
            for word, count in Counter(text).items():
                postings.setdefault(word, []).append((row, count))
        vocabulary = sorted(postings)
        starts = np.zeros(len(vocabulary) + 1, dtype=np.int64)
        rows: list[NDArray[np.int32]] = []
        weights: list[Weights] = []
        for number, word in enumerate(vocabulary):
            pairs = np.array(postings[word], dtype=np.int64)
            rarity = math.log(1 + (size - len(pairs) + 0.5) / (len(pairs) + 0.5))
            counts = pairs[:, 1].astype(np.float64)
            rows.append(pairs[:, 0].astype(np.int32))
            weights.append((rarity * counts * (K1 + 1) / (counts + norms[pairs[:, 0]])).astype(np.float32))
            starts[number + 1] = starts[number] + len(pairs)
        empty = np.empty(0)
        return cls(
            size,
            vocabulary,
            starts,
            np.concatenate(rows) if rows else empty.astype(np.int32),
            np.concatenate(weights) if weights else empty.astype(np.float32),
        )

    def scores(self, query: Mapping[str, float]) -> Weights:
        """Return the score of every text for words with their weights."""
        total = np.zeros(self.size, dtype=np.float32)
        for word, weight in query.items():
            number = self._vocabulary.get(word)
            if number is not None:
                part = slice(self._starts[number], self._starts[number + 1])
                total[self._rows[part]] += weight * self._weights[part]
        return total

    def rarity(self, word: str) -> float:
        """Return how telling `word` is: its BM25 inverse document frequency; the highest for an unknown word."""
        number = self._vocabulary.get(word)
        count = 0 if number is None else int(self._starts[number + 1] - self._starts[number])
        return math.log(1 + (self.size - count + 0.5) / (count + 0.5))

    def __contains__(self, word: str) -> bool:
        return word in self._vocabulary

    def save(self, path: Path) -> None:
        """Write the index to `path`.

        Raises:
            NoSpace: the disk is full or the folder cannot be written.
        """
        try:
            with path.open("wb") as file:
                np.savez(
                    file,
                    size=np.array(self.size),
                    vocabulary=np.frombuffer("\n".join(self._vocabulary).encode(), dtype=np.uint8),
                    starts=self._starts,
                    rows=self._rows,
                    weights=self._weights,
                )
        except OSError as error:
            raise no_space(path, error) from None

    @classmethod
    def load(cls, path: Path) -> WordIndex:
        """Read the index at `path`.

        Raises:
            Damaged: the file is missing, cut or no index.
        """
        try:
            with np.load(path, allow_pickle=False) as data:
                vocabulary = bytes(data["vocabulary"]).decode().split("\n")
                return cls(int(data["size"]), vocabulary, data["starts"], data["rows"], data["weights"])
        except Exception as error:  # whatever a broken archive makes numpy raise
            raise Damaged(f"The word index {path.name} cannot be read: {error}.", REBUILD) from None
