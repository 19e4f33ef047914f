"""Your own train_step on JAX: no hidden state, everything goes in and comes out.

The step gets the values of all variables, computes the loss without side effects, asks JAX for the
gradients, and hands back the new values. Keras compiles it and puts the values into the variables when the
epoch ends.
"""
# backends: jax
# symbols: keras.Model.train_step, keras.Model.stateless_call

import jax
import keras
import numpy as np

keras.utils.set_random_seed(1)


class PureModel(keras.Model):
    def loss_and_updates(self, trainable, non_trainable, x, y):
        y_pred, non_trainable = self.stateless_call(trainable, non_trainable, x, training=True)
        loss = self.compute_loss(x=x, y=y, y_pred=y_pred)
        return loss, (y_pred, non_trainable)

    def train_step(self, state, data):
        trainable, non_trainable, optimizer, metrics_values = state
        x, y = data
        gradient_of = jax.value_and_grad(self.loss_and_updates, has_aux=True)
        (loss, (y_pred, non_trainable)), gradients = gradient_of(trainable, non_trainable, x, y)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)

        logs, updated, start = {}, [], 0
        for metric in self.metrics:
            count = len(metric.variables)
            values = metrics_values[start : start + count]
            start += count
            given = (loss,) if metric.name == "loss" else (y, y_pred)
            values = metric.stateless_update_state(values, *given)
            logs[metric.name] = metric.stateless_result(values)
            updated += values
        return logs, (trainable, non_trainable, optimizer, updated)


rng = np.random.default_rng(1)
x = rng.uniform(-1, 1, (1200, 2)).astype("float32")
y = (x[:, 0] * x[:, 1] > 0).astype("float32")[:, None]
inputs = keras.Input(shape=(2,))
hidden = keras.layers.Dense(32, activation="relu")(inputs)
model = PureModel(inputs, keras.layers.Dense(1, activation="sigmoid")(hidden))
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(x[:1000], y[:1000], epochs=15, batch_size=50, verbose=0)
accuracy = model.evaluate(x[1000:], y[1000:], verbose=0, return_dict=True)["accuracy"]
print("what fit reports:", sorted(history.history))
print(f"accuracy on 200 new points: {accuracy:.2f}")
assert accuracy > 0.9
