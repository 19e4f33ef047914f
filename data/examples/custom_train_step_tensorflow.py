"""Your own train_step on TensorFlow: fit, callbacks and metrics stay, the step is yours.

Here the step adds noise to the inputs and clips the gradients. `compute_loss` runs the loss given to
`compile`; `self.metrics` is what `fit` prints.
"""
# backends: tensorflow
# symbols: keras.Model.train_step, keras.Model.compute_loss

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(1)


class NoisyModel(keras.Model):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x + tf.random.normal(tf.shape(x), stddev=0.05), training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=y_pred)
        gradients = tape.gradient(loss, self.trainable_variables)
        gradients, _ = tf.clip_by_global_norm(gradients, 1.0)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
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
model = NoisyModel(inputs, keras.layers.Dense(1, activation="sigmoid")(hidden))
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(x[:1000], y[:1000], epochs=15, batch_size=50, verbose=0)
accuracy = model.evaluate(x[1000:], y[1000:], verbose=0, return_dict=True)["accuracy"]
print("what fit reports:", sorted(history.history))
print(f"accuracy on 200 new points: {accuracy:.2f}")
assert accuracy > 0.9
