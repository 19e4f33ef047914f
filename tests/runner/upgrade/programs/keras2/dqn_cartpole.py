import random
import numpy as np
from collections import deque
from keras.models import Sequential
from keras.layers import Dense
from keras.optimizers import Adam

class DQNAgent:
    def __init__(self, state_size, action_size):
        self.memory = deque(maxlen=50)
        self.gamma, self.learning_rate = 0.95, 0.001
        self.state_size, self.action_size = state_size, action_size
        self.model = self._build_model()

    def _build_model(self):
        model = Sequential()
        model.add(Dense(8, input_dim=self.state_size, activation='relu'))
        model.add(Dense(self.action_size, activation='linear'))
        model.compile(loss='mse', optimizer=Adam(lr=self.learning_rate))
        return model

    def replay(self, batch_size):
        for state, action, reward, next_state, done in random.sample(self.memory, batch_size):
            target = reward
            if not done:
                target = reward + self.gamma * np.amax(self.model.predict(next_state, verbose=0)[0])
            target_f = self.model.predict(state, verbose=0)
            target_f[0][action] = target
            self.model.fit(state, target_f, epochs=1, verbose=0)

    def save(self, name):
        self.model.save_weights(name)

agent = DQNAgent(4, 2)
for _ in range(4):
    agent.memory.append((np.random.rand(1, 4), 1, 1.0, np.random.rand(1, 4), False))
agent.replay(2)
agent.save("cartpole-dqn.h5")
