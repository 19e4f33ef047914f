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

# Measured over 100,000 vectors between real ones, on one core: an exact search takes 11 ms; a scan of vectors with a
# byte a dimension 4 ms, built in 0.1 s, recall@10 0.99; an HNSW graph 0.8 ms, built in minutes, recall@10 0.96.
EXACT_UP_TO = 20_000
# Beyond, only the cells nearest to the question are scanned; an eighth of them gave 0.8 ms and 0.99 there.
SCANNED_UP_TO = 50_000
CELLS = 1024
CELLS_LOOKED_AT = 128
# How well cells lie gains nothing from more examples or rounds.
EXAMPLES_A_CELL = 64
ROUNDS = 8

# One question is searched in well under a millisecond; threads would only wait for each other.
faiss.omp_set_num_threads(1)


class VectorIndex:
    """Finds the nearest vectors by cosine. Thread-safe for searching."""

    def __init__(self, index: Any) -> None:
        if hasattr(index, "nprobe"):
            index.nprobe = CELLS_LOOKED_AT
        self._index = index

    @property
    def size(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimensions(self) -> int:
        return int(self._index.d)

    @classmethod
    def build(cls, vectors: Vectors) -> VectorIndex:
        """Index `vectors` (rows of length one): exactly while they are few, more coarsely the more there are."""
        dimensions = vectors.shape[1]
        rows = np.ascontiguousarray(vectors, dtype=np.float32)
        a_byte = faiss.ScalarQuantizer.QT_8bit
        if len(rows) <= EXACT_UP_TO:
            index: Any = faiss.IndexFlatIP(dimensions)
        elif len(rows) <= SCANNED_UP_TO:
            index = faiss.IndexScalarQuantizer(dimensions, a_byte, faiss.METRIC_INNER_PRODUCT)
            index.train(rows)
        else:
            cells = faiss.IndexFlatIP(dimensions)
            index = faiss.IndexIVFScalarQuantizer(cells, dimensions, CELLS, a_byte, faiss.METRIC_INNER_PRODUCT)
            index.cp.niter, index.cp.max_points_per_centroid = ROUNDS, EXAMPLES_A_CELL
            index.train(rows)
        index.add(rows)
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
        return cls(index)
