import tensorflow as tf
from tensorflow.keras import layers, Model
import numpy as np

class Attention(layers.Layer):
    def __init__(self, units):
        super(Attention, self).__init__()
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight("w", shape=[input_shape[-1], self.units], initializer="random_normal", trainable=True)
        self.b = self.add_weight("b", shape=[self.units], initializer="zeros", trainable=True)

    def call(self, inputs):
        score = tf.nn.tanh(tf.matmul(inputs, self.w) + self.b)
        weights = tf.nn.softmax(score, axis=1)
        return tf.reduce_sum(weights * inputs, axis=1)

i = layers.Input((5, 4))
model = Model(i, layers.Dense(1)(Attention(4)(i)))
model.compile("adam", "mse")
model.fit(np.random.rand(6, 5, 4), np.random.rand(6), epochs=1, verbose=0)
