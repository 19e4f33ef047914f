import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Activation
from keras.utils.visualize_util import plot
from keras.utils.layer_utils import print_summary

model = Sequential([
    Dense(4, input_dim=6),
    Activation('relu'),
    Dense(2),
    Activation('softmax'),
])
model.compile(optimizer='rmsprop', loss='categorical_crossentropy', metrics=['accuracy'])
model.fit(np.random.rand(6, 6), np.eye(2)[np.random.randint(0, 2, 6)], nb_epoch=1, verbose=0)
model.summary()
