import tensorflow as tf
import numpy as np
from keras.layers import Input, Dense
from keras.models import Model

inp = Input(shape=(6,))
a = Dense(4)(inp)
b = Dense(4)(inp)
c = tf.concat([a, b], axis=-1)
d = tf.reduce_mean(c, axis=1, keepdims=True)
e = tf.nn.relu(tf.matmul(a, b, transpose_b=True)) if False else tf.nn.relu(c)
out = Dense(1)(tf.concat([d, e], 1))
model = Model(inp, out)
model.compile('adam', 'mse')
model.fit(np.random.rand(8, 6), np.random.rand(8), epochs=1, verbose=0)
