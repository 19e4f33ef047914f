"""Word vectors from nothing but neighbours: skip-gram with negative samples.

Words that occur beside the same words get vectors that point the same way. The corpus has animals, foods
and tools in sentences of their own; the vectors sort them out without ever being told.
"""
# symbols: keras.layers.Embedding, keras.layers.Dot

import keras
import numpy as np

keras.utils.set_random_seed(11)
rng = np.random.default_rng(11)
TOPICS = [
    (["cat", "dog", "horse", "owl"], ["eats", "sleeps", "runs", "hides"]),
    (["bread", "soup", "rice", "cheese"], ["tastes", "smells", "cools", "cooks"]),
    (["hammer", "saw", "drill", "knife"], ["cuts", "breaks", "rusts", "hits"]),
]
vocabulary = [word for topic in TOPICS for group in topic for word in group]
number = {word: index for index, word in enumerate(vocabulary)}

pairs = []
for _ in range(3000):
    nouns, verbs = TOPICS[rng.integers(3)]
    pairs.append((number[rng.choice(nouns)], number[rng.choice(verbs)], 1.0))
    pairs.append((pairs[-1][0], int(rng.integers(len(vocabulary))), 0.0))  # a word at random: a negative sample
word, context, together = (np.array(column) for column in zip(*pairs))

word_in, context_in = keras.Input(shape=(), dtype="int32"), keras.Input(shape=(), dtype="int32")
vectors = keras.layers.Embedding(len(vocabulary), 6)
score = keras.layers.Dot(axes=1)([vectors(word_in), keras.layers.Embedding(len(vocabulary), 6)(context_in)])
model = keras.Model([word_in, context_in], score)
model.compile(optimizer=keras.optimizers.Adam(0.02), loss=keras.losses.BinaryCrossentropy(from_logits=True))
model.fit(
    [word.astype("int32"), context.astype("int32")], together.astype("float32"), epochs=8, batch_size=64, verbose=0
)

nouns = [noun for topic in TOPICS for noun in topic[0]]
learned = vectors.get_weights()[0][[number[noun] for noun in nouns]]
learned /= np.linalg.norm(learned, axis=1, keepdims=True)
closeness = learned @ learned.T - 2 * np.eye(len(nouns))
right = 0
for index, noun in enumerate(nouns):
    nearest = int(closeness[index].argmax())
    right += nearest // 4 == index // 4
    if index % 4 == 0:
        print(f"nearest to {noun}: {nouns[nearest]}")
print(f"{right} of {len(nouns)} words have a word of their own kind as nearest neighbour")
assert right >= 11
