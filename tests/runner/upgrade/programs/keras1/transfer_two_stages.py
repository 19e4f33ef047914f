from __future__ import print_function
import datetime
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation, Flatten
from keras.layers import Convolution2D, MaxPooling2D
from keras.utils import np_utils
from keras import backend as K

img_rows, img_cols, nb_filters, pool_size, kernel_size = 12, 12, 4, 2, 3
if K.image_dim_ordering() == 'th':
    input_shape = (1, img_rows, img_cols)
else:
    input_shape = (img_rows, img_cols, 1)

def train_model(model, nb_classes):
    X_train = np.random.rand(*((10,) + input_shape))
    Y_train = np_utils.to_categorical(np.random.randint(0, nb_classes, 10), nb_classes)
    model.compile(loss='categorical_crossentropy', optimizer='adadelta', metrics=['accuracy'])
    t = datetime.datetime.now()
    model.fit(X_train, Y_train, batch_size=5, nb_epoch=1, verbose=0, validation_data=(X_train, Y_train))
    print('Training time: %s' % (datetime.datetime.now() - t))

feature_layers = [
    Convolution2D(nb_filters, kernel_size, kernel_size, border_mode='valid', input_shape=input_shape),
    Activation('relu'),
    Convolution2D(nb_filters, kernel_size, kernel_size),
    Activation('relu'),
    MaxPooling2D(pool_size=(pool_size, pool_size)),
    Dropout(0.25),
    Flatten(),
]
classification_layers = [Dense(16), Activation('relu'), Dropout(0.5), Dense(5), Activation('softmax')]
model = Sequential(feature_layers + classification_layers)
train_model(model, 5)
for l in feature_layers:
    l.trainable = False
train_model(model, 5)
