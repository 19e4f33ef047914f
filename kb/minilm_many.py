"""The packaged MiniLM for many texts: what a build computes, in PyTorch, a batch a core.

One thread a batch and several batches at once use the cores better than several threads on one batch, which wait for
each other in every product: 384 passages cost 5 s of processor time so, and 15 s in full precision with two threads.
Where the processor computes with bfloat16 the layers do; the tokens are averaged in full precision, and the cosine with
the full-precision vector was at least 0.9999 over 300 passages.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from kb.embedding import Vectors
from kb.minilm import LONGEST_TOKENS

BATCH = 32
# A build shares its machine with a service.
MOST_WORKERS = 8


class ManyMiniLM:
    """The packaged sentence model over batches of texts. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        """Load tokenizer and weights from `folder` (2 s, most of it for importing the framework)."""
        import torch
        from tokenizers import Tokenizer
        from transformers import BertModel
        from transformers.utils import logging

        logging.disable_progress_bar()  # the build shows its own
        self._torch = torch
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST_TOKENS)
        kind = torch.bfloat16 if _computes_bfloat16(torch) else torch.float32
        self._model = BertModel.from_pretrained(folder, local_files_only=True, use_safetensors=True, dtype=kind).eval()
        workers = min(MOST_WORKERS, len(os.sched_getaffinity(0)))
        self._workers = ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of `texts`, a row each, of length one."""
        tokens = [found.ids for found in self._tokenizer.encode_batch(list(texts))]
        # A batch takes as long as its longest text: those of one length go together.
        order = sorted(range(len(tokens)), key=lambda number: -len(tokens[number]))
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        found = np.empty((len(tokens), self._model.config.hidden_size), dtype=np.float32)
        rows = self._workers.map(lambda batch: self._batch([tokens[number] for number in batch]), batches)
        for batch, vectors in zip(batches, rows, strict=True):
            found[batch] = vectors
        return found

    def _batch(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        torch = self._torch
        longest = max(map(len, tokens))
        identities = torch.tensor([[*row, *[0] * (longest - len(row))] for row in tokens])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in tokens])
        with torch.inference_mode():
            last = self._model(input_ids=identities, attention_mask=mask).last_hidden_state.float()
            weight = mask.unsqueeze(-1).float()
            mean = (last * weight).sum(dim=1) / weight.sum(dim=1)
            vectors: Vectors = torch.nn.functional.normalize(mean, dim=1).numpy()
        return vectors


def _computes_bfloat16(torch: Any) -> bool:
    try:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    except (AttributeError, RuntimeError):  # built without that library
        return False
