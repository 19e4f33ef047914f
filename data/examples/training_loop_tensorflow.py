"""A training loop from scratch on TensorFlow: Keras layers, a GradientTape and two for loops.

Nothing of `compile` and `fit` is used. `tf.function` compiles one step; the loop around it decides when to
report and when to stop.
"""
# backends: tensorflow
# symbols: keras.optimizers.Optimizer.apply, keras.losses.MeanSquaredError

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(2)
rng = np.random.default_rng(2)
x = rng.uniform(-1, 1, (1024, 1)).astype("float32")
y = np.cos(3 * x).astype("float32")
batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1024, seed=2).batch(64)

model = keras.Sequential([keras.Input(shape=(1,)), keras.layers.Dense(32, activation="tanh"), keras.layers.Dense(1)])
optimizer = keras.optimizers.Adam(0.02)
loss_of = keras.losses.MeanSquaredError()
mean_loss = keras.metrics.Mean()


@tf.function
def step(batch, target):
    with tf.GradientTape() as tape:
        loss = loss_of(target, model(batch, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss


for epoch in range(30):
    mean_loss.reset_state()
    for batch, target in batches:
        mean_loss.update_state(step(batch, target))
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1}: loss {float(mean_loss.result()):.5f}")
print(f"cos(1.5) = {np.cos(1.5):.3f}, the network says {float(model(np.array([[0.5]], 'float32'))[0, 0]):.3f}")
assert float(mean_loss.result()) < 0.01
