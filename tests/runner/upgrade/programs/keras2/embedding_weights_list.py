import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Flatten
from keras.layers.embeddings import Embedding

vocab_size, max_length = 14, 4
embedding_matrix = np.random.rand(vocab_size, 5)
padded_docs = np.random.randint(0, vocab_size, (10, max_length))
labels = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 0])
model = Sequential()
e = Embedding(vocab_size, 5, weights=[embedding_matrix], input_length=4, trainable=False)
model.add(e)
model.add(Flatten())
model.add(Dense(1, activation='sigmoid'))
model.compile(optimizer='adam', loss='binary_crossentropy', metrics=['acc'])
model.fit(padded_docs, labels, epochs=2, verbose=0)
loss, accuracy = model.evaluate(padded_docs, labels, verbose=0)
print('Accuracy: %f' % (accuracy * 100))
assert np.allclose(e.get_weights()[0], embedding_matrix)
