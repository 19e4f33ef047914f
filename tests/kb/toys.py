"""A toy model with exact scores, and a small knowledge base that builds in a moment."""

from __future__ import annotations

import sys
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kb.embedding import Vectors
from kb.knowledge import KnowledgeBase
from kb.normalize import words

PACKAGES = ("keras_tuner",)


class ToyEmbedder:
    """Counts words into 256 buckets: texts that share no word have cosine 0, equal texts 1."""

    def __init__(self, name: str = "toy", pause_s: float = 0.0) -> None:
        self._name = name
        self.pause_s = pause_s
        self.texts = 0

    @property
    def name(self) -> str:
        return self._name

    def embed_batch(self, texts: Sequence[str]) -> Vectors:
        time.sleep(self.pause_s)
        self.texts += len(texts)
        found = np.zeros((len(texts), 256), dtype=np.float32)
        for row, text in zip(found, texts, strict=True):
            for word in words(text):
                row[zlib.crc32(word.encode()) % 256] += 1
            row /= max(float(np.linalg.norm(row)), 1e-9)
        return found


def small(folder: Path, content: Path | None = None, **embedder: object) -> KnowledgeBase:
    return KnowledgeBase(folder, packages=PACKAGES, content=content, embedder=ToyEmbedder(**embedder))  # type: ignore[arg-type]


if __name__ == "__main__":
    # Build slowly and say each stage, for tests that kill the builder or get in its way.
    small(Path(sys.argv[1]), pause_s=float(sys.argv[2])).build(lambda stage, *_: print(stage, flush=True))
