import os
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '2'
import tensorflow as tf
from keras.backend.tensorflow_backend import set_session
config = tf.ConfigProto()
config.gpu_options.per_process_gpu_memory_fraction = 0.3
config.gpu_options.allow_growth = True
set_session(tf.Session(config=config))
import numpy as np
from keras.models import Sequential
from keras.layers import Dense

model = Sequential([Dense(2, input_dim=3)])
model.compile('sgd', 'mse')
model.fit(np.random.rand(8, 3), np.random.rand(8, 2), epochs=1, verbose=0)
