"""Opens a saved model in safe mode: its layers are built from Keras' own classes, no code in the file is run."""

import h5py
import keras

FILE = ""


def show_tensors(file: h5py.File) -> None:
    """Print every tensor in an HDF5 file: its place, type and shape."""

    def show(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            print(f"{name}  {item.dtype}{list(item.shape)}")

    file.visititems(show)


if h5py.is_hdf5(FILE) and "model_config" not in h5py.File(FILE).attrs:
    print(f"{FILE} holds weights only. Build the model, then call model.load_weights({FILE!r}). It holds:")
    show_tensors(h5py.File(FILE))
else:
    model = keras.saving.load_model(FILE, compile=False, safe_mode=True)
    model.summary()
    print("input: ", model.input_shape)
    print("output:", model.output_shape)
