import tensorflow as tf
from tensorflow.keras.layers.experimental.preprocessing import TextVectorization
from tensorflow.keras import layers, Sequential, losses

vectorize_layer = TextVectorization(max_tokens=50, output_mode='int', output_sequence_length=6)
text = tf.constant([['the cat sat'], ['a dog barked'], ['birds sing']])
vectorize_layer.adapt(text)
model = Sequential([layers.Embedding(51, 4), layers.GlobalAveragePooling1D(), layers.Dense(1)])
model.compile(loss=losses.BinaryCrossentropy(from_logits=True), optimizer='adam', metrics=[tf.metrics.BinaryAccuracy(threshold=0.0)])
model.fit(vectorize_layer(text), tf.constant([1, 0, 1]), epochs=1, verbose=0)
