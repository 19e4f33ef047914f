"""One finished build, loaded and ready to be searched."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kb import build as building
from kb import ranking
from kb.errors import Damaged
from kb.search import Indexes, Searcher
from kb.state import Manifest
from kb.store import REBUILD, Store
from kb.vectors import VectorIndex
from kb.words import WordIndex


class Opened:
    """The store and the searcher of one build."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Load the build that `manifest` names below `folder`.

        Raises:
            Damaged: a file of it is missing, cut or changed.
        """
        manifest.check_files(folder)
        where = folder / manifest.folder
        self.manifest = manifest
        self.store = Store(where / building.STORE)
        try:
            embedded = np.load(where / building.EMBEDDED, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise Damaged(f"The knowledge base file {building.EMBEDDED} cannot be read: {error}.", REBUILD) from None
        body, page, title, hints = (WordIndex.load(where / name) for name in building.WORDS)
        indexes = Indexes(
            passages=VectorIndex.load(where / building.PASSAGES),
            embedded=embedded,
            hints=VectorIndex.load(where / building.HINTS),
            words_body=body,
            words_page=page,
            words_title=title,
            words_hints=hints,
        )
        self.searcher = Searcher(self.store, indexes, ranking.load())
