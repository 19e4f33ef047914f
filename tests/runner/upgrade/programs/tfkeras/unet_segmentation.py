import tensorflow as tf
import numpy as np
base_model = tf.keras.applications.MobileNetV2(input_shape=[32, 32, 3], include_top=False, weights=None)
layer_names = ['block_1_expand_relu', 'block_3_expand_relu']
layers = [base_model.get_layer(name).output for name in layer_names]
down_stack = tf.keras.Model(inputs=base_model.input, outputs=layers)
down_stack.trainable = False
inputs = tf.keras.layers.Input(shape=[32, 32, 3])
skips = down_stack(inputs)
x = tf.keras.layers.Conv2DTranspose(8, 3, strides=2, padding='same')(skips[-1])
x = tf.keras.layers.Concatenate()([x, skips[0]])
x = tf.keras.layers.Conv2DTranspose(3, 3, strides=2, padding='same')(x)
model = tf.keras.Model(inputs=inputs, outputs=x)
model.compile(optimizer='adam', loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
print(model.output_shape)
