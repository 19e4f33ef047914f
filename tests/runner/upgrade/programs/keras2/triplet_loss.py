from keras import backend as K
from keras.layers import Input, Dense, Lambda, concatenate
from keras.models import Model, Sequential
from keras.optimizers import Adam
import numpy as np

def triplet_loss(y_true, y_pred, alpha=0.4):
    total_lenght = y_pred.shape.as_list()[-1] if hasattr(y_pred.shape, 'as_list') else y_pred.shape[-1]
    anchor = y_pred[:, 0:int(total_lenght * 1 / 3)]
    positive = y_pred[:, int(total_lenght * 1 / 3):int(total_lenght * 2 / 3)]
    negative = y_pred[:, int(total_lenght * 2 / 3):int(total_lenght * 3 / 3)]
    pos_dist = K.sum(K.square(anchor - positive), axis=1)
    neg_dist = K.sum(K.square(anchor - negative), axis=1)
    basic_loss = pos_dist - neg_dist + alpha
    return K.maximum(basic_loss, 0.0)

base = Sequential([Dense(4, input_shape=(6,), activation='relu')])
a, p, n = Input((6,)), Input((6,)), Input((6,))
merged_vector = concatenate([base(a), base(p), base(n)], axis=-1)
model = Model(inputs=[a, p, n], outputs=merged_vector)
model.compile(loss=triplet_loss, optimizer=Adam(lr=0.001))
data = [np.random.rand(8, 6) for _ in range(3)]
model.fit(data, np.zeros((8, 12)), epochs=1, verbose=0)
