import tensorflow as tf
import numpy as np

class ActivityRegularizationLayer(tf.keras.layers.Layer):
    def call(self, inputs):
        self.add_loss(tf.reduce_sum(inputs) * 0.1, inputs=True)
        return inputs

inputs = tf.keras.Input(shape=(4,))
x = tf.keras.layers.Dense(3)(inputs)
x = ActivityRegularizationLayer()(x)
model = tf.keras.Model(inputs, tf.keras.layers.Dense(1)(x))
model.compile(optimizer='adam', loss='mse')
model.fit(np.random.rand(4, 4), np.random.rand(4), epochs=1, verbose=0)
