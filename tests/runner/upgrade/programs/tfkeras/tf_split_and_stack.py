import tensorflow as tf
import numpy as np

inputs = tf.keras.Input(shape=(6,))
a, b = tf.split(inputs, 2, axis=1)
c = tf.stack([a, b], axis=1)
d = tf.reshape(c, (-1, 6))
e = tf.cast(d, tf.float32)
f = tf.tile(e, [1, 2])
g = tf.transpose(tf.expand_dims(f, -1), perm=[0, 2, 1])
h = tf.keras.layers.Flatten()(g)
out = tf.keras.layers.Dense(1)(h)
model = tf.keras.Model(inputs, out)
model.compile('sgd', 'mse')
model.fit(np.random.rand(4, 6), np.random.rand(4), epochs=1, verbose=0)
