import numpy as np
from keras.models import Sequential
from keras.layers import Dense, LSTM

in_out_neurons = 2
hidden_neurons = 10
model = Sequential()
model.add(LSTM(input_dim=in_out_neurons, output_dim=hidden_neurons, return_sequences=False))
model.add(Dense(in_out_neurons, input_dim=hidden_neurons, activation='linear'))
model.compile(loss="mean_squared_error", optimizer="rmsprop")
X = np.random.rand(20, 6, 2)
model.fit(X, X[:, -1], batch_size=10, nb_epoch=1, validation_split=0.05, verbose=0)
predicted = model.predict(X)
rmse = np.sqrt(((predicted - X[:, -1]) ** 2).mean(axis=0))
