import numpy as np
from keras.models import Sequential
from keras.layers import LSTM, Dense

data_dim, timesteps, num_classes, batch_size = 4, 3, 5, 8
model = Sequential()
model.add(LSTM(6, return_sequences=True, stateful=True, batch_input_shape=(batch_size, timesteps, data_dim)))
model.add(LSTM(6, stateful=True))
model.add(Dense(num_classes, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='rmsprop', metrics=['accuracy'])
x = np.random.random((batch_size * 2, timesteps, data_dim))
y = np.eye(num_classes)[np.random.randint(0, num_classes, batch_size * 2)]
for i in range(2):
    model.fit(x, y, batch_size=batch_size, epochs=1, shuffle=False, verbose=0)
    model.reset_states()
