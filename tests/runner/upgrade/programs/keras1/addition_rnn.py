# -*- coding: utf-8 -*-
from __future__ import print_function
from keras.models import Sequential
from keras.engine.training import slice_X
from keras.layers import Activation, TimeDistributed, Dense, RepeatVector, recurrent
import numpy as np

class colors:
    ok = '\033[92m'
    close = '\033[0m'

RNN = recurrent.LSTM
HIDDEN_SIZE = 8
X = np.random.rand(32, 5, 12)
y = np.random.rand(32, 3, 12)
model = Sequential()
model.add(RNN(HIDDEN_SIZE, input_shape=(5, 12)))
model.add(RepeatVector(3))
for _ in range(1):
    model.add(RNN(HIDDEN_SIZE, return_sequences=True))
model.add(TimeDistributed(Dense(12)))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X, y, batch_size=16, nb_epoch=1, verbose=0)
preds = model.predict_classes(X[:1], verbose=0)
print(colors.ok + str(preds.shape) + colors.close)
