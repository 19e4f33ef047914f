from keras.layers import CuDNNLSTM, CuDNNGRU, Dense, Bidirectional, Input, concatenate, GlobalMaxPooling1D, GlobalAveragePooling1D
from keras.models import Model
import numpy as np

inp = Input(shape=(8, 3))
x = Bidirectional(CuDNNLSTM(4, return_sequences=True))(inp)
x = Bidirectional(CuDNNGRU(4, return_sequences=True))(x)
conc = concatenate([GlobalMaxPooling1D()(x), GlobalAveragePooling1D()(x)])
model = Model(inputs=inp, outputs=Dense(1, activation='sigmoid')(conc))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(np.random.rand(8, 8, 3), np.random.randint(0, 2, 8), epochs=1, verbose=0)
