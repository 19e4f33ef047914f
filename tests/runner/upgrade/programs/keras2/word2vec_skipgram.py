from keras.layers import Input, Embedding, Reshape, Dense, dot
from keras.models import Model
from keras.preprocessing.sequence import skipgrams, make_sampling_table
import numpy as np

vocab_size, vector_dim = 30, 5
data = list(np.random.randint(1, vocab_size, 60))
sampling_table = make_sampling_table(vocab_size, sampling_factor=0.1)
couples, labels = skipgrams(data, vocab_size, window_size=2, sampling_table=sampling_table)
couples, labels = skipgrams(data, vocab_size, window_size=2)
word_target, word_context = zip(*couples)
input_target, input_context = Input((1,)), Input((1,))
embedding = Embedding(vocab_size, vector_dim, input_length=1, name='embedding')
target = Reshape((vector_dim, 1))(embedding(input_target))
context = Reshape((vector_dim, 1))(embedding(input_context))
dot_product = Reshape((1,))(dot([target, context], axes=1, normalize=False))
model = Model(inputs=[input_target, input_context], outputs=Dense(1, activation='sigmoid')(dot_product))
model.compile(loss='binary_crossentropy', optimizer='rmsprop')
loss = model.train_on_batch([np.array(word_target[:16]), np.array(word_context[:16])], np.array(labels[:16]))
