import numpy as np
from keras.layers import merge, Convolution2D, Input, BatchNormalization, Activation, GlobalAveragePooling2D, Dense
from keras.models import Model

def identity_block(x, nb_filter, kernel_size=3):
    out = Convolution2D(nb_filter, kernel_size, kernel_size, border_mode='same')(x)
    out = BatchNormalization(mode=0, axis=3)(out)
    out = Activation('relu')(out)
    out = Convolution2D(nb_filter, kernel_size, kernel_size, border_mode='same')(out)
    out = BatchNormalization(axis=3)(out)
    out = merge([out, x], mode='sum')
    out = Activation('relu')(out)
    return out

inp = Input(shape=(8, 8, 4))
x = identity_block(inp, 4)
x = identity_block(x, 4)
x = GlobalAveragePooling2D()(x)
out = Dense(3, activation='softmax')(x)
model = Model(inp, out)
model.compile(optimizer='adagrad', loss='categorical_crossentropy', metrics=['accuracy'])
model.fit(np.random.rand(8, 8, 8, 4), np.eye(3)[np.random.randint(0, 3, 8)], nb_epoch=1, verbose=0)
