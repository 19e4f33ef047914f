"""A training loop from scratch on PyTorch: a Keras model is a torch.nn.Module.

So its parameters go into any optimizer of PyTorch, and the loop looks as it does in any PyTorch program;
here with one of its learning rate schedulers.
"""
# backends: torch
# symbols: keras.Sequential, keras.ops.convert_to_numpy

import keras
import numpy as np
import torch

keras.utils.set_random_seed(2)
rng = np.random.default_rng(2)
x = rng.uniform(-1, 1, (1024, 1)).astype("float32")
y = np.cos(3 * x).astype("float32")
data = torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
batches = torch.utils.data.DataLoader(data, batch_size=64, shuffle=True)

model = keras.Sequential([keras.Input(shape=(1,)), keras.layers.Dense(32, activation="tanh"), keras.layers.Dense(1)])
print("a torch module:", isinstance(model, torch.nn.Module))
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.5)
device = next(model.parameters()).device

for epoch in range(30):
    total = 0.0
    for batch, target in batches:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(batch.to(device), training=True), target.to(device))
        loss.backward()
        optimizer.step()
        total += float(loss.detach()) * len(batch)
    schedule.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1}: loss {total / len(x):.5f}")
answer = keras.ops.convert_to_numpy(model(np.array([[0.5]], "float32")))[0, 0]
print(f"cos(1.5) = {np.cos(1.5):.3f}, the network says {answer:.3f}")
assert total / len(x) < 0.01
