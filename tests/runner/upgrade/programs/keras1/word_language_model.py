import numpy as np
from keras.layers import Input, Embedding, LSTM, Dense, TimeDistributed
from keras.models import Model

main_input = Input(shape=(7,), dtype='int32', name='main_input')
x = Embedding(output_dim=6, input_dim=20, input_length=7, init='uniform', mask_zero=False)(main_input)
lstm_out = LSTM(output_dim=8, return_sequences=True, init='glorot_uniform', inner_init='orthogonal', forget_bias_init='one')(x)
out = TimeDistributed(Dense(20, activation='softmax'))(lstm_out)
model = Model(input=[main_input], output=[out])
model.compile(optimizer='rmsprop', loss='sparse_categorical_crossentropy')
X = np.random.randint(0, 20, (6, 7))
model.fit(X, X[:, :, None], nb_epoch=1, verbose=0)
