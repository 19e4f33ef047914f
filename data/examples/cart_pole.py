"""Balance a pole on a cart with the cross-entropy method: try, keep the best games, learn their moves.

The physics is written out below. Forty carts move at once, so that one prediction serves all. No gradients
through the world are needed, only a classifier that is trained on what went well.
"""
# symbols: keras.Model.fit, keras.Model.predict_on_batch

import keras
import numpy as np

keras.utils.set_random_seed(13)
rng = np.random.default_rng(13)
CARTS, LIMIT = 40, 150

policy = keras.Sequential(
    [keras.Input(shape=(4,)), keras.layers.Dense(32, activation="tanh"), keras.layers.Dense(1, activation="sigmoid")]
)
policy.compile(optimizer=keras.optimizers.Adam(0.02), loss="binary_crossentropy")


def push(state, right):
    """One fiftieth of a second later: place, speed, angle and turning of each cart."""
    place, speed, angle, turning = state.T
    force = np.where(right, 10.0, -10.0)
    shared = (force + 0.05 * turning**2 * np.sin(angle)) / 1.1
    turn = (9.8 * np.sin(angle) - np.cos(angle) * shared) / (0.5 * (4 / 3 - 0.1 * np.cos(angle) ** 2 / 1.1))
    drive = shared - 0.05 * turn * np.cos(angle) / 1.1
    return state + 0.02 * np.stack([speed, drive, turning, turn], axis=1)


def play(daring):
    state = rng.uniform(-0.05, 0.05, (CARTS, 4))
    alive, states, moves, counts = np.ones(CARTS, bool), [], [], []
    for _ in range(LIMIT):
        chance = policy.predict_on_batch(state.astype("float32"))[:, 0]
        right = rng.random(CARTS) < chance if daring else chance > 0.5
        states.append(state), moves.append(right), counts.append(alive)
        state = push(state, right)
        alive = alive & (abs(state[:, 0]) < 2.4) & (abs(state[:, 2]) < 0.21)
        state = np.where(alive[:, None], state, 0.0)
        if not alive.any():
            break
    return np.array(states, "float32"), np.array(moves, "float32"), np.array(counts)


for round_ in range(12):
    states, moves, alive = play(daring=True)
    length = alive.sum(axis=0)
    best = length >= np.quantile(length, 0.7)
    chosen = alive & best
    policy.fit(states[chosen], moves[chosen], epochs=4, batch_size=128, verbose=0)
    if round_ % 4 == 0:
        print(f"round {round_ + 1:2}: {length.mean():.0f} steps on average")
final = play(daring=False)[2].sum(axis=0).mean()
print(f"after training: {final:.0f} of {LIMIT} steps on average")
assert final > 100
