import keras
from keras import layers, ops

inputs = keras.Input(shape=(8, 8, 3))
base = keras.Model(inputs, layers.Conv2D(4, 3)(inputs))
print(base.output_shape, base.input_shape, base.output.shape, base.layers[1].output.shape)
outputs = layers.Lambda(lambda x: ops.mean(x, axis=(1, 2)))(base.output)
model = keras.Model(inputs=base.input, outputs=outputs)
