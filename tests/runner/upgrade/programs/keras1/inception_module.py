import numpy as np
from keras.layers import merge, Convolution2D, MaxPooling2D, Input, Flatten, Dense
from keras.models import Model

input_img = Input(shape=(12, 12, 3))
tower_1 = Convolution2D(4, 1, 1, border_mode='same', activation='relu')(input_img)
tower_1 = Convolution2D(4, 3, 3, border_mode='same', activation='relu')(tower_1)
tower_2 = Convolution2D(4, 1, 1, border_mode='same', activation='relu')(input_img)
tower_2 = Convolution2D(4, 5, 5, border_mode='same', activation='relu')(tower_2)
tower_3 = MaxPooling2D((3, 3), strides=(1, 1), border_mode='same')(input_img)
tower_3 = Convolution2D(4, 1, 1, border_mode='same', activation='relu')(tower_3)
output = merge([tower_1, tower_2, tower_3], mode='concat', concat_axis=3)
predictions = Dense(2, activation='softmax')(Flatten()(output))
model = Model(input=input_img, output=predictions)
model.compile('sgd', 'categorical_crossentropy')
model.fit(np.random.rand(8, 12, 12, 3), np.eye(2)[np.random.randint(0, 2, 8)], nb_epoch=1, verbose=0)
assert model.get_layer(index=1).output_shape == (None, 12, 12, 4)
