"""Text classification from raw strings: TextVectorization, Embedding, average, answer.

The sentences are made of templates, with praise and complaint, and "not" that turns either around. The
words become integers before training, so that the model runs on every backend. Bigrams let the model see
"not good" as one thing.
"""
# symbols: keras.layers.TextVectorization, keras.layers.Embedding, keras.layers.GlobalAveragePooling1D

import keras
import numpy as np

keras.utils.set_random_seed(9)
rng = np.random.default_rng(9)
THINGS = ["the film", "this phone", "the soup", "our hotel", "that book", "the service"]
GOOD = ["good", "great", "lovely", "excellent", "fun"]
BAD = ["bad", "awful", "boring", "broken", "poor"]


def sentence():
    positive, negated = rng.random() < 0.5, rng.random() < 0.4
    word = rng.choice(GOOD if positive != negated else BAD)
    return (
        f"{rng.choice(THINGS)} was {'not ' if negated else ''}{word}, {rng.choice(['I think', 'really', 'they say'])}",
        positive,
    )


texts, labels = zip(*[sentence() for _ in range(1200)])
labels = np.array(labels, "float32")

vectorize = keras.layers.TextVectorization(max_tokens=500, ngrams=2, output_sequence_length=16)
vectorize.adapt(list(texts[:1000]))


def encode(strings):
    return keras.ops.convert_to_numpy(vectorize(list(strings)))


model = keras.Sequential(
    [
        keras.Input(shape=(16,), dtype="int32"),
        keras.layers.Embedding(vectorize.vocabulary_size(), 16),
        keras.layers.GlobalAveragePooling1D(),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(encode(texts[:1000]), labels[:1000], epochs=15, batch_size=32, verbose=0)

for text in ["the soup was good, really", "the soup was not good, really", "this phone was not broken, I think"]:
    print(f"{float(model.predict(encode([text]), verbose=0)[0, 0]):.2f}  {text}")
accuracy = model.evaluate(encode(texts[1000:]), labels[1000:], verbose=0, return_dict=True)["accuracy"]
print(f"accuracy on 200 new sentences: {accuracy:.2f}")
assert accuracy > 0.93
