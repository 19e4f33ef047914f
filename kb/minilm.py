"""MiniLM in plain numpy: the packaged model for one or a few short texts.

Loading a deep-learning framework takes seconds and half a gigabyte; a question is a dozen tokens, for which six small
layers of matrix products are all that is needed. Batches of many texts go through PyTorch (`kb.minilm_many`), which
gives the same vectors (a test compares the two).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.embedding import Vectors

HEADS = 12
LAYERS = 6
LONGEST_TOKENS = 256
EPSILON = 1e-12
ROWS = 16
# The constants of 7.1.26.
ERF_P = 0.3275911
ERF_A = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
SQRT_HALF = 0.5**0.5

Floats = NDArray[np.float32]


class MiniLM:
    """The packaged sentence model: BERT with six layers, the mean of its tokens, length one. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        """Load tokenizer and weights from `folder` (0.2 s)."""
        from safetensors.numpy import load_file
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
        from tokenizers import Tokenizer

        # Products this small gain nothing from a second thread, and wait for it on a busy machine: ten times slower.
        threadpool_limits(1, user_api="blas")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST_TOKENS)
        weights: dict[str, Any] = load_file(str(folder / "model.safetensors"))
        weights = {name.removeprefix("bert."): np.asarray(value) for name, value in weights.items()}
        self._words = weights["embeddings.word_embeddings.weight"]
        self._places = (
            weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"]
        self._layers = [self._layer(weights, number) for number in range(LAYERS)]

    @staticmethod
    def _layer(weights: dict[str, Floats], number: int) -> dict[str, Floats]:
        prefix = f"encoder.layer.{number}."

        def get(name: str) -> Floats:
            return weights[prefix + name]

        parts = [f"attention.self.{name}" for name in ("query", "key", "value")]
        return {
            # One product for the three projections is quicker than three.
            "qkv": np.ascontiguousarray(np.concatenate([get(f"{part}.weight") for part in parts]).T),
            "qkv_bias": np.concatenate([get(f"{part}.bias") for part in parts]),
            "out": np.ascontiguousarray(get("attention.output.dense.weight").T),
            "out_bias": get("attention.output.dense.bias"),
            "norm1": get("attention.output.LayerNorm.weight"),
            "norm1_bias": get("attention.output.LayerNorm.bias"),
            "up": np.ascontiguousarray(get("intermediate.dense.weight").T),
            "up_bias": get("intermediate.dense.bias"),
            "down": np.ascontiguousarray(get("output.dense.weight").T),
            "down_bias": get("output.dense.bias"),
            "norm2": get("output.LayerNorm.weight"),
            "norm2_bias": get("output.LayerNorm.bias"),
        }

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of `texts`, a row each, of length one."""
        tokens = [self._tokenizer.encode(text).ids for text in texts]
        counts = np.array([len(row) for row in tokens])
        ends = np.cumsum(counts)
        spans = [slice(end - count, end) for end, count in zip(ends, counts, strict=True)]
        # All tokens of all texts stand in one matrix, without padding: only attention looks at each text by itself.
        x = np.concatenate([self._words[row] + self._places[: len(row)] for row in tokens])
        x = _normalized(x, *self._norm)
        for layer in self._layers:
            x = self._step(x, layer, spans)
        means = np.add.reduceat(x, ends - counts, axis=0) / counts[:, None].astype(np.float32)
        lengths = np.maximum(np.linalg.norm(means, axis=1, keepdims=True), EPSILON)
        return np.asarray(means / lengths, dtype=np.float32)

    @staticmethod
    def _step(x: Floats, layer: dict[str, Floats], spans: Sequence[slice]) -> Floats:
        size = x.shape[1]
        qkv = x @ layer["qkv"]
        qkv += layer["qkv_bias"]
        context = np.empty_like(x)
        for span in spans:
            query, key, value = qkv[span].reshape(-1, 3, HEADS, size // HEADS).transpose(1, 2, 0, 3)
            scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(size // HEADS))
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=-1, keepdims=True)
            context[span] = (scores @ value).transpose(1, 0, 2).reshape(-1, size)
        x = _normalized(x + context @ layer["out"] + layer["out_bias"], layer["norm1"], layer["norm1_bias"])
        inner = x @ layer["up"]
        inner += layer["up_bias"]
        # A few rows at a time stay in the processor's cache.
        for start in range(0, len(inner), ROWS):
            _gelu(inner[start : start + ROWS])
        return _normalized(x + inner @ layer["down"] + layer["down_bias"], layer["norm2"], layer["norm2_bias"])


def _gelu(x: Floats) -> None:
    """Turn x into x·Φ(x), with Φ of the normal distribution: max(x, 0) − |x|·Φ(−|x|).

    The tail is a polynomial times exp(−x²/2), right to 1.5e-7, about what float32 holds (Abramowitz and Stegun,
    Handbook of Mathematical Functions, 7.1.26). scipy's erf took a third of all the time of a vector.
    """
    size = np.abs(x)
    t = size * np.float32(ERF_P * SQRT_HALF)
    t += 1
    np.reciprocal(t, out=t)
    tail = t * np.float32(ERF_A[-1])
    for factor in reversed(ERF_A[:-1]):
        tail += np.float32(factor)
        tail *= t
    np.multiply(size, size, out=t)
    t *= np.float32(-0.5)
    tail *= np.exp(t, out=t)
    tail *= size
    tail *= np.float32(0.5)
    np.maximum(x, 0, out=x)
    x -= tail


def _normalized(x: NDArray[np.floating[Any]], weight: Floats, bias: Floats) -> Floats:
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    return np.asarray(centred / np.sqrt(variance + np.float32(EPSILON)) * weight + bias, dtype=np.float32)
