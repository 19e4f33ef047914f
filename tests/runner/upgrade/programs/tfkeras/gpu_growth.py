import tensorflow as tf
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import Dense
import numpy as np
gpus = tf.config.experimental.list_physical_devices('GPU')
for gpu in gpus:
    tf.config.experimental.set_memory_growth(gpu, True)
model = Sequential([Dense(1, input_dim=2)])
model.compile(tf.keras.optimizers.SGD(lr=0.1, momentum=0.9), 'mse')
model.fit(np.random.rand(4, 2), np.random.rand(4), epochs=1, verbose=0)
