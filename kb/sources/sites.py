"""Where a file of a known documentation is published, and the translations of one page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

from kb.sources.finish import folder_language

# Link in a notebook's row of buttons; the Chinese site is a mirror.
_TENSORFLOW = re.compile(
    r"https?://(?:www\.)?tensorflow\.(?:org|google\.cn)/((?:guide|tutorials|text|hub|federated)/[\w/.-]{1,200})"
)
# Renderings of the same tutorials that the keras-io repository keeps beside them.
RENDERINGS = frozenset({"md", "ipynb", "img"})
_LIBRARIES = ("keras_tuner", "keras_hub", "keras_cv", "keras_nlp", "keras_rs")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file lies: language from its path, path without language, without its ending."""

    path: PurePosixPath
    language: str | None
    neutral: str

    @property
    def stem(self) -> str:
        return PurePosixPath(self.neutral).name


def place(relative: str, *, root_name: str = "") -> Place:
    """Tell a file's language and its place among translations from its path below the source's folder.

    Args:
        relative: path with slashes below the folder.
        root_name: the folder's own name; `docs-zh` and the like count when no folder below it says more.
    """
    path = PurePosixPath(relative)
    stem = path.name[: len(path.name) - len(path.suffix)] if path.suffix else path.name
    parts = list(path.parts[:-1])
    language = None
    for number, part in enumerate(parts):
        language = folder_language(part)
        if language:
            del parts[number]
            break
    name, dot, ending = stem.rpartition(".")
    if dot and (told := folder_language(ending)):
        stem, language = name, language or told
    if language is None:
        language = folder_language(root_name)
        match = re.search(r"[-_.]([a-z]{2})(?:[-_][A-Za-z]{2})?$", root_name)
        if language is None and match:
            language = folder_language(match.group(1))
    return Place(path, language, "/".join([*parts, stem]))


def tensorflow_url(text: str, where: Place) -> str | None:
    """Return the address on tensorflow.org that a notebook's buttons link to, if they mean this very page."""
    for match in _TENSORFLOW.finditer(text):
        page = match.group(1).rstrip("/").removesuffix(".ipynb")
        if page.rpartition("/")[2] == where.stem:
            return _tensorflow(page, where)
    return None


def tensorflow_path_url(where: Place, root_name: str) -> str | None:
    """Return the address of a file of the tensorflow/docs or docs-l10n repositories, or None for any other."""
    below = where.neutral.partition("site/")[2] or where.neutral
    if root_name not in {"tensorflow-docs", "docs-l10n", "site"} and "site/" not in where.neutral:
        return None
    if where.stem == "README" or where.language is None or not below.startswith(("guide/", "tutorials/")):
        return None
    return _tensorflow(below.removesuffix("/index"), where)


def _tensorflow(page: str, where: Place) -> str:
    folder = next((part for part in where.path.parts[:-1] if folder_language(part)), "en")
    return f"https://www.tensorflow.org/{page}" + ("" if folder == "en" else f"?hl={folder}")


def keras_io_url(neutral: str) -> str | None:
    """Return the address on keras.io of a file of the keras-io repository, or None for what it does not publish."""
    top, _, below = neutral.partition("/")
    if not below or any(part in RENDERINGS for part in below.split("/")[:-1]):
        return None
    library = below.partition("/")[0]
    if top == "guides" and library in _LIBRARIES:
        return f"https://keras.io/{library}/guides/{quote(below.partition('/')[2])}/"
    if top in {"guides", "examples"}:
        return f"https://keras.io/{top}/{quote(below)}/"
    if top == "templates":
        page = below.removesuffix("/index") if below != "index" else ""
        return f"https://keras.io/{quote(page)}/" if page else "https://keras.io/"
    return None


# The well-known guides, by file name: what they are about, which the names they use most do not tell.
SUBJECTS: dict[str, str] = {
    "functional": "keras.Model keras.Input",
    "functional_api": "keras.Model keras.Input",
    "sequential_model": "keras.Sequential keras.Sequential.add",
    "custom_callback": "keras.callbacks.Callback",
    "writing_your_own_callbacks": "keras.callbacks.Callback",
    "custom_layers_and_models": "keras.Layer keras.Model keras.Layer.add_weight",
    "making_new_layers_and_models_via_subclassing": "keras.Layer keras.Model keras.Layer.add_weight",
    "customizing_what_happens_in_fit": "keras.Model.fit keras.Model.train_step keras.Model",
    "masking_and_padding": "keras.layers.Masking keras.layers.Embedding keras.utils.pad_sequences",
    "understanding_masking_and_padding": "keras.layers.Masking keras.layers.Embedding keras.utils.pad_sequences",
    "rnn": "keras.layers.LSTM keras.layers.GRU keras.layers.RNN",
    "working_with_rnns": "keras.layers.LSTM keras.layers.GRU keras.layers.RNN",
    "save_and_serialize": "keras.Model.save keras.saving.load_model keras.Model.save_weights",
    "serialization_and_saving": "keras.Model.save keras.saving.load_model keras.saving.register_keras_serializable",
    "train_and_evaluate": "keras.Model.fit keras.Model.compile keras.Model.evaluate",
    "training_with_built_in_methods": "keras.Model.fit keras.Model.compile keras.Model.evaluate",
    "transfer_learning": "keras.Layer.trainable keras.layers.BatchNormalization keras.Model",
    "writing_a_training_loop_from_scratch": "keras.Model keras.optimizers.Optimizer keras.Layer.losses",
    "keras_tuner": "keras_tuner.Hyperband keras_tuner.HyperParameters keras_tuner.Tuner",
}


def subjects(where: Place) -> list[str]:
    """Return the symbols that a well-known Keras guide explains, by its name; none for any other page."""
    guide = re.search(r"(?:^|/)(?:guide/keras|guides|tutorials/keras)/[^/]+$", where.neutral)
    return SUBJECTS.get(where.stem, "").split() if guide else []


def readthedocs_url(neutral: str, root_name: str) -> str | None:
    """Return the address of a page of the Chinese translation of the Keras 2 documentation."""
    if root_name != "keras-docs-zh":
        return None
    page = neutral.removesuffix("index").removesuffix("README").strip("/")
    return "https://keras-zh.readthedocs.io/" + (f"{quote(page)}/" if page else "")
