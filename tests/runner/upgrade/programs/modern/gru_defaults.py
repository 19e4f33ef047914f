import keras
from keras.layers import GRU, LSTM, Dense, Input

model = keras.Sequential([Input((5, 3)), GRU(4, return_sequences=True), LSTM(4), Dense(1)])
model.compile(optimizer=keras.optimizers.Adadelta(), loss="mse")
