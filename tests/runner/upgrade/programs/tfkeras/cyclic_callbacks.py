import tensorflow as tf
from tensorflow.keras.callbacks import Callback, LambdaCallback
import tensorflow.keras.backend as K
import numpy as np

class CyclicLR(Callback):
    def __init__(self, base_lr=0.001, max_lr=0.006):
        super().__init__()
        self.base_lr, self.max_lr = base_lr, max_lr
        self.history = {}

    def on_batch_end(self, epoch, logs=None):
        K.set_value(self.model.optimizer.lr, self.max_lr)
        self.history.setdefault('lr', []).append(K.get_value(self.model.optimizer.lr))

model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_dim=2)])
model.compile(optimizer=tf.keras.optimizers.SGD(lr=0.01), loss='mse')
clr = CyclicLR()
model.fit(np.random.rand(8, 2), np.random.rand(8), batch_size=4, epochs=1, callbacks=[clr], verbose=0)
assert len(clr.history['lr']) == 2
