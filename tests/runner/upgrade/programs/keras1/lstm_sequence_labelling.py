import numpy as np
from keras.models import Sequential
from keras.layers.core import Activation, Masking
from keras.layers.wrappers import TimeDistributed, Bidirectional
from keras.layers.recurrent import LSTM
from keras.layers import Dense

model = Sequential()
model.add(Masking(mask_value=0., input_shape=(6, 4)))
model.add(Bidirectional(LSTM(5, return_sequences=True, U_regularizer='l2', W_regularizer='l2', b_regularizer='l2')))
model.add(TimeDistributed(Dense(3)))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adamax', sample_weight_mode='temporal')
X = np.random.rand(8, 6, 4)
Y = np.eye(3)[np.random.randint(0, 3, (8, 6))]
model.fit(X, Y, nb_epoch=1, batch_size=4, verbose=0)
proba = model.predict_proba(X, verbose=0)
