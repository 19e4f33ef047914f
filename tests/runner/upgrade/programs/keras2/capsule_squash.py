from keras import backend as K
from keras.layers import Layer, Input, Conv2D, Reshape, Lambda
from keras import activations, utils
from keras.models import Model
import numpy as np

def squash(x, axis=-1):
    s_squared_norm = K.sum(K.square(x), axis, keepdims=True) + K.epsilon()
    scale = K.sqrt(s_squared_norm) / (0.5 + s_squared_norm)
    return scale * x

def softmax(x, axis=-1):
    ex = K.exp(x - K.max(x, axis=axis, keepdims=True))
    return ex / K.sum(ex, axis=axis, keepdims=True)

def margin_loss(y_true, y_pred):
    lamb, margin = 0.5, 0.1
    return K.sum((y_true * K.square(K.relu(1 - margin - y_pred)) + lamb * (
        1 - y_true) * K.square(K.relu(y_pred - margin))), axis=-1)

input_image = Input(shape=(6, 6, 3))
x = Conv2D(4, (3, 3), activation='relu')(input_image)
x = Reshape((-1, 4))(x)
x = Lambda(squash)(x)
output = Lambda(lambda z: K.sqrt(K.sum(K.square(z), 1)))(x)
model = Model(inputs=input_image, outputs=output)
model.compile(loss=margin_loss, optimizer='adam', metrics=['accuracy'])
model.fit(np.random.rand(8, 6, 6, 3), np.eye(4)[np.random.randint(0, 4, 8)], epochs=1, verbose=0)
