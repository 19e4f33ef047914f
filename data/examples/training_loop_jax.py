"""A training loop from scratch on JAX: pure functions in, new values out.

`stateless_call` and `stateless_apply` take the values of all variables and give back new ones, so that one
step can be compiled by `jax.jit`. At the end the values are put back into the model.
"""
# backends: jax
# symbols: keras.Model.stateless_call, keras.optimizers.Optimizer.stateless_apply

import jax
import keras
import numpy as np

keras.utils.set_random_seed(2)
rng = np.random.default_rng(2)
x = rng.uniform(-1, 1, (1024, 1)).astype("float32")
y = np.cos(3 * x).astype("float32")

model = keras.Sequential([keras.Input(shape=(1,)), keras.layers.Dense(32, activation="tanh"), keras.layers.Dense(1)])
optimizer = keras.optimizers.Adam(0.02)
optimizer.build(model.trainable_variables)


def loss_of(trainable, non_trainable, batch, target):
    prediction, non_trainable = model.stateless_call(trainable, non_trainable, batch, training=True)
    return keras.ops.mean((prediction - target) ** 2), non_trainable


@jax.jit
def step(state, batch, target):
    trainable, non_trainable, memory = state
    (loss, non_trainable), gradients = jax.value_and_grad(loss_of, has_aux=True)(
        trainable, non_trainable, batch, target
    )
    trainable, memory = optimizer.stateless_apply(memory, gradients, trainable)
    return loss, (trainable, non_trainable, memory)


def values(variables):
    return [variable.value for variable in variables]


state = values(model.trainable_variables), values(model.non_trainable_variables), values(optimizer.variables)
for epoch in range(30):
    losses = []
    for chosen in rng.permutation(len(x)).reshape(-1, 64):
        loss, state = step(state, x[chosen], y[chosen])
        losses.append(float(loss))
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.5f}")

for variable, value in zip(model.trainable_variables, state[0]):
    variable.assign(value)
print(f"cos(1.5) = {np.cos(1.5):.3f}, the network says {float(model(np.array([[0.5]], 'float32'))[0, 0]):.3f}")
assert np.mean(losses) < 0.01
