import numpy as np
from keras.layers import Input, Dense, Convolution2D, MaxPooling2D, UpSampling2D
from keras.models import Model

input_img = Input(shape=(1, 16, 16))
x = Convolution2D(8, 3, 3, activation='relu', border_mode='same', dim_ordering='th')(input_img)
x = MaxPooling2D((2, 2), border_mode='same', dim_ordering='th')(x)
x = Convolution2D(4, 3, 3, activation='relu', border_mode='same', dim_ordering='th')(x)
encoded = MaxPooling2D((2, 2), border_mode='same', dim_ordering='th')(x)
x = Convolution2D(4, 3, 3, activation='relu', border_mode='same', dim_ordering='th')(encoded)
x = UpSampling2D((2, 2), dim_ordering='th')(x)
x = Convolution2D(8, 3, 3, activation='relu', border_mode='same', dim_ordering='th')(x)
x = UpSampling2D((2, 2), dim_ordering='th')(x)
decoded = Convolution2D(1, 3, 3, activation='sigmoid', border_mode='same', dim_ordering='th')(x)
autoencoder = Model(input_img, decoded)
autoencoder.compile(optimizer='adadelta', loss='binary_crossentropy')
x_train = np.random.rand(16, 1, 16, 16)
autoencoder.fit(x_train, x_train, nb_epoch=1, batch_size=8, verbose=0)
