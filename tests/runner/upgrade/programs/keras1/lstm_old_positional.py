# LSTM(inputs, outputs) of the first versions
import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation
from keras.layers.embeddings import Embedding
from keras.layers.recurrent import LSTM

model = Sequential()
model.add(Embedding(30, 8))
model.add(LSTM(8, 6, activation='sigmoid', inner_activation='sigmoid'))
model.add(Dropout(0.5))
model.add(Dense(6, 1))
model.add(Activation('sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='rmsprop', class_mode='binary')
X, y = np.random.randint(0, 30, (10, 5)), np.random.randint(0, 2, 10)
model.fit(X, y, batch_size=5, nb_epoch=1, verbose=0, show_accuracy=True)
