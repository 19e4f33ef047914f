"""Export for serving: a SavedModel that TensorFlow Serving can load, without Keras and without your code.

`export` writes the forward pass alone. The artifact takes any batch size and is called through its
signature.
"""
# backends: tensorflow
# symbols: keras.Model.export, keras.export.ExportArchive

import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(6)
rng = np.random.default_rng(6)
x = rng.uniform(-1, 1, (800, 4)).astype("float32")
y = (x.sum(axis=1, keepdims=True) > 0).astype("float32")
model = keras.Sequential(
    [keras.Input(shape=(4,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=8, verbose=0)

folder = Path(tempfile.mkdtemp()) / "served" / "1"  # TensorFlow Serving wants a folder a version
model.export(folder, verbose=False)

served = tf.saved_model.load(str(folder))
for batch in (1, 5):
    answer = served.serve(x[:batch]).numpy()
    print("batch of", batch, "-> answer of shape", answer.shape)
difference = float(np.abs(answer - model.predict(x[:5], verbose=0)).max())
print("signatures:", sorted(served.signatures))
accuracy = np.mean((served.serve(x).numpy() > 0.5) == y)
print(f"accuracy of the exported model: {accuracy:.2f}; largest difference to Keras: {difference:.6f}")
assert accuracy > 0.95 and difference < 1e-5
