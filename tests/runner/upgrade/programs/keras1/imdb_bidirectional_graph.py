import numpy as np
from keras.models import Model
from keras.layers import Dense, Dropout, Embedding, LSTM, Input, merge

X = np.random.randint(0, 50, (32, 10))
y = np.random.randint(0, 2, 32)
# this is the placeholder tensor for the input sequences
sequence = Input(shape=(10,), dtype='int32')
embedded = Embedding(50, 8, input_length=10)(sequence)
forwards = LSTM(6)(embedded)
backwards = LSTM(6, go_backwards=True)(embedded)
merged = merge([forwards, backwards], mode='concat', concat_axis=-1)
after_dp = Dropout(0.5)(merged)
output = Dense(1, activation='sigmoid')(after_dp)
model = Model(input=sequence, output=output)
model.compile('adam', 'binary_crossentropy', metrics=['accuracy'])
model.fit(X, y, batch_size=16, nb_epoch=1, validation_data=[X, y], verbose=0)
