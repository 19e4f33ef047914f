import numpy as np
from keras import backend as K
from keras.models import Sequential
from keras.layers import Conv2D

model = Sequential()
model.add(Conv2D(4, (3, 3), activation='relu', input_shape=(10, 10, 3), name='conv'))
layer_output = model.get_layer('conv').output
loss = K.mean(layer_output[:, :, :, 0])
grads = K.gradients(loss, model.input)[0]
grads /= (K.sqrt(K.mean(K.square(grads))) + 1e-5)
iterate = K.function([model.input], [loss, grads])
input_img_data = np.random.random((1, 10, 10, 3))
for i in range(3):
    loss_value, grads_value = iterate([input_img_data])
    input_img_data += grads_value * 0.1
assert grads_value.shape == (1, 10, 10, 3)
