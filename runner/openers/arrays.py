"""Shows the arrays of a NumPy file; pickled objects in it are refused."""

import numpy as np

FILE = ""


def show(name: str, array: np.ndarray) -> None:
    """Print what an array is: its type, shape and range."""
    print(f"{name}: {array.dtype}{list(array.shape)}")
    if array.size and np.issubdtype(array.dtype, np.number):
        print(f"  from {array.min()} to {array.max()}, mean {array.mean():.6g}")


loaded = np.load(FILE, allow_pickle=False)
if isinstance(loaded, np.ndarray):
    show(FILE, loaded)
else:
    for key in loaded.files:
        show(key, loaded[key])
