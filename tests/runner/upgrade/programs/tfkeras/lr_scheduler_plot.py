import tensorflow as tf
import numpy as np
lr_schedule = tf.keras.callbacks.LearningRateScheduler(lambda epoch: 1e-4 * 10 ** (epoch / 20))
model = tf.keras.models.Sequential([
    tf.keras.layers.Lambda(lambda x: tf.expand_dims(x, axis=-1), input_shape=[None]),
    tf.keras.layers.SimpleRNN(4, return_sequences=True),
    tf.keras.layers.SimpleRNN(4),
    tf.keras.layers.Dense(1),
    tf.keras.layers.Lambda(lambda x: x * 100.0)
])
optimizer = tf.keras.optimizers.SGD(lr=1e-6, momentum=0.9)
model.compile(loss=tf.keras.losses.Huber(), optimizer=optimizer, metrics=["mae"])
history = model.fit(np.random.rand(8, 5), np.random.rand(8), epochs=2, callbacks=[lr_schedule], verbose=0)
print(history.history["lr"] if "lr" in history.history else history.history["learning_rate"])
