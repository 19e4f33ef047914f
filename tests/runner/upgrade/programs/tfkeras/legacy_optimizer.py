from tensorflow.keras.optimizers.legacy import Adam, SGD
from tensorflow.keras.optimizers.schedules import ExponentialDecay
import tensorflow as tf
import numpy as np

model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(2,))])
model.compile(optimizer=Adam(learning_rate=ExponentialDecay(0.01, 100, 0.96)), loss='mse')
model.fit(np.random.rand(4, 2), np.random.rand(4), epochs=1, verbose=0)
model.compile(optimizer=tf.keras.optimizers.legacy.SGD(lr=0.1), loss='mse')
