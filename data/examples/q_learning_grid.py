"""Deep Q-learning: find the way through a grid with pits, from rewards alone.

First a walk at random collects what happens: place, move, reward, next place. Then the network learns what each of
the four moves is worth; the truth it learns from is the reward plus the discounted worth of the next place, as it
judged it one round ago. Round by round, the worth of the goal spreads backwards through the grid.
"""
# symbols: keras.Model.train_on_batch, keras.Model.predict_on_batch

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


network = keras.Sequential(
    [keras.Input(shape=(SIZE * SIZE,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(4)]
)
network.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")

seen = {}  # (place, move): what happened
for _ in range(400):
    place, over = (int(rng.integers(SIZE)), int(rng.integers(SIZE))), False
    while not over:
        move = int(rng.integers(4))
        seen[place, move] = following, reward, over = step(place, move)
        place = following

places = sorted({place for place, _ in seen})
inputs = one_hot(places)
for round_ in range(25):
    goal = np.array(network.predict_on_batch(inputs))
    worth = dict(zip(places, goal.max(axis=1)))
    for (place, move), (following, reward, over) in seen.items():
        goal[places.index(place), move] = reward if over else reward + 0.95 * worth[following]
    for _ in range(40):
        network.train_on_batch(inputs, goal)

place, path, reward = (0, 0), [(0, 0)], 0.0
while place != GOAL and len(path) < 20 and reward > -1:
    place, reward, _ = step(place, int(np.argmax(network.predict_on_batch(one_hot([place]))[0])))
    path.append(place)
print("path:", path)
print(f"{len(path) - 1} steps, the shortest way takes 8")
assert path[-1] == GOAL and len(path) == 9
