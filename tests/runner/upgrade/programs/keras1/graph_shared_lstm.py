import numpy as np
from keras.layers import Input, LSTM, Dense, merge
from keras.models import Model

tweet_a = Input(shape=(5, 8))
tweet_b = Input(shape=(5, 8))
shared_lstm = LSTM(6)
encoded_a = shared_lstm(tweet_a)
encoded_b = shared_lstm(tweet_b)
merged_vector = merge([encoded_a, encoded_b], mode='concat', concat_axis=-1)
predictions = Dense(1, activation='sigmoid')(merged_vector)
model = Model(input=[tweet_a, tweet_b], output=predictions)
model.compile(optimizer='rmsprop', loss='binary_crossentropy', metrics=['accuracy'])
model.fit([np.random.rand(6, 5, 8), np.random.rand(6, 5, 8)], np.random.randint(0, 2, 6), nb_epoch=1, verbose=0)
assert shared_lstm.get_output_at(0).shape[-1] == 6
