"""Your own train_step on PyTorch: fit, callbacks and metrics stay, the step is yours.

Gradients come from `loss.backward()`; the Keras optimizer applies them inside `torch.no_grad()`. Here they
are clipped on the way with a tool of PyTorch.
"""
# backends: torch
# symbols: keras.Model.train_step, keras.Model.compute_loss

import keras
import numpy as np
import torch

keras.utils.set_random_seed(1)


class ClippedModel(keras.Model):
    def train_step(self, data):
        x, y = data
        self.zero_grad()  # forget the gradients of the last step
        y_pred = self(x, training=True)
        loss = self.compute_loss(x=x, y=y, y_pred=y_pred)
        loss.backward()
        weights = list(self.trainable_weights)
        torch.nn.utils.clip_grad_norm_([weight.value for weight in weights], 1.0)
        with torch.no_grad():
            self.optimizer.apply([weight.value.grad for weight in weights], weights)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics}


rng = np.random.default_rng(1)
x = rng.uniform(-1, 1, (1200, 2)).astype("float32")
y = (x[:, 0] * x[:, 1] > 0).astype("float32")[:, None]
inputs = keras.Input(shape=(2,))
hidden = keras.layers.Dense(32, activation="relu")(inputs)
model = ClippedModel(inputs, keras.layers.Dense(1, activation="sigmoid")(hidden))
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(x[:1000], y[:1000], epochs=15, batch_size=50, verbose=0)
accuracy = model.evaluate(x[1000:], y[1000:], verbose=0, return_dict=True)["accuracy"]
print("what fit reports:", sorted(history.history))
print(f"accuracy on 200 new points: {accuracy:.2f}")
assert accuracy > 0.9
