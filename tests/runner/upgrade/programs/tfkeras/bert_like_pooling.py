import tensorflow as tf
import numpy as np

ids = tf.keras.layers.Input((6,), dtype=tf.int32)
mask = tf.keras.layers.Input((6,), dtype=tf.float32)
emb = tf.keras.layers.Embedding(20, 4)(ids)
mask_expanded = tf.expand_dims(mask, -1)
summed = tf.reduce_sum(emb * mask_expanded, axis=1)
counts = tf.clip_by_value(tf.reduce_sum(mask_expanded, axis=1), 1e-9, 1e9)
pooled = tf.math.divide(summed, counts)
out = tf.keras.layers.Dense(1, activation='sigmoid')(pooled)
model = tf.keras.models.Model(inputs=[ids, mask], outputs=out)
model.compile(tf.keras.optimizers.Adam(lr=1e-5), loss='binary_crossentropy', metrics=['accuracy'])
model.fit([np.random.randint(0, 20, (6, 6)), np.ones((6, 6), 'float32')], np.random.randint(0, 2, 6), epochs=1, verbose=0)
