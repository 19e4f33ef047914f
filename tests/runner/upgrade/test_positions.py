"""Positional arguments of optimizers and callbacks keep their meaning, or it is said that nobody can tell it."""

from __future__ import annotations

import pytest

from runner.upgrade import upgrade

HEAD = "from keras.optimizers import Adadelta, Adagrad, Adam, Nadam, RMSprop, SGD\nfrom keras.callbacks import *\n"
OLD = "m.fit(x, y, epochs=1)\n"
CASES = [
    ("o = SGD(0.1, 0.9, 0.0, True)\n", "o = SGD(0.1, 0.9, nesterov=True)\n"),
    ("o = SGD(0.1, 0.9, my_decay)\n", "o = SGD(InverseTimeDecay(0.1, decay_steps=1, decay_rate=my_decay), 0.9)\n"),
    ("o = RMSprop(0.001, 0.9, 1e-8, 0.0)\n", "o = RMSprop(0.001, 0.9, epsilon=1e-8)\n"),
    ("o = RMSprop(0.001, 0.9, None)\n", "o = RMSprop(0.001, 0.9)\n"),
    ("o = Adagrad(0.01, 1e-8)\n", "o = Adagrad(0.01, epsilon=1e-8)\n"),
    ("o = Adam(1e-3, 0.9, 0.999, 1e-8, 0.0, True)\n", "o = Adam(1e-3, 0.9, 0.999, 1e-8, amsgrad=True)\n"),
    ("o = Nadam(0.002, 0.9, 0.999, 1e-8, 0.004)\n", "o = Nadam(0.002, 0.9, 0.999, 1e-8)\n"),
    ("c = EarlyStopping('val_loss', 5, 1)\n", "c = EarlyStopping('val_loss', patience=5, verbose=1)\n"),
    (
        "c = TensorBoard('logs', 1, 32, True, False, True)\n",
        "c = TensorBoard('logs', 1, write_graph=True, write_images=True)\n",
    ),
    (
        "c = ModelCheckpoint('f.keras', 'val_loss', 0, True, False, 'min', 1)\n",
        "c = ModelCheckpoint('f.keras', 'val_loss', 0, True, False, 'min')\n",
    ),
]
TODAY = (
    "o = SGD(0.1, 0.9, True, 0.004)\n",
    "o = RMSprop(0.001, 0.9, 0.5, 1e-7)\n",
    "o = Adagrad(0.01, 0.1, 1e-7)\n",
    "o = Adam(1e-3, 0.9, 0.999, 1e-7, False, 0.004)\n",
    "c = EarlyStopping('val_loss', 0.01, 5)\n",
    "c = EarlyStopping('val_loss', 0, 5)\n",
    "c = TensorBoard('logs', 1, True, False)\n",
    "c = ModelCheckpoint('f.keras', 'val_loss', 0, True, False, 'min', 'epoch')\n",
)
UNCLEAR = (
    "o = SGD(0.1, 0.9, third)\n",
    "o = Nadam(0.002, 0.9, 0.999, 1e-8, 0.004)\n",
    "o = Adagrad(0.01, second)\n",
    "c = EarlyStopping('val_loss', 5)\n",
    "c = ModelCheckpoint('f.keras', 'val_loss', 0, True, False, 'min', 2)\n",
)


@pytest.mark.parametrize(("before", "after"), CASES)
def test_positions_of_an_old_program(before: str, after: str) -> None:
    upgraded = upgrade(HEAD + before + OLD.replace("epochs", "nb_epoch"))
    assert upgraded.source.endswith(after + OLD)
    assert not {finding.rule for finding in upgraded.findings} & {"optimizer-positions", "callback-positions"}
    assert upgrade(upgraded.source).source == upgraded.source


@pytest.mark.parametrize("source", TODAY)
def test_positions_of_today_stay(source: str) -> None:
    upgraded = upgrade(HEAD + source)
    assert not upgraded.changed
    assert not upgraded.findings


@pytest.mark.parametrize("source", UNCLEAR)
def test_where_nobody_can_tell_it_is_said(source: str) -> None:
    upgraded = upgrade(HEAD + source)
    assert not upgraded.changed
    assert len(upgraded.findings) == 1
    assert upgraded.findings[0].rule in ("optimizer-positions", "callback-positions")
