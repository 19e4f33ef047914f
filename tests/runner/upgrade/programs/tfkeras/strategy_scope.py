import tensorflow as tf
import numpy as np
strategy = tf.distribute.get_strategy()
with strategy.scope():
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(1,))])
    model.compile(loss='mse', optimizer=tf.keras.optimizers.SGD(lr=0.1))
model.fit(np.random.rand(4, 1), np.random.rand(4), epochs=1, verbose=0)
