"""A layer of your own: weights in build, mathematics in call, settings in get_config.

The layer measures the distance to learned centres (a radial basis function). Registered under a name, it is
saved and loaded with the model, and the loaded model answers exactly like the first.
"""
# symbols: keras.Layer, keras.Layer.add_weight, keras.saving.register_keras_serializable

import tempfile
from pathlib import Path

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="examples")
class Centres(keras.Layer):
    """Closeness of each sample to `units` learned points: 1 at the point, 0 far from it."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.points = self.add_weight(shape=(self.units, input_shape[-1]), initializer="random_uniform", name="points")
        self.width = self.add_weight(shape=(self.units,), initializer="ones", name="width")

    def call(self, inputs):
        gap = ops.expand_dims(inputs, 1) - self.points  # (batch, 1, features) - (units, features)
        return ops.exp(-self.width * ops.sum(ops.square(gap), axis=-1))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


keras.utils.set_random_seed(3)
rng = np.random.default_rng(3)
x = rng.uniform(-2, 2, (1500, 2)).astype("float32")
y = (np.linalg.norm(x - [0.7, 0.3], axis=1) < 1).astype("float32")  # inside a circle

model = keras.Sequential([keras.Input(shape=(2,)), Centres(6), keras.layers.Dense(1, activation="sigmoid")])
model.compile(optimizer=keras.optimizers.Adam(0.05), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x[:1200], y[:1200], epochs=15, batch_size=50, verbose=0)
accuracy = model.evaluate(x[1200:], y[1200:], verbose=0, return_dict=True)["accuracy"]

path = Path(tempfile.mkdtemp()) / "circle.keras"
model.save(path)
loaded = keras.saving.load_model(path)
same = np.allclose(model.predict(x[:9], verbose=0), loaded.predict(x[:9], verbose=0), atol=1e-6)
print(f"accuracy on 300 new points: {accuracy:.2f}; weights: {[tuple(w.shape) for w in loaded.layers[0].weights]}")
print("the loaded model answers alike:", same)
assert accuracy > 0.93 and same
