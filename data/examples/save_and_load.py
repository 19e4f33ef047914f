"""Save a trained model, load it, and go on: whole model, weights alone, architecture alone.

A `.keras` file holds architecture, weights and the state of the optimizer, so that training continues where
it ended. Weights alone (`.weights.h5`) need a model of the same form to go into.
"""
# symbols: keras.Model.save, keras.saving.load_model, keras.Model.save_weights

import tempfile
from pathlib import Path

import keras
import numpy as np

keras.utils.set_random_seed(5)
rng = np.random.default_rng(5)
x = rng.uniform(-1, 1, (800, 3)).astype("float32")
y = (x[:, :1] - 2 * x[:, 1:2] * x[:, 2:]).astype("float32")
folder = Path(tempfile.mkdtemp())

model = keras.Sequential([keras.Input(shape=(3,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
model.fit(x, y, epochs=5, verbose=0)
first = model.evaluate(x, y, verbose=0)
answers = model.predict(x, verbose=0)

model.save(folder / "model.keras")
loaded = keras.saving.load_model(folder / "model.keras")
print("whole model, same answers:", np.allclose(answers, loaded.predict(x, verbose=0), atol=1e-6))
print(f"steps that its optimizer remembers: {int(loaded.optimizer.iterations)}")
loaded.fit(x, y, epochs=10, verbose=0)
second = loaded.evaluate(x, y, verbose=0)
print(f"loss {first:.4f} when saved, {second:.4f} after training on")

model.save_weights(folder / "only.weights.h5")
twin = keras.models.clone_model(model)
before = np.allclose(answers, twin.predict(x, verbose=0), atol=1e-6)
twin.load_weights(folder / "only.weights.h5")
after = np.allclose(answers, twin.predict(x, verbose=0), atol=1e-6)
print(f"weights alone, same answers: {before} before loading, {after} afterwards")

rebuilt = keras.models.model_from_json(model.to_json())
print("architecture alone:", [layer.__class__.__name__ for layer in rebuilt.layers], "with new weights")
assert second < first and after and not before
