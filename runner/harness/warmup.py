"""The first operation of a backend, done by a child that waits, so that a snippet need not."""

from __future__ import annotations

import contextlib
import sys

from runner.harness.imports import quiet_errors


def first_operation(backend: str) -> None:
    """Start the backend's threads, allocators and compiler; only with what the parent has imported."""
    with contextlib.suppress(Exception), quiet_errors():
        if backend == "tensorflow" and "tensorflow" in sys.modules:
            tensorflow = sys.modules["tensorflow"]
            (tensorflow.ones((2, 2)) @ tensorflow.ones((2, 2))).numpy()
        elif backend == "jax" and "jax" in sys.modules:
            numpy = sys.modules["jax"].numpy
            (numpy.ones((2, 2)) @ numpy.ones((2, 2))).block_until_ready()
        elif backend == "torch" and "torch" in sys.modules:
            torch = sys.modules["torch"]
            (torch.ones(2, 2) @ torch.ones(2, 2)).sum().item()
