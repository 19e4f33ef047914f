import numpy as np
from keras import backend as K, initializations
from keras.layers import Input, LSTM, Dense, Embedding
from keras.engine.topology import Layer
from keras.models import Model

class AttLayer(Layer):
    def __init__(self, **kwargs):
        self.init = initializations.get('normal')
        super(AttLayer, self).__init__(**kwargs)

    def build(self, input_shape):
        assert len(input_shape) == 3
        self.W = self.init((input_shape[-1], 1))
        self.trainable_weights = [self.W]
        super(AttLayer, self).build(input_shape)

    def call(self, x, mask=None):
        eij = K.tanh(K.dot(x, self.W))
        ai = K.exp(eij)
        weights = ai / K.sum(ai, axis=1, keepdims=True)
        weighted_input = x * weights
        return K.sum(weighted_input, axis=1)

    def get_output_shape_for(self, input_shape):
        return (input_shape[0], input_shape[-1])

sequence_input = Input(shape=(9,), dtype='int32')
embedded = Embedding(20, 6, input_length=9, trainable=True)(sequence_input)
l_lstm = LSTM(8, return_sequences=True, consume_less='gpu')(embedded)
l_att = AttLayer()(l_lstm)
preds = Dense(2, activation='softmax')(l_att)
model = Model(sequence_input, preds)
model.compile(loss='categorical_crossentropy', optimizer='rmsprop', metrics=['acc'])
model.fit(np.random.randint(0, 20, (16, 9)), np.eye(2)[np.random.randint(0, 2, 16)], nb_epoch=1, batch_size=8, verbose=0)
