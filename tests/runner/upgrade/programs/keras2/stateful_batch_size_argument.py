import numpy as np
from keras.models import Sequential
from keras.layers import Dense, LSTM

lahead, batch_size = 1, 1
def create_model(stateful):
    model = Sequential()
    model.add(LSTM(5,
              input_shape=(lahead, 1),
              batch_size=batch_size,
              stateful=stateful))
    model.add(Dense(1))
    model.compile(loss='mse', optimizer='adam')
    return model

model_stateful = create_model(stateful=True)
x = np.random.rand(6, 1, 1)
model_stateful.fit(x, x[:, 0], batch_size=batch_size, epochs=1, verbose=0, shuffle=False)
model_stateful.reset_states()
