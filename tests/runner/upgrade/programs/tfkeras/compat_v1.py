import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
from tensorflow.compat.v1.keras.models import Sequential
from tensorflow.compat.v1.keras.layers import Dense, CuDNNLSTM
import numpy as np

model = Sequential()
model.add(CuDNNLSTM(4, input_shape=(3, 2)))
model.add(Dense(1, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['acc'])
model.fit(np.random.rand(6, 3, 2), np.random.randint(0, 2, 6), epochs=1, verbose=0)
