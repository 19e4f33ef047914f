from tensorflow.python.keras.models import Sequential
from tensorflow.python.keras.layers import Dense, LSTM
from tensorflow.python.keras.optimizers import Adam
import numpy as np

model = Sequential()
model.add(LSTM(4, input_shape=(5, 2)))
model.add(Dense(1))
model.compile(Adam(lr=0.01), 'mse')
model.fit(np.random.rand(8, 5, 2), np.random.rand(8), epochs=1, verbose=0)
