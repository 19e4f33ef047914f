"""Deep Q-learning: find the way through a grid with a pit, from rewards alone.

The network guesses what each of the four moves is worth; the truth it learns from is the reward plus the
discounted worth of the next place. A second, slower copy gives this target, which keeps the learning
steady.
"""
# symbols: keras.models.clone_model, keras.Model.train_on_batch

import keras
import numpy as np

keras.utils.set_random_seed(12)
rng = np.random.default_rng(12)
SIZE, GOAL, PITS = 5, (4, 4), {(1, 1), (2, 3), (3, 1)}
MOVES = [(-1, 0), (1, 0), (0, -1), (0, 1)]


def step(place, move):
    row, column = (min(max(place[i] + MOVES[move][i], 0), SIZE - 1) for i in (0, 1))
    if (row, column) == GOAL:
        return (row, column), 1.0, True
    return (row, column), (-1.0 if (row, column) in PITS else -0.02), (row, column) in PITS


def one_hot(places):
    return np.eye(SIZE * SIZE, dtype="float32")[[row * SIZE + column for row, column in places]]


online = keras.Sequential(
    [keras.Input(shape=(SIZE * SIZE,)), keras.layers.Dense(48, activation="relu"), keras.layers.Dense(4)]
)
online.compile(optimizer=keras.optimizers.Adam(0.005), loss="mse")
target = keras.models.clone_model(online)

memory = []
for _ in range(400):  # walk at random, and remember
    place, over = (int(rng.integers(SIZE)), int(rng.integers(SIZE))), False
    while not over and len(memory) < 4000:
        move = int(rng.integers(4))
        following, reward, over = step(place, move)
        memory.append((place, move, reward, following, over))
        place = following

for round_ in range(400):
    if round_ % 20 == 0:
        target.set_weights(online.get_weights())
    batch = [memory[index] for index in rng.integers(0, len(memory), 128)]
    places, moves, rewards, following, over = zip(*batch)
    worth = target.predict_on_batch(one_hot(following)).max(axis=1)
    goal = np.array(online.predict_on_batch(one_hot(places)))
    goal[np.arange(128), moves] = np.array(rewards) + 0.95 * worth * (1 - np.array(over))
    online.train_on_batch(one_hot(places), goal)

place, path, reward = (0, 0), [(0, 0)], 0.0
while place != GOAL and len(path) < 20 and reward > -1:
    place, reward, _ = step(place, int(np.argmax(online.predict_on_batch(one_hot([place]))[0])))
    path.append(place)
print("path:", path)
print(f"{len(path) - 1} steps, the shortest way takes 8")
assert path[-1] == GOAL and len(path) == 9
