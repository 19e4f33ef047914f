from keras.preprocessing.text import Tokenizer
from keras.preprocessing.sequence import pad_sequences
from keras.layers import Embedding, LSTM, Dense, SpatialDropout1D
from keras.models import Sequential
from keras.utils.np_utils import to_categorical
import numpy as np

data = ['the cat sat on the mat', 'dogs bark', 'a bird sings in the tree', 'the dog ran'] * 4
max_fatures = 50
tokenizer = Tokenizer(num_words=max_fatures, split=' ')
tokenizer.fit_on_texts(data)
X = tokenizer.texts_to_sequences(data)
X = pad_sequences(X)
model = Sequential()
model.add(Embedding(max_fatures, 8, input_length=X.shape[1]))
model.add(SpatialDropout1D(0.4))
model.add(LSTM(8, dropout=0.2, recurrent_dropout=0.2))
model.add(Dense(2, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
Y = to_categorical(np.random.randint(0, 2, 16), 2)
model.fit(X, Y, epochs=1, batch_size=8, verbose=0)
