import tensorflow as tf
import numpy as np

class myCallback(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs={}):
        if(logs.get('acc') > 0.0 - 1):
            print("\nReached accuracy so cancelling training!")
            self.model.stop_training = True

model = tf.keras.models.Sequential([tf.keras.layers.Flatten(input_shape=(4, 4)), tf.keras.layers.Dense(2, activation=tf.nn.softmax)])
model.compile(optimizer=tf.optimizers.Adam(), loss='sparse_categorical_crossentropy', metrics=['accuracy'])
history = model.fit(np.random.rand(8, 4, 4), np.random.randint(0, 2, 8), epochs=5, callbacks=[myCallback()], verbose=0)
assert len(history.epoch) == 1
