from keras.preprocessing.sequence import TimeseriesGenerator
from keras.models import Sequential
from keras.layers import Dense, LSTM
import numpy as np

series = np.arange(30.).reshape(-1, 1)
generator = TimeseriesGenerator(series, series, length=3, batch_size=4)
model = Sequential()
model.add(LSTM(6, activation='relu', input_shape=(3, 1)))
model.add(Dense(1))
model.compile(optimizer='adam', loss='mse')
model.fit_generator(generator, steps_per_epoch=2, epochs=1, verbose=0)
