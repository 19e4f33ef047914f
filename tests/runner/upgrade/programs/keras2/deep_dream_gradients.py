# climbs a layer's activation by the gradient of the input
from keras import backend as K
from keras.layers import Input, Conv2D, MaxPooling2D
from keras.models import Model
import numpy as np

K.set_learning_phase(0)
inp = Input(shape=(16, 16, 3))
x = Conv2D(4, 3, activation='relu', name='block1_conv1')(inp)
x = MaxPooling2D(2)(x)
x = Conv2D(4, 3, activation='relu', name='block2_conv1')(x)
model = Model(inp, x)
dream = model.input
layer_dict = dict([(layer.name, layer) for layer in model.layers])

loss = K.variable(0.)
for layer_name, coeff in {'block1_conv1': 1.5, 'block2_conv1': 2.}.items():
    x = layer_dict[layer_name].output
    scaling = K.prod(K.cast(K.shape(x), 'float32'))
    loss = loss + coeff * K.sum(K.square(x[:, 2: -2, 2: -2, :])) / scaling

grads = K.gradients(loss, dream)[0]
grads /= K.maximum(K.mean(K.abs(grads)), K.epsilon())
outputs = [loss, grads]
fetch_loss_and_grads = K.function([dream], outputs)

img = np.random.rand(1, 16, 16, 3)
first = None
for i in range(3):
    loss_value, grad_values = fetch_loss_and_grads([img])
    first = loss_value if first is None else first
    img += 0.01 * grad_values
assert loss_value > first
