"""Which API symbols a document explains: counted where it names them, in titles, prose and code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from kb.pages import Section
from kb.sources.outside import Resolve

MOST_SYMBOLS = 3

# How much one mention counts, and at most how many count, so that a long program does not outweigh its title.
TITLE = 15
HEADING, MOST_HEADINGS = 4, 3
PROSE, MOST_PROSE = 2, 6
CODE, MOST_CODE = 1, 8
# Nearly every program uses these; they tell what it is about only when a title names them.
EVERYWHERE = frozenset(
    [
        "keras.Input",
        "keras.layers.Input",
        "keras.Model",
        "keras.Sequential",
        "keras.layers.Dense",
        "keras.Model.fit",
        "keras.Model.compile",
        "keras.Model.summary",
        "keras.Model.evaluate",
        "keras.Model.predict",
        "keras.Sequential.add",
        "keras.layers.Flatten",
        "keras.optimizers.Adam",
        "keras.layers.Dropout",
        "keras.datasets.mnist.load_data",
        "keras.utils.to_categorical",
        "keras.layers.Activation",
        "keras.layers.Layer",
        "keras.Layer",
        "keras.utils.plot_model",
        "keras.utils.set_random_seed",
        "keras.utils.get_file",
        "keras.layers.Conv2D",
        "keras.layers.MaxPooling2D",
    ]
)
EVERYWHERE_SHARE = 0.2
# Capitalised at the start of a title, these are words rather than names.
WORDS = frozenset(
    [
        "Loss",
        "Model",
        "Layer",
        "Add",
        "Average",
        "Input",
        "Dot",
        "Minimum",
        "Maximum",
        "Multiply",
        "Subtract",
        "Metric",
        "Optimizer",
        "Function",
        "Variable",
        "Mean",
        "Accuracy",
        "Precision",
        "Name",
        "Operation",
        "Sum",
        "Callback",
        "Constant",
        "Identity",
        "Flatten",
        "Reshape",
        "Hashing",
        "Initializer",
    ]
)
# Helpers that every module has say nothing about a page.
HELPERS = (".get", ".serialize", ".deserialize")
# A symbol that is named far less often than the first is used, not explained.
LEAST_SHARE = 0.2

_FENCED = re.compile(r"^(?:```|~~~)[^\n]*\n(.*?)(?:^(?:```|~~~)|\Z)", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]{2,120})`")
_DOTTED = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_CALLED = re.compile(r"(?<![\w.])([A-Z]\w{1,60})\(")
_NAME = re.compile(r"(?<![\w.])[A-Z]\w{2,60}\b(?!\.\w)")
_FROM = re.compile(r"^[ \t>.]*from[ \t]+([\w.]+)[ \t]+import[ \t]+(?:\(([^)]{1,2000})\)|([^\n#]{1,500}))", re.MULTILINE)
_IMPORT = re.compile(r"^[ \t>.]*import[ \t]+([\w.]+)[ \t]+as[ \t]+(\w+)", re.MULTILINE)

_MODULES = [
    "layers",
    "callbacks",
    "optimizers",
    "losses",
    "metrics",
    "models",
    "ops",
    "utils",
    "initializers",
    "regularizers",
    "constraints",
    "activations",
    "applications",
    "datasets",
    "saving",
    "random",
    "distribution",
    "quantizers",
    "preprocessing",
    "backend",
]
# What names stand for where nothing was imported: snippets rarely say it.
_USUAL = {
    **{module: f"keras.{module}" for module in _MODULES},
    "K": "keras.backend",
    "model": "keras.Model",
    "Model": "keras.Model",
    "Sequential": "keras.Sequential",
    "Layer": "keras.Layer",
    "kt": "keras_tuner",
}
# Where a bare class name may live, the likeliest first.
_HOMES = (
    "keras.layers",
    "keras",
    "keras.callbacks",
    "keras.optimizers",
    "keras.losses",
    "keras.metrics",
    "keras.utils",
)


def explained(title: str, sections: Iterable[Section], resolve: Resolve) -> tuple[str, ...]:
    """Return at most three canonical symbols that a document explains, most important first.

    Args:
        title: of the document.
        sections: its text as Markdown.
        resolve: a name → its canonical symbol, or None.
    """
    find = lru_cache(maxsize=4096)(resolve)
    parts = list(sections)
    whole = "\n".join(part.text for part in parts)
    code = "\n".join(match.group(1) for match in _FENCED.finditer(whole))
    prose = _FENCED.sub("\n", whole)
    names = _imports(code)
    score: Counter[str] = Counter()
    _add(score, _in_title(title, names, find), TITLE, 1)
    headings: Counter[str] = Counter()
    for part in parts:
        headings.update(_in_title(part.title, names, find).keys())
    _add(score, headings, HEADING, MOST_HEADINGS)
    said: Counter[str] = Counter()
    for match in _INLINE.finditer(prose):
        said.update(_names_in(match.group(1), names, find, bare=True))
    said.update(_names_in(_INLINE.sub(" ", prose), names, find, bare=False))
    _add(score, said, PROSE, MOST_PROSE)
    _add(score, _names_in(code, names, find, bare=False), CODE, MOST_CODE)
    titled = _in_title(title, names, find)
    weighed = {
        symbol: points * (EVERYWHERE_SHARE if symbol in EVERYWHERE and symbol not in titled else 1.0)
        for symbol, points in score.items()
        if not symbol.endswith(HELPERS)
    }
    best = sorted(weighed, key=lambda symbol: (-weighed[symbol], symbol))[:MOST_SYMBOLS]
    return tuple(symbol for symbol in best if weighed[symbol] >= LEAST_SHARE * weighed[best[0]])


def _add(score: Counter[str], found: Counter[str], each: int, most: int) -> None:
    for symbol, count in found.items():
        score[symbol] += each * min(count, most)


def _imports(code: str) -> dict[str, str]:
    """Return what each imported name stands for."""
    names = dict(_USUAL)
    for match in _FROM.finditer(code):
        module = match.group(1)
        if "keras" not in module and module not in {"tensorflow", "tf"}:
            continue
        for item in (match.group(2) or match.group(3)).split(","):
            name, _, alias = item.strip().partition(" as ")
            if re.fullmatch(r"\w+", name.strip()):
                names[alias.strip() or name.strip()] = f"{module}.{name.strip()}"
    for match in _IMPORT.finditer(code):
        if "keras" in match.group(1):
            names[match.group(2)] = match.group(1)
    return names


def _names_in(text: str, names: dict[str, str], find: Resolve, *, bare: bool) -> Counter[str]:
    """Count the symbols named in code or prose; bare names only where they were imported, called, or `bare`."""
    found: Counter[str] = Counter()
    for match in _DOTTED.finditer(text):
        symbol = _symbol(match.group()[:200], names, find)
        if symbol:
            found[symbol] += 1
    for match in (_NAME if bare else _CALLED).finditer(text):
        name = match.group(1) if not bare else match.group()
        symbol = find(names[name]) if name in names else _at_home(name, find)
        if symbol:
            found[symbol] += 1
    return found


def _symbol(path: str, names: dict[str, str], find: Resolve) -> str | None:
    first, _, rest = path.partition(".")
    full = f"{names[first]}.{rest}" if first in names else path
    if not re.match(r"(?:tf|tensorflow|keras\w*|tf_keras|kt|kerastuner)\.", full):
        return None
    # `keras.layers.Dense.from_config` says most about Dense.
    return find(full) or (find(full.rpartition(".")[0]) if full.count(".") > 2 else None)


def _at_home(name: str, find: Resolve) -> str | None:
    return next((symbol for home in _HOMES if (symbol := find(f"{home}.{name}"))), None)


def _in_title(title: str, names: dict[str, str], find: Resolve) -> Counter[str]:
    """Return the symbols that a title names: dotted, in camel case, or as a capitalised word such as Masking."""
    telling = " ".join(word for word in title.replace("`", " ").split() if word not in WORDS)
    found = _names_in(telling, names, find, bare=True)
    if len(title.split()) == 1 and not found:
        symbol = _symbol(f"keras.layers.{title}", names, find) or _at_home(title.strip("`()"), find)
        if symbol:
            found[symbol] += 1
    return found
