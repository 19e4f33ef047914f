import numpy as np
from keras.layers import Embedding, Conv1D, GlobalMaxPooling1D, Dense, Input, MaxPooling1D
from keras.models import Model
from keras.initializers import Constant

num_words, EMBEDDING_DIM, MAX_SEQUENCE_LENGTH = 30, 6, 20
embedding_matrix = np.random.rand(num_words, EMBEDDING_DIM)
embedding_layer = Embedding(num_words,
                            EMBEDDING_DIM,
                            embeddings_initializer=Constant(embedding_matrix),
                            input_length=MAX_SEQUENCE_LENGTH,
                            trainable=False)
sequence_input = Input(shape=(MAX_SEQUENCE_LENGTH,), dtype='int32')
embedded_sequences = embedding_layer(sequence_input)
x = Conv1D(8, 5, activation='relu')(embedded_sequences)
x = MaxPooling1D(5)(x)
x = GlobalMaxPooling1D()(x)
preds = Dense(3, activation='softmax')(x)
model = Model(sequence_input, preds)
model.compile(loss='categorical_crossentropy', optimizer='rmsprop', metrics=['acc'])
model.fit(np.random.randint(0, num_words, (16, 20)), np.eye(3)[np.random.randint(0, 3, 16)], batch_size=8, epochs=1, verbose=0)
