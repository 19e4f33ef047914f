"""What imported packages do at the end of an interpreter, without what only tidies memory that goes anyway.

A snippet pays for its end as for its start: frameworks register functions that walk through all they ever made, 18 ms
with TensorFlow and 50 ms with PyTorch. The end of the process frees the same.
"""

from __future__ import annotations

import atexit
import sys
import weakref
from typing import Any

# In the order in which they are registered, so the last one is called first.
_KEPT = (
    ("multiprocessing.util", "_exit_function"),  # joins the snippet's own processes
    ("logging", "shutdown"),  # flushes its handlers
    ("torch.utils.data._utils", "_set_python_exit_flag"),  # keeps loaders' workers from complaining
    ("jax._src.dispatch", "wait_for_tokens"),  # what `jax.debug.print` has not printed yet
)


def keep_few() -> None:
    """Forget what the imports have registered but for the few that a snippet can notice; for the parent."""
    atexit._clear()
    for module, name in _KEPT:
        function = getattr(sys.modules.get(module), name, None)
        if function is not None:
            atexit.register(function)
    # Only objects of the snippet's own (a `TemporaryDirectory`) are finalized at its end.
    finalize: Any = weakref.finalize  # what is private to it has no type
    finalize._registry.clear()
    finalize._registered_with_atexit = False
