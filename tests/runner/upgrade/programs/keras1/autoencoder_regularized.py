import numpy as np
from keras.layers import Input, Dense
from keras.models import Model
from keras import regularizers

encoding_dim = 6
input_img = Input(shape=(30,))
# add a Dense layer with a L1 activity regularizer
encoded = Dense(encoding_dim, activation='relu', activity_regularizer=regularizers.activity_l1(10e-5))(input_img)
decoded = Dense(30, activation='sigmoid')(encoded)
autoencoder = Model(input=input_img, output=decoded)
encoder = Model(input=input_img, output=encoded)
encoded_input = Input(shape=(encoding_dim,))
decoder_layer = autoencoder.layers[-1]
decoder = Model(input=encoded_input, output=decoder_layer(encoded_input))
autoencoder.compile(optimizer='adadelta', loss='binary_crossentropy')
x_train = np.random.rand(40, 30)
autoencoder.fit(x_train, x_train, nb_epoch=1, batch_size=20, shuffle=True, validation_data=(x_train, x_train), verbose=0)
encoded_imgs = encoder.predict(x_train)
decoded_imgs = decoder.predict(encoded_imgs)
