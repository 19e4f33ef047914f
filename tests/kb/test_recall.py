"""Vectors of questions: the same together as alone, each computed once, and not too many kept."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from kb.embedding import SentenceTransformerEmbedder, Vectors
from kb.recall import Recall

TEXTS = [
    "how do I save a model?",
    "what is masking?",
    "x",
    "Wie speichere ich ein Modell? " * 30,
    "",
    "保存模型",
    "LSTM",
]


class Counting:
    """The packaged model, with what it was asked for."""

    name = "counting"

    def __init__(self) -> None:
        self._model = SentenceTransformerEmbedder()
        self.asked: list[list[str]] = []

    def embed_batch(self, texts: Sequence[str]) -> Vectors:
        self.asked.append(list(texts))
        return self._model.embed_batch(texts)


@pytest.fixture(scope="module")
def alone() -> dict[str, Vectors]:
    model = SentenceTransformerEmbedder()
    return {text: model.embed_batch([text])[0] for text in TEXTS}


def test_together_gives_the_vectors_of_each_alone(alone: dict[str, Vectors]) -> None:
    together = SentenceTransformerEmbedder().embed_batch(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(vector, alone[text], atol=1e-5)


def test_prepared_questions_are_not_computed_again(alone: dict[str, Vectors]) -> None:
    model = Counting()
    recall = Recall(model)
    recall.prepare([*TEXTS, TEXTS[0]])
    recall.prepare(TEXTS[:2])
    for text in TEXTS:
        np.testing.assert_allclose(recall.vector(text), alone[text], atol=1e-5)
    assert model.asked == [TEXTS]


def test_who_asks_for_what_is_being_computed_waits_for_it() -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow(Counting):
        def embed_batch(self, texts: Sequence[str]) -> Vectors:
            begun.set()
            assert go_on.wait(10)
            return super().embed_batch(texts)

    model = Slow()
    recall = Recall(model)
    preparing = threading.Thread(target=recall.prepare, args=(TEXTS,))
    preparing.start()
    assert begun.wait(10)
    found: list[Vectors] = []
    asking = threading.Thread(target=lambda: found.append(recall.vector(TEXTS[1])))
    asking.start()
    go_on.set()
    preparing.join()
    asking.join()
    assert len(found) == 1
    assert model.asked == [TEXTS]


def test_failure_of_a_preparation_leaves_nobody_waiting() -> None:
    class Broken(Counting):
        def embed_batch(self, texts: Sequence[str]) -> Vectors:
            if not self.asked:
                self.asked.append(list(texts))
                raise MemoryError
            return super().embed_batch(texts)

    model = Broken()
    recall = Recall(model)
    with pytest.raises(MemoryError):
        recall.prepare(TEXTS)
    assert recall.vector(TEXTS[0]).shape == (384,)


def test_only_so_many_are_kept() -> None:
    model = Counting()
    recall = Recall(model, most=2)
    for text in TEXTS[:3]:
        recall.vector(text)
    recall.vector(TEXTS[2])
    assert len(model.asked) == 3
    recall.vector(TEXTS[0])
    assert len(model.asked) == 4
