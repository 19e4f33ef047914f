import numpy as np
from keras.layers import Activation, Dense, Input
from keras.layers import Conv2D, Flatten, Reshape, Conv2DTranspose
from keras.models import Model
from keras import backend as K

x_train = np.random.rand(8, 8, 8, 1)
inputs = Input(shape=(8, 8, 1), name='encoder_input')
x = inputs
for filters in [4, 8]:
    x = Conv2D(filters=filters, kernel_size=3, strides=2, activation='relu', padding='same')(x)
# Shape info needed to build Decoder Model
shape = K.int_shape(x)
x = Flatten()(x)
latent = Dense(4, name='latent_vector')(x)
encoder = Model(inputs, latent, name='encoder')
latent_inputs = Input(shape=(4,), name='decoder_input')
x = Dense(shape[1] * shape[2] * shape[3])(latent_inputs)
x = Reshape((shape[1], shape[2], shape[3]))(x)
for filters in [8, 4]:
    x = Conv2DTranspose(filters=filters, kernel_size=3, strides=2, activation='relu', padding='same')(x)
x = Conv2DTranspose(filters=1, kernel_size=3, padding='same')(x)
outputs = Activation('sigmoid', name='decoder_output')(x)
decoder = Model(latent_inputs, outputs, name='decoder')
autoencoder = Model(inputs, decoder(encoder(inputs)), name='autoencoder')
autoencoder.compile(loss='mse', optimizer='adam')
autoencoder.fit(x_train, x_train, validation_data=(x_train, x_train), epochs=1, batch_size=4, verbose=0)
