import numpy as np
from keras.models import Sequential
from keras.layers import LSTM, Embedding, TimeDistributed, Dense, RepeatVector, Merge, Activation

max_caption_len, vocab_size = 5, 12
image_model = Sequential()
image_model.add(Dense(6, input_dim=10, activation='relu'))
image_model.add(RepeatVector(max_caption_len))
lang_model = Sequential()
lang_model.add(Embedding(vocab_size, 6, input_length=max_caption_len))
lang_model.add(LSTM(6, return_sequences=True))
lang_model.add(TimeDistributed(Dense(6)))
model = Sequential()
model.add(Merge([image_model, lang_model], mode='concat'))
model.add(LSTM(8, return_sequences=False))
model.add(Dense(vocab_size))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='rmsprop', metrics=['accuracy'])
model.fit([np.random.rand(6, 10), np.random.randint(0, 12, (6, 5))], np.eye(12)[np.random.randint(0, 12, 6)], nb_epoch=1, verbose=0)
