import numpy as np
import tensorflow as tf
from keras import backend as K
from keras.models import Sequential
from keras.layers import Dense

np.random.seed(42)
tf.set_random_seed(42)
session_conf = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
sess = tf.Session(graph=tf.get_default_graph(), config=session_conf)
K.set_session(sess)

model = Sequential()
model.add(Dense(2, input_dim=3, kernel_initializer='normal'))
model.compile(optimizer='sgd', loss='mse')
model.fit(np.random.rand(8, 3), np.random.rand(8, 2), epochs=1, verbose=0)
