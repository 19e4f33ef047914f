"""Vectors in FAISS: build, search, save.

The index is derived: it can always be rebuilt from the passages, and it is only used with the very passages and model
that it was made from (the manifest of a build records the hashes of both).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from kb.embedding import Vectors
from kb.errors import Damaged
from kb.store import REBUILD, no_space

# Up to here an exact search takes a few milliseconds on one core; beyond, a graph is built.
EXACT_UP_TO = 50_000
NEIGHBOURS = 32
EF_CONSTRUCTION = 200
EF_SEARCH = 128

# One question is searched in well under a millisecond; threads would only wait for each other.
faiss.omp_set_num_threads(1)


class VectorIndex:
    """Finds the nearest vectors by cosine. Thread-safe for searching."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @property
    def size(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimensions(self) -> int:
        return int(self._index.d)

    @classmethod
    def build(cls, vectors: Vectors) -> VectorIndex:
        """Index `vectors` (rows of length one): exactly while they are few, as an HNSW graph when they are many."""
        dimensions = vectors.shape[1]
        if len(vectors) <= EXACT_UP_TO:
            index: Any = faiss.IndexFlatIP(dimensions)
        else:
            index = faiss.IndexHNSWFlat(dimensions, NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
            index.hnsw.efConstruction = EF_CONSTRUCTION
            index.hnsw.efSearch = EF_SEARCH
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    def search(self, vector: Vectors, limit: int) -> tuple[NDArray[np.int64], Vectors]:
        """Return the numbers and cosines of the `limit` vectors nearest to one vector, best first."""
        cosines, numbers = self._index.search(np.ascontiguousarray(vector.reshape(1, -1)), min(limit, self.size))
        found = numbers[0] >= 0
        return numbers[0][found], cosines[0][found]

    def save(self, path: Path) -> None:
        """Write the index to `path`.

        Raises:
            NoSpace: the disk is full or the folder cannot be written.
        """
        try:
            path.write_bytes(faiss.serialize_index(self._index).tobytes())
        except OSError as error:
            raise no_space(path, error) from None

    @classmethod
    def load(cls, path: Path) -> VectorIndex:
        """Read the index at `path`.

        Raises:
            Damaged: the file is missing, cut or no index.
        """
        try:
            index = faiss.deserialize_index(np.frombuffer(path.read_bytes(), dtype=np.uint8))
        except (OSError, RuntimeError, ValueError) as error:
            why = str(error).splitlines()[0][:200]
            raise Damaged(f"The vector index {path.name} cannot be read: {why}.", REBUILD) from None
        if hasattr(index, "hnsw"):
            index.hnsw.efSearch = EF_SEARCH
        return cls(index)
