"""The weights of the ranking: read from `tables/ranking.json`, which `kb.evaluate` explains how to learn."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TABLE = Path(__file__).parent / "tables" / "ranking.json"

# What is known of a page with respect to a question, each about 0 to 1; the order is that of the weights.
FEATURES: dict[str, str] = {
    "vector": "cosine of the page's closest passage to the question",
    "vector_summary": "cosine of the page's first passage to the question",
    "words_body": "BM25 of the page's best passage, as a share of what the question's words could give",
    "words_page": "BM25 of the page as a whole, likewise",
    "words_title": "BM25 of the page's name, aliases and title, likewise",
    "named": "how clearly the question names the symbol (1: by its full path)",
    "legacy": "the question uses an old name that became this symbol",
    "argument": "the question names arguments that only few symbols have, this one among them",
    "owner": "the question names the class of this method, or a method of this class",
    "hint_vector": "cosine of the closest hint that leads to this page, above what unrelated texts have",
    "hint_words": "BM25 of the best hint that leads to this page, as a share",
    "popularity": "how often the documentation itself mentions the symbol",
    "method": "the page is a method's or a property's",
    "library": "the page belongs to keras_hub or keras_tuner and the question names neither",
    "tensor": "the page is one of the tensor functions, backend helpers or internal tools",
    "written": "the page is written for people: FAQ, guide or example",
    "outside": "the page comes from a source that somebody added",
    "old": "the page speaks of Keras 1 or 2",
    "error_rule": "the pasted error is one that this symbol raises",
}


@dataclass(frozen=True, slots=True)
class Ranking:
    """A linear model over the features, and the calibration of its confidence."""

    weights: NDArray[np.float32]
    calibration: NDArray[np.float32]
    threshold: float

    @classmethod
    def from_dict(cls, data: dict[str, object]) -> Ranking:
        weights = data["weights"]
        calibration = data["calibration"]
        assert isinstance(weights, dict) and isinstance(calibration, dict)  # noqa: S101 - our own table
        return cls(
            np.array([weights.get(name, 0.0) for name in FEATURES], dtype=np.float32),
            np.array([calibration.get(name, 0.0) for name in CALIBRATION], dtype=np.float32),
            float(str(data["threshold"])),
        )


# What confidence is made from, each about 0 to 1, and a constant.
CALIBRATION: dict[str, str] = {
    "constant": "1",
    "score": "score of the first page",
    "margin": "score of the first page above the sixth's",
    "support": "share of the next four pages that speak of the first page's main symbol too",
    "vector": "cosine of the closest passage of all",
    "hint": "cosine of the closest hint of all",
    "named": "how clearly the question names the first page's symbol",
    "about_keras": "the question says Keras, or names something only Keras has",
    "foreign": "the question names other tools and nothing of Keras",
    "known_words": "share of the question's words that the documentation uses",
}


@cache
def load() -> Ranking:
    """Return the ranking of `tables/ranking.json`."""
    return Ranking.from_dict(json.loads(TABLE.read_text(encoding="utf-8")))
