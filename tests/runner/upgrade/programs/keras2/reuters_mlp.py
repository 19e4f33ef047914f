from __future__ import print_function
import numpy as np
import keras
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation

y_train = np.concatenate([np.random.randint(0, 6, 30), [5]])
x_train = np.random.rand(31, 40)
num_classes = np.max(y_train) + 1
print(num_classes, 'classes')
y_train = keras.utils.to_categorical(y_train, num_classes)
model = Sequential()
model.add(Dense(16, input_shape=(40,)))
model.add(Activation('relu'))
model.add(Dropout(0.5))
model.add(Dense(num_classes))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
history = model.fit(x_train, y_train, batch_size=8, epochs=1, verbose=0, validation_split=0.1)
