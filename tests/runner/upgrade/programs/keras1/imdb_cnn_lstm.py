import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation
from keras.layers import Embedding
from keras.layers import LSTM
from keras.layers import Convolution1D, MaxPooling1D

X = np.random.randint(0, 50, (32, 16))
y = np.random.randint(0, 2, 32)
model = Sequential()
model.add(Embedding(50, 8, input_length=16))
model.add(Dropout(0.25))
model.add(Convolution1D(nb_filter=8, filter_length=5, border_mode='valid', activation='relu', subsample_length=1))
model.add(MaxPooling1D(pool_length=4))
model.add(LSTM(7))
model.add(Dense(1))
model.add(Activation('sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X, y, batch_size=16, nb_epoch=1, verbose=0)
score, acc = model.evaluate(X, y, batch_size=16, verbose=0)
