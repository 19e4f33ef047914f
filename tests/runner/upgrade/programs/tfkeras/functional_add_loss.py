import tensorflow as tf
from tensorflow import keras
import numpy as np

inputs = keras.Input(shape=(6,))
h = keras.layers.Dense(4, activation='relu')(inputs)
outputs = keras.layers.Dense(6)(h)
model = keras.Model(inputs, outputs)
loss = tf.reduce_mean(tf.square(inputs - outputs)) + 0.01 * tf.reduce_sum(tf.abs(h))
model.add_loss(loss)
model.compile(optimizer='adam')
model.fit(np.random.rand(8, 6), epochs=1, verbose=0)
