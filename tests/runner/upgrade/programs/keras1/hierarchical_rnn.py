from __future__ import print_function
from keras.models import Sequential, Model
from keras.layers import Input, Dense, TimeDistributed
from keras.layers import LSTM
import numpy as np

row, col, pixel = 8, 8, 1
x = Input(shape=(row, col, pixel))
encoded_rows = TimeDistributed(LSTM(output_dim=6))(x)
encoded_columns = LSTM(6)(encoded_rows)
prediction = Dense(3, activation='softmax')(encoded_columns)
model = Model(input=x, output=prediction)
model.compile(loss='categorical_crossentropy', optimizer='rmsprop', metrics=['accuracy'])
model.fit(np.random.rand(6, 8, 8, 1), np.eye(3)[np.random.randint(0, 3, 6)], batch_size=3, nb_epoch=1, verbose=0)
