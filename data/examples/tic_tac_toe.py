"""Tic-tac-toe: a network learns perfect play from a search, then plays against chance.

A search over all positions finds the best moves of X. The network learns them as a classification with nine
classes, from the board as nine numbers (1 mine, -1 theirs, 0 free). Afterwards it plays without any search
and hardly ever loses.
"""
# symbols: keras.Sequential, keras.Model.fit, keras.losses.CategoricalCrossentropy

from functools import cache

import keras
import numpy as np

LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]


def free(board):
    return [square for square in range(9) if board[square] == 0]


def won(board, player):
    return any(all(board[square] == player for square in line) for line in LINES)


@cache
def value(board):
    """Result for the player to move, whose stones are 1: 1 wins, 0 draws, -1 loses."""
    if won(board, -1):
        return -1
    return max((-value(after(board, square)) for square in free(board)), default=0)


def after(board, square):
    """The board after a move, seen by the other player."""
    return tuple(-stone for stone in board[:square] + (1,) + board[square + 1 :])


keras.utils.set_random_seed(11)
rng = np.random.default_rng(11)
boards, targets, seen, waiting = [], [], set(), {(0,) * 9}
while waiting:  # every position that can come up, and an equal share for each of its best moves
    board = waiting.pop()
    if won(board, -1) or not free(board) or board in seen:
        continue
    seen.add(board)
    worth = {square: -value(after(board, square)) for square in free(board)}
    best = np.array([worth.get(square) == max(worth.values()) for square in range(9)], "float32")
    boards.append(board), targets.append(best / best.sum())
    waiting |= {after(board, square) for square in worth}
boards, targets = np.array(boards, "float32"), np.array(targets, "float32")

model = keras.Sequential(
    [
        keras.Input(shape=(9,)),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(9, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.003), loss="categorical_crossentropy")
model.fit(boards, targets, epochs=25, batch_size=64, verbose=0)
chosen = np.where(boards == 0, model.predict(boards, verbose=0), -1).argmax(axis=1)
right = np.mean(targets[np.arange(len(boards)), chosen] > 0)
print(f"{len(boards)} positions; best move found in {right:.1%} of them")

policy = dict(zip(map(tuple, boards.astype(int)), chosen))
results = {1: 0, 0: 0, -1: 0}
for game in range(500):
    board, ours = (0,) * 9, game % 2 == 0  # the network begins in every second game
    while not won(board, -1) and free(board):
        board = after(board, int(policy[board]) if ours else int(rng.choice(free(board))))
        ours = not ours
    results[0 if not won(board, -1) else -1 if ours else 1] += 1
print(f"against chance: {results[1]} won, {results[0]} drawn, {results[-1]} lost")
assert right > 0.95 and results[-1] <= 10
