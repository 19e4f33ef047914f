"""What the tests of the outside sources share: a real table of symbols, and real documents where they are at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kb.symbols import SymbolTable

CLASSES = [
    "layers.Dense",
    "layers.LSTM",
    "layers.GRU",
    "layers.RNN",
    "layers.Masking",
    "layers.Embedding",
    "layers.Dropout",
    "layers.Conv2D",
    "layers.Flatten",
    "layers.TextVectorization",
    "callbacks.EarlyStopping",
    "callbacks.ModelCheckpoint",
    "callbacks.Callback",
    "optimizers.Adam",
    "losses.SparseCategoricalCrossentropy",
    "Model",
    "Sequential",
    "Layer",
]
METHODS = ["Model.fit", "Model.compile", "Model.save", "Model.train_step", "Layer.add_weight", "Sequential.add"]
CORPUS = Path(__file__).parents[4] / "shared" / "corpus"


@pytest.fixture(scope="session")
def resolve() -> Callable[[str], str | None]:
    """The resolver as the knowledge base makes it: its own symbol table over a few names."""
    names = [f"keras.{name}" for name in CLASSES] + ["keras.saving.load_model", "keras.Input"]
    rows = [(number, name, (), "class") for number, name in enumerate(names)]
    rows += [(len(rows) + number, f"keras.{name}", (), "method") for number, name in enumerate(METHODS)]
    table = SymbolTable(rows)

    def find(name: str) -> str | None:
        number = table.find(name)
        return None if number is None else table.symbols[number]

    return find


@pytest.fixture(scope="session")
def corpus() -> Path:
    if not CORPUS.is_dir():
        pytest.skip(f"third-party corpus: {CORPUS} is not there")
    return CORPUS
