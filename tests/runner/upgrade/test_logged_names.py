"""Histories, monitors and lists of metrics' names say what is logged today, wherever the name is written."""

from __future__ import annotations

import pytest

from runner.upgrade import upgrade

HEAD = "import keras\nm = keras.Sequential()\n"
MAE = HEAD + "m.compile('sgd', 'mse', metrics=['mae'])\n"
ACCURACY = HEAD + "m.compile('sgd', 'mse', metrics=['accuracy'])\nh = m.fit(x, y)\n"
CASES = [
    (MAE, "print(h.history['mean_absolute_error'])\n", "print(h.history['mae'])\n"),
    (MAE, "c = EarlyStopping(monitor='val_mean_absolute_error')\n", "c = EarlyStopping(monitor='val_mae')\n"),
    (MAE, "c = ModelCheckpoint(f, 'val_mean_absolute_error')\n", "c = ModelCheckpoint(f, 'val_mae')\n"),
    (MAE, "path = 'w-{val_mean_absolute_error:.2f}.keras'\n", "path = 'w-{val_mae:.2f}.keras'\n"),
    (
        HEAD + "names = ['mse', 'mape']\nm.compile('sgd', 'mse', metrics=names)\n",
        "a = h.history['mean_squared_error'], h.history['val_mean_absolute_percentage_error']\n",
        "a = h.history['mse'], h.history['val_mape']\n",
    ),
    (ACCURACY, "metric = 'acc'\nprint(h.history[metric])\n", "metric = 'accuracy'\nprint(h.history[metric])\n"),
    (
        ACCURACY,
        "metric = 'acc'\nprint(h.history['val_' + metric], h.history['val_%s' % metric])\n",
        "metric = 'accuracy'\nprint(h.history['val_' + metric], h.history['val_%s' % metric])\n",
    ),
    (
        ACCURACY,
        "def plot(h, metric):\n    print(h.history[metric])\n\n\nplot(h, 'acc')\nplot(h, metric='loss')\n",
        "def plot(h, metric):\n    print(h.history[metric])\n\n\nplot(h, 'accuracy')\nplot(h, metric='loss')\n",
    ),
    (
        ACCURACY,
        "for key in ('loss', 'acc'):\n    print(h.history[key])\n",
        "for key in ('loss', 'accuracy'):\n    print(h.history[key])\n",
    ),
    (
        ACCURACY,
        "s = dict(zip(m.metrics_names, m.evaluate(x, y)))\nprint(s['acc'])\n",
        "s = dict(zip(list(m.get_metrics_result()), m.evaluate(x, y)))\nprint(s['accuracy'])\n",
    ),
    (
        ACCURACY,
        "i = m.metrics_names.index('acc')\n",
        "i = list(m.get_metrics_result()).index('accuracy')\n",
    ),
    (
        ACCURACY,
        "import pandas as pd\nhist = pd.DataFrame(h.history)\nprint(hist['acc'], dict(h.history)['acc'])\n",
        "import pandas as pd\nhist = pd.DataFrame(h.history)\nprint(hist['accuracy'], dict(h.history)['accuracy'])\n",
    ),
    (
        ACCURACY,
        "history = {'acc': []}\nhistory['acc'].append(h.history['acc'][0])\n",
        "history = {'acc': []}\nhistory['acc'].append(h.history['accuracy'][0])\n",
    ),
]  # fmt: skip
STAYS = (
    MAE + "print(results['mean_absolute_error'])\nname = 'mean_absolute_error'\n",
    HEAD + "m.compile('sgd', 'mse', metrics=['mean_absolute_error'])\nprint(h.history['mean_absolute_error'])\n",
    HEAD + "m.compile('sgd', 'mse', metrics=['mae', keras.metrics.mean_absolute_error])\n"
    "print(h.history['mean_absolute_error'])\n",
    MAE + "print(h.history['own_mean_absolute_error'])\n",
    HEAD + "m.compile('sgd', 'mse', metrics=['acc'])\nmetric = 'acc'\nprint(h.history[metric])\n",
    HEAD + "metric = 'acc'\nprint(table[metric])\n",
)


@pytest.mark.parametrize(("head", "before", "after"), CASES)
def test_names_of_what_is_logged(head: str, before: str, after: str) -> None:
    upgraded = upgrade(head + before)
    assert upgraded.source == head + after
    assert upgrade(upgraded.source).source == upgraded.source


@pytest.mark.parametrize("source", STAYS)
def test_other_names_stay(source: str) -> None:
    assert upgrade(source).source == source
