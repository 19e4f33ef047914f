from keras.layers import Embedding, Input, Flatten, Dot, Dense
from keras.layers.merge import dot
from keras.models import Model
from keras.optimizers import Adam
import numpy as np

n_users, n_items, n_latent_factors = 10, 12, 3
movie_input = Input(shape=[1], name='Item')
movie_vec = Flatten(name='FlattenMovies')(Embedding(n_items + 1, n_latent_factors, name='Movie-Embedding')(movie_input))
user_input = Input(shape=[1], name='User')
user_vec = Flatten(name='FlattenUsers')(Embedding(n_users + 1, n_latent_factors, name='User-Embedding')(user_input))
prod = dot([movie_vec, user_vec], axes=1, name='DotProduct')
model = Model([user_input, movie_input], prod)
model.compile(Adam(lr=0.01), 'mean_squared_error')
u, m, r = np.random.randint(0, 10, 30), np.random.randint(0, 12, 30), np.random.rand(30)
history = model.fit([u, m], r, epochs=1, verbose=0)
