from __future__ import print_function
import numpy as np
from keras.preprocessing import sequence
from keras.models import Sequential
from keras.layers.core import Dense, Activation
from keras.layers.embeddings import Embedding
from keras.layers.recurrent import LSTM

max_features = 200
maxlen = 12
batch_size = 32
X_train = [list(np.random.randint(1, max_features, np.random.randint(3, 30))) for _ in range(64)]
y_train = np.random.randint(0, 2, 64)
print('Pad sequences (samples x time)')
X_train = sequence.pad_sequences(X_train, maxlen=maxlen)

print('Build model...')
model = Sequential()
model.add(Embedding(max_features, 16, input_length=maxlen, dropout=0.2))
model.add(LSTM(16, dropout_W=0.2, dropout_U=0.2))  # try using a GRU instead, for fun
model.add(Dense(1))
model.add(Activation('sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X_train, y_train, batch_size=batch_size, nb_epoch=1, validation_data=(X_train, y_train), verbose=0)
score, acc = model.evaluate(X_train, y_train, batch_size=batch_size, verbose=0)
print('Test score:', score)
print('Test accuracy:', acc)
classes = model.predict_classes(X_train, batch_size=32, verbose=0)
assert classes.shape == (64, 1)
