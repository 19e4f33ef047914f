from tensorflow.contrib import keras as K
from tensorflow.contrib.keras.python.keras.layers import Dense
import numpy as np

model = K.models.Sequential()
model.add(Dense(3, input_dim=4))
model.compile(optimizer='sgd', loss='mse')
model.fit(np.random.rand(6, 4), np.random.rand(6, 3), epochs=1, verbose=0)
