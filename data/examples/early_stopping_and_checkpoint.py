"""Stop when the validation loss stops improving, keep the best weights, and store them on the way.

Too many weights for sixty noisy points: the model starts to learn the noise by heart. EarlyStopping ends
the training there and puts the best weights back; ModelCheckpoint has written the same ones to disk.
"""
# symbols: keras.callbacks.EarlyStopping, keras.callbacks.ModelCheckpoint

import tempfile
from pathlib import Path

import keras
import numpy as np

keras.utils.set_random_seed(11)
rng = np.random.default_rng(11)
x = rng.uniform(-1, 1, (180, 5)).astype("float32")
y = (x[:, :1] * x[:, 1:2] + rng.normal(0, 0.2, (180, 1))).astype("float32")
best = Path(tempfile.mkdtemp()) / "best.keras"

model = keras.Sequential(
    [
        keras.Input(shape=(5,)),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.003), loss="mse")
history = model.fit(
    x[:60],
    y[:60],
    validation_data=(x[60:], y[60:]),
    epochs=200,
    verbose=0,
    callbacks=[
        keras.callbacks.EarlyStopping(monitor="val_loss", patience=8, restore_best_weights=True),
        keras.callbacks.ModelCheckpoint(best, monitor="val_loss", save_best_only=True),
    ],
)

losses = history.history["val_loss"]
restored = model.evaluate(x[60:], y[60:], verbose=0)
from_disk = keras.saving.load_model(best).evaluate(x[60:], y[60:], verbose=0)
print(f"ended after {len(losses)} of 200 epochs; best was epoch {int(np.argmin(losses)) + 1}")
print(f"val_loss: best {min(losses):.4f}, last {losses[-1]:.4f}, restored {restored:.4f}, from disk {from_disk:.4f}")
assert len(losses) < 200 and abs(restored - min(losses)) < 1e-4 and abs(from_disk - restored) < 1e-4
