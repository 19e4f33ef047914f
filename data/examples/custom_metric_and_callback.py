"""A metric and a callback of your own: F-beta after each epoch, and an end when it is good enough.

A metric keeps counts in variables, so that it is right over all batches. A callback is told what happens,
and may set `model.stop_training`.
"""
# symbols: keras.metrics.Metric, keras.callbacks.Callback

import keras
import numpy as np
from keras import ops


class FBeta(keras.metrics.Metric):
    """Precision and recall in one number; recall counts `beta` times as much."""

    def __init__(self, beta=2.0, name="f_beta", **kwargs):
        super().__init__(name=name, **kwargs)
        self.beta = beta
        self.hits = self.add_weight(name="hits", initializer="zeros")
        self.said = self.add_weight(name="said", initializer="zeros")
        self.true = self.add_weight(name="true", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = ops.cast(y_true > 0.5, self.dtype)
        y_pred = ops.cast(y_pred > 0.5, self.dtype)
        self.hits.assign_add(ops.sum(y_true * y_pred))
        self.said.assign_add(ops.sum(y_pred))
        self.true.assign_add(ops.sum(y_true))

    def result(self):
        square = self.beta**2
        return (1 + square) * self.hits / (square * self.true + self.said + keras.config.epsilon())


class StopAt(keras.callbacks.Callback):
    """Ends the training when a logged value reaches a goal."""

    def __init__(self, name, goal):
        super().__init__()
        self.name, self.goal = name, goal

    def on_epoch_end(self, epoch, logs=None):
        if logs[self.name] >= self.goal:
            print(f"epoch {epoch + 1}: {self.name} is {logs[self.name]:.3f}, good enough")
            self.model.stop_training = True


keras.utils.set_random_seed(4)
rng = np.random.default_rng(4)
x = rng.normal(0, 1, (2000, 3)).astype("float32")
y = (x.sum(axis=1, keepdims=True) > 1).astype("float32")
model = keras.Sequential(
    [keras.Input(shape=(3,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=[FBeta()])
history = model.fit(x, y, epochs=50, batch_size=50, verbose=0, callbacks=[StopAt("f_beta", 0.97)])

guess = model.predict(x, verbose=0) > 0.5
hits, said, true = (guess & (y > 0)).sum(), guess.sum(), y.sum()
by_hand = 5 * hits / (4 * true + said)
measured = model.evaluate(x, y, verbose=0, return_dict=True)["f_beta"]
print(f"metric {measured:.4f}, by hand {by_hand:.4f}, after {len(history.epoch)} epochs")
assert len(history.epoch) < 50 and abs(measured - by_hand) < 1e-3
