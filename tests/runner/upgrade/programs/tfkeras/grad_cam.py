import numpy as np
import tensorflow as tf
from tensorflow.keras.models import Model
from tensorflow.keras.layers import Input, Conv2D, GlobalAveragePooling2D, Dense

inp = Input((8, 8, 3))
x = Conv2D(4, 3, name='last_conv')(inp)
out = Dense(2, activation='softmax')(GlobalAveragePooling2D()(x))
model = Model(inp, out)
grad_model = tf.keras.models.Model([model.inputs], [model.get_layer('last_conv').output, model.output])
with tf.GradientTape() as tape:
    conv_outputs, predictions = grad_model(np.random.rand(1, 8, 8, 3).astype('float32'))
    loss = predictions[:, 0]
grads = tape.gradient(loss, conv_outputs)
print(grads.shape, model.get_layer('last_conv').output_shape)
