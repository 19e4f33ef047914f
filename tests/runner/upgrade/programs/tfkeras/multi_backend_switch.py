import os
os.environ["KERAS_BACKEND"] = os.environ.get("KERAS_BACKEND", "tensorflow")
from tensorflow.keras.layers import Input, Dense, add
from tensorflow.keras.layers import concatenate, Activation
from tensorflow.keras.models import Model
from tensorflow.keras.regularizers import l2
from tensorflow.keras.losses import mse, kullback_leibler_divergence
import numpy as np

i = Input(shape=(5,))
x = Dense(5, kernel_regularizer=l2(l=0.001))(i)
x = add([x, i])
x = Activation('relu')(x)
x = concatenate([x, i], axis=-1)
model = Model(i, Dense(2, activation='softmax')(x))
model.compile('adam', loss='kullback_leibler_divergence', metrics=[mse, kullback_leibler_divergence])
model.fit(np.random.rand(6, 5), np.eye(2)[np.random.randint(0, 2, 6)], epochs=1, verbose=0)
