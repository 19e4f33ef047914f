"""Small programs to start from, each worth running as it stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Starter:
    """A program with a name for its address and a title for people."""

    name: str
    title: str
    source: str


STARTERS = (
    Starter(
        "train",
        "Train a small model",
        """\
import keras
import numpy as np

x = np.random.normal(size=(256, 8))
y = (x.sum(axis=1) > 0).astype("float32")

model = keras.Sequential([
    keras.layers.Dense(16, activation="relu"),
    keras.layers.Dense(1, activation="sigmoid"),
])
model.compile(
    optimizer="adam",
    loss="binary_crossentropy",
    metrics=["accuracy"],
)
model.fit(x, y, epochs=5, validation_split=0.25, verbose=2)
""",
    ),
    Starter(
        "layer",
        "Write a layer of your own",
        """\
import keras
from keras import ops


class Scale(keras.layers.Layer):
    def build(self, input_shape):
        self.factor = self.add_weight(
            shape=(input_shape[-1],), initializer="ones", name="factor"
        )

    def call(self, inputs):
        return inputs * self.factor


layer = Scale()
print(layer(ops.ones((2, 3))))
print([weight.path for weight in layer.weights])
""",
    ),
    Starter(
        "shapes",
        "Run into a shape error",
        """\
import keras
import numpy as np

model = keras.Sequential([
    keras.layers.LSTM(8),
    keras.layers.Dense(1),
])

# An LSTM wants (batch, steps, features).
x = np.zeros((32, 10))
model.predict(x)
""",
    ),
    Starter(
        "plot",
        "Draw a picture",
        """\
import keras
import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(-5, 5, 200)
for name in ("relu", "gelu", "silu", "softplus"):
    activation = keras.activations.get(name)
    y = keras.ops.convert_to_numpy(activation(x))
    plt.plot(x, y, label=name)

plt.title("Activations")
plt.legend()
plt.grid(alpha=0.3)
""",
    ),
)


def starter(name: str) -> Starter | None:
    """Return the starter of that name."""
    return next((candidate for candidate in STARTERS if candidate.name == name), None)
