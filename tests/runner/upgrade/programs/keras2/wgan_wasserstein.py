import keras.backend as K
import numpy as np
from keras.layers import Input, Dense, Flatten
from keras.models import Sequential, Model
from keras.optimizers import RMSprop

def wasserstein_loss(y_true, y_pred):
    return K.mean(y_true * y_pred)

critic = Sequential()
critic.add(Flatten(input_shape=(4, 4, 1)))
critic.add(Dense(8, activation='relu'))
critic.add(Dense(1))
critic.compile(loss=wasserstein_loss, optimizer=RMSprop(lr=0.00005), metrics=['accuracy'])
imgs = np.random.rand(8, 4, 4, 1)
for _ in range(2):
    loss = critic.train_on_batch(imgs, -np.ones((8, 1)))
    for l in critic.layers:
        weights = l.get_weights()
        weights = [np.clip(w, -0.01, 0.01) for w in weights]
        l.set_weights(weights)
print("[D loss: %f]" % (1 - loss[0]))
