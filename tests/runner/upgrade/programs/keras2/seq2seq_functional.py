from __future__ import print_function
from keras.models import Model
from keras.layers import Input, LSTM, Dense
import numpy as np

num_encoder_tokens, num_decoder_tokens, latent_dim = 7, 9, 8
encoder_inputs = Input(shape=(None, num_encoder_tokens))
encoder = LSTM(latent_dim, return_state=True)
encoder_outputs, state_h, state_c = encoder(encoder_inputs)
encoder_states = [state_h, state_c]
decoder_inputs = Input(shape=(None, num_decoder_tokens))
decoder_lstm = LSTM(latent_dim, return_sequences=True, return_state=True)
decoder_outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=encoder_states)
decoder_dense = Dense(num_decoder_tokens, activation='softmax')
decoder_outputs = decoder_dense(decoder_outputs)
model = Model([encoder_inputs, decoder_inputs], decoder_outputs)
model.compile(optimizer='rmsprop', loss='categorical_crossentropy')
e, d = np.random.rand(16, 5, 7), np.random.rand(16, 6, 9)
t = np.eye(9)[np.random.randint(0, 9, (16, 6))]
model.fit([e, d], t, batch_size=8, epochs=1, validation_split=0.2, verbose=0)
model.save('s2s.h5')
encoder_model = Model(encoder_inputs, encoder_states)
states_value = encoder_model.predict(e[:1])
from keras.models import load_model
again = load_model('s2s.h5')
