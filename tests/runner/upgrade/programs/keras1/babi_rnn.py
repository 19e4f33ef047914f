import numpy as np
from keras.layers.embeddings import Embedding
from keras.layers import Dense, Merge, Dropout, RepeatVector
from keras.layers import recurrent
from keras.models import Sequential

RNN = recurrent.GRU
EMBED, vocab, story_len, query_len = 8, 15, 10, 4
sentrnn = Sequential()
sentrnn.add(Embedding(vocab, EMBED, input_length=story_len))
sentrnn.add(Dropout(0.3))
qrnn = Sequential()
qrnn.add(Embedding(vocab, EMBED, input_length=query_len))
qrnn.add(Dropout(0.3))
qrnn.add(RNN(EMBED, return_sequences=False))
qrnn.add(RepeatVector(story_len))

model = Sequential()
model.add(Merge([sentrnn, qrnn], mode='sum'))
model.add(RNN(EMBED, return_sequences=False))
model.add(Dropout(0.3))
model.add(Dense(vocab, activation='softmax'))
model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
X = np.random.randint(0, vocab, (24, story_len))
Xq = np.random.randint(0, vocab, (24, query_len))
Y = np.eye(vocab)[np.random.randint(0, vocab, 24)]
model.fit([X, Xq], Y, batch_size=12, nb_epoch=1, validation_split=0.05, verbose=0)
