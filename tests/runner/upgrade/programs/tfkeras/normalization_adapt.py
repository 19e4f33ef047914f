import numpy as np
import tensorflow as tf
from tensorflow.keras.layers.experimental import preprocessing

data = np.random.rand(20, 3).astype('float32')
normalizer = preprocessing.Normalization()
normalizer.adapt(data)
model = tf.keras.Sequential([normalizer, tf.keras.layers.Dense(units=1)])
model.compile(optimizer=tf.optimizers.Adam(learning_rate=0.1), loss='mean_absolute_error')
history = model.fit(data, data[:, 0], epochs=1, verbose=0, validation_split=0.2)
