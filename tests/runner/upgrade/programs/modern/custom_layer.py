import keras
from keras import ops


class Linear(keras.layers.Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", name="w")

    def call(self, inputs, training=None):
        return ops.matmul(inputs, self.w)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)


print(Linear(4)(ops.ones((2, 3))).shape)
