import numpy as np
from keras import layers
from keras.models import Model
from keras import backend as K
from keras.optimizers import Adam

def ppo_loss(advantage, old):
    def loss(y_true, y_pred):
        prob = K.sum(y_true * y_pred, axis=-1)
        r = prob / (K.sum(y_true * old, axis=-1) + 1e-10)
        return -K.mean(K.minimum(r * 0.5, K.clip(r, min_value=0.8, max_value=1.2) * 0.5))
    return loss

state = layers.Input(shape=(4,))
x = layers.Dense(8, activation='tanh')(state)
out = layers.Dense(2, activation='softmax')(x)
model = Model(inputs=[state], outputs=[out])
model.compile(optimizer=Adam(lr=1e-4), loss=[ppo_loss(None, 0.5)])
model.fit([np.random.rand(8, 4)], [np.eye(2)[np.random.randint(0, 2, 8)]], batch_size=4, shuffle=True, epochs=1, verbose=False)
