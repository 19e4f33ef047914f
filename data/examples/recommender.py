"""A recommender: embeddings of people and films whose dot product is the rating.

Only a third of the ratings is known. The network gives every person and every film eight numbers; what it
learns from the known ratings fills in the unknown ones.
"""
# symbols: keras.layers.Embedding, keras.layers.Dot

import keras
import numpy as np

keras.utils.set_random_seed(8)
rng = np.random.default_rng(8)
people, films, taste = 120, 80, 3
truth = rng.normal(0, 1, (people, taste)) @ rng.normal(0, 1, (films, taste)).T
pairs = np.array([(p, f) for p in range(people) for f in range(films)], "int32")
rng.shuffle(pairs)
ratings = truth[pairs[:, 0], pairs[:, 1]].astype("float32")
known = len(pairs) // 3

person = keras.Input(shape=(), dtype="int32", name="person")
film = keras.Input(shape=(), dtype="int32", name="film")
decay = keras.regularizers.L2(1e-4)
person_vector = keras.layers.Embedding(people, 8, embeddings_regularizer=decay)(person)
film_vector = keras.layers.Embedding(films, 8, embeddings_regularizer=decay)(film)
model = keras.Model([person, film], keras.layers.Dot(axes=1)([person_vector, film_vector]))
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="mse")
model.fit([pairs[:known, 0], pairs[:known, 1]], ratings[:known], epochs=30, batch_size=64, verbose=0)

guess = model.predict([pairs[known:, 0], pairs[known:, 1]], verbose=0)[:, 0]
error = np.mean((guess - ratings[known:]) ** 2)
baseline = np.var(ratings[known:])
print(f"mean squared error on unknown ratings: {error:.2f}; always guessing the average: {baseline:.2f}")
viewer = model.predict([np.full(films, 5), np.arange(films)], verbose=0)[:, 0]
print("films for person 5:", np.argsort(-viewer)[:5].tolist())
assert error < 0.4 * baseline
