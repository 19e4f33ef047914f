"""Only what may be Keras' is rewritten: objects of other packages, of the program's own classes and containers stay."""

# ruff: noqa: E501  a program is easier to read on one line

from __future__ import annotations

import pytest

from runner.upgrade import upgrade

KERAS = "import keras\n"


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nfrom sklearn.svm import SVC\nclf = SVC().fit(x, y)\np = clf.predict_proba(x)\n",
        "import numpy as np\nfrom xgboost import XGBClassifier\nprint(XGBClassifier().fit(x, y).predict_proba(x))\n",
        "import numpy as np\np = clf.predict_proba(x)\n",
        "import numpy as np\nimport torch\nmodel.fit(x, y, nb_epoch=2)\nhistory['acc'].append(1)\n",
        KERAS + "from sklearn.svm import SVC\nclf = SVC().fit(x, y)\np = clf.predict_proba(x)\n",
        KERAS + "from sklearn import svm\nclf = svm.SVC()\nmodel = clf.fit(x, y)\nmodel.predict_proba(x)\n",
        KERAS + "from sklearn.svm import SVC\nfor name, clf in [('a', SVC()), ('b', SVC())]:\n    clf.predict_proba(x)\n",
        KERAS + "from sklearn.svm import SVC\nkinds = {'a': SVC()}\nkinds['a'].predict_proba(x)\n",
        KERAS + "from sklearn.svm import SVC\n\n\ndef ask(c):\n    return c.predict_proba(x)\n\n\nask(SVC())\n",
        KERAS + "from sklearn.svm import SVC\n\n\ndef ask(c: SVC):\n    return c.predict_proba(x)\n",
        KERAS + "\n\nclass Own:\n    def predict_proba(self, x):\n        return x\n\n\nOwn().predict_proba(1)\n",
        KERAS + "\n\nclass Own:\n    def predict_proba(self, x):\n        return self.predict_proba(x)\n",
        KERAS + "\n\nclass Own:\n    def __init__(self):\n        self.net = Other()\n\n    def run(self):\n"
        "        self.net.predict_classes(x)\n\n\nclass Other:\n    pass\n",
        KERAS + "import logging\nlog = logging.getLogger()\nlog.save_weights('a.h5')\n",
        KERAS + "from mylib import Model\nm = Model()\nm.fit_generator(3)\nm.fit(x, nb_epoch=2)\nm.save_weights('a.h5')\n",
        KERAS + "logs = {'acc': 1}\nprint(logs['acc'], logs.get('val_acc'))\n",
        KERAS + "model = keras.Sequential()\nmodel.save('model.h5')\nmodel = keras.models.load_model('model.h5')\n",
        KERAS + "model = keras.Sequential()\nif hasattr(model, 'reset_states'):\n    model.reset_states()\n",
        KERAS + "model = keras.Sequential()\ntry:\n    model.reset_states()\nexcept AttributeError:\n    pass\n",
    ],
)  # fmt: skip
def test_what_is_not_keras_stays(source: str) -> None:
    upgraded = upgrade(source)
    assert upgraded.source == source
    assert not upgraded.changes


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("p = model.predict_proba(x)\n", "p = model.predict(x)\n"),
        (
            "from sklearn.svm import SVC\nmodel = SVC()\nmodel.predict_proba(x)\nmodel = keras.Sequential()\n"
            "model.predict_proba(x)\n",
            "from sklearn.svm import SVC\nmodel = SVC()\nmodel.predict_proba(x)\nmodel = keras.Sequential()\n"
            "model.predict(x)\n",
        ),
        (
            "\n\ndef make():\n    return keras.Sequential()\n\n\nmake().fit(x, nb_epoch=2)\n",
            "\n\ndef make():\n    return keras.Sequential()\n\n\nmake().fit(x, epochs=2)\n",
        ),
        (
            "\n\nclass Builder:\n    def build(self):\n        return keras.Sequential()\n\n\nmodel = Builder().build()\n"
            "model.fit(x, nb_epoch=2)\n",
            "\n\nclass Builder:\n    def build(self):\n        return keras.Sequential()\n\n\nmodel = Builder().build()\n"
            "model.fit(x, epochs=2)\n",
        ),
        (
            "from networks import LeNet\nmodel = LeNet.build(28, 28)\nmodel.compile(loss='mse', optimizer='sgd')\n"
            "model.fit(x, nb_epoch=2)\n",
            "from networks import LeNet\nmodel = LeNet.build(28, 28)\nmodel.compile(loss='mse', optimizer='sgd')\n"
            "model.fit(x, epochs=2)\n",
        ),
        (
            "\n\nclass Net(keras.Model):\n    def run(self):\n        self.fit(x, nb_epoch=2)\n",
            "\n\nclass Net(keras.Model):\n    def run(self):\n        self.fit(x, epochs=2)\n",
        ),
        (
            "\n\nclass Own:\n    def __init__(self):\n        self.net = keras.Sequential()\n\n    def fit(self, x):\n"
            "        self.net.fit(x, nb_epoch=2)\n",
            "\n\nclass Own:\n    def __init__(self):\n        self.net = keras.Sequential()\n\n    def fit(self, x):\n"
            "        self.net.fit(x, epochs=2)\n",
        ),
        (
            "\n\nclass Log(keras.callbacks.Callback):\n    def on_epoch_end(self, epoch, logs=None):\n"
            "        logs = logs or {}\n        print(logs.get('acc'))\n",
            "\n\nclass Log(keras.callbacks.Callback):\n    def on_epoch_end(self, epoch, logs=None):\n"
            "        logs = logs or {}\n        print(logs.get('accuracy'))\n",
        ),
        (
            "model = keras.Sequential()\nmodel.fit(x, nb_epoch=2)\nmodel.save('model.h5')\n"
            "model = keras.models.load_model('model.h5')\n",
            "model = keras.Sequential()\nmodel.fit(x, epochs=2)\nmodel.save('model.keras')\n"
            "model = keras.models.load_model('model.keras')\n",
        ),
    ],
)  # fmt: skip
def test_what_may_be_keras_is_rewritten(before: str, after: str) -> None:
    assert upgrade(KERAS + before).source == KERAS + after
    assert upgrade(KERAS + after).source == KERAS + after


def test_a_piece_of_a_program_is_known_by_its_words() -> None:
    source = "import numpy as np\nmodel = Sequential()\nmodel.fit(x, y, nb_epoch=2)\n"
    assert upgrade(source).source == source.replace("nb_epoch", "epochs")


def test_of_a_package_that_nobody_knows_it_is_said_what_was_left() -> None:
    source = KERAS + "from mylib import Model\nm = Model()\nm.fit_generator(3)\nm.fit(x, nb_epoch=2)\nm.fit(x)\n"
    assert [(finding.line, finding.rule) for finding in upgrade(source).findings] == [
        (4, "unknown-models"),
        (5, "unknown-models"),
    ]
