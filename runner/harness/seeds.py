"""Random generators: different in every run, or set by the run's seed."""

from __future__ import annotations

import os
import random
import sys
from types import ModuleType
from typing import Any

from runner.harness.imports import Gate


def reseed() -> None:
    """Give this child its own randomness; a fork copies its parent's generators."""
    random.seed()
    _fresh_numpy(sys.modules.get("numpy"))
    torch = sys.modules.get("torch")
    if torch is not None:
        # Not `torch.manual_seed`, which needs 10 ms to note for each accelerator where it was called from.
        torch.default_generator.manual_seed(int.from_bytes(os.urandom(7), "big"))


def _fresh_numpy(numpy: ModuleType | None) -> None:
    if numpy is not None:
        numpy.random.seed()


def apply(seed: int | None, gate: Gate) -> None:
    """Set every generator that is loaded to `seed`, and the others as soon as they are."""
    if seed is None:
        gate.when_handed_out(_fresh_keras)
        return
    random.seed(seed)
    gate.after("numpy", lambda numpy: numpy.random.seed(seed % 2**32))
    gate.after("torch", lambda torch: torch.manual_seed(seed))
    gate.after("tensorflow", lambda tensorflow: tensorflow.random.set_seed(seed))

    def seed_keras(keras: Any) -> None:
        keras.utils.set_random_seed(seed % 2**32)

    gate.when_handed_out(seed_keras)
    gate.after("keras", seed_keras)


_before: dict[str, Any] = {}


def remember() -> None:
    """Note the state of the generators before the snippet's first line."""
    _before.update(_states())


def drew() -> bool:
    """True when a generator moved since `remember`; one loaded later counts when it is past its first state."""
    now = _states()
    if any(now.get(name) != state for name, state in _before.items()):
        return True
    if "numpy" in _before or "numpy" not in now:
        return False
    # Where a twister stands before its first number differs between versions of NumPy.
    return bool(now["numpy"][2] != sys.modules["numpy"].random.RandomState().get_state()[2])


def _states() -> dict[str, Any]:
    states: dict[str, Any] = {"python": random.getstate()}
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None:
        name, keys, position, *rest = numpy.random.get_state()
        states["numpy"] = (name, keys.tobytes(), position, rest)
    if torch is not None:
        states["torch"] = torch.get_rng_state().numpy().tobytes()
    return states


def _fresh_keras(keras: Any) -> None:
    """Forget a seed generator that the parent's import may have made."""
    state = sys.modules.get("keras.src.backend.common.global_state")
    if state is not None:
        state.set_global_attribute("global_seed_generator", None)
