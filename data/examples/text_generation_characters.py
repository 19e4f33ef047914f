"""Generate text one character at a time with a GRU.

The model reads ten characters and guesses the next one. To write, it is asked again and again, each time
with its own last answer appended; the temperature says how daring the choice is.
"""
# symbols: keras.layers.GRU, keras.layers.Embedding, keras.Model.predict

import keras
import numpy as np

keras.utils.set_random_seed(10)
rng = np.random.default_rng(10)
WHO, DOES, WHERE = (
    ["a cat", "a dog", "an owl"],
    ["sleeps", "sings", "waits"],
    ["on the roof", "in the sun", "by the sea"],
)
text = " ".join(f"{rng.choice(WHO)} {rng.choice(DOES)} {rng.choice(WHERE)}." for _ in range(180))
alphabet = sorted(set(text))
codes = np.array([alphabet.index(character) for character in text], "int32")

LENGTH = 10
windows = np.lib.stride_tricks.sliding_window_view(codes, LENGTH + 1)
x, y = windows[:, :LENGTH], windows[:, LENGTH]

model = keras.Sequential(
    [
        keras.Input(shape=(LENGTH,), dtype="int32"),
        keras.layers.Embedding(len(alphabet), 16),
        keras.layers.GRU(40),
        keras.layers.Dense(len(alphabet), activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=4, batch_size=64, verbose=0)


def write(start, count, temperature):
    written = [alphabet.index(character) for character in start]
    for _ in range(count):
        window = np.array([written[-LENGTH:]], "int32")
        probabilities = model.predict_on_batch(window)[0].astype("float64")
        weights = probabilities ** (1 / temperature)
        written.append(rng.choice(len(alphabet), p=weights / weights.sum()))
    return "".join(alphabet[code] for code in written)


generated = write("a cat sing", 90, temperature=0.4)
print(generated)
known = set(text.replace(".", "").split())
words = generated.replace(".", "").split()[:-1]
share = np.mean([word in known for word in words])
print(f"{share:.0%} of the generated words are words of the text")
assert share > 0.8
