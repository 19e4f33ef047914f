"""Find the API symbols that a text names: by any alias, an old name, a layer's instance name, or nearly so."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from kb.names import OWNERS, is_plain, legacy_names, modern
from kb.normalize import STOP_WORDS
from kb.pages import Page

How = Literal["path", "name", "legacy", "spoken", "instance", "near"]

# How much a way of naming counts, 1 for the full path. Ordinary words that happen to name a layer say little.
STRENGTH: Mapping[How, float] = {
    "path": 1.0,
    "name": 0.9,
    "legacy": 0.85,
    "spoken": 0.7,
    "instance": 0.6,
    "near": 0.6,
}
PLAIN_WORD = 0.35
PACKAGES = ("keras", "keras_hub", "keras_tuner")
# A name that several symbols share (`load_data`, `preprocess_input`) is spread over at most so many.
MOST_MEANINGS = 12
NEAR_ENOUGH = 0.84
SHORTEST_NEAR = 5

_PATH = re.compile(r"[A-Za-z_]\w*(?:\s?\.\s?[A-Za-z_]\w*)+")
_CLASS_PATH = re.compile(r"[a-z_]\w*(?:\.[a-z_]\w*)*\.[A-Z]\w+")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_Add = Callable[[Iterable[int], float], None]
_AddLegacy = Callable[[str], bool]

_IMPORT = re.compile(r"from\s+([\w.]+)\s+import\s+([\w, ]+)")
_INSTANCE = re.compile(r"[\"'`]?\b([a-z][a-z0-9_]*?)(?:_\d+)?(?:_input)?\b")


@dataclass(frozen=True, slots=True)
class Spotted:
    """What a text names: page numbers with the strength of the naming, and which old names it used."""

    pages: dict[int, float] = field(default_factory=dict)
    legacy: dict[str, tuple[str, ...]] = field(default_factory=dict)
    paths: frozenset[int] = frozenset()


class SymbolTable:
    """All public names of the knowledge base's API pages."""

    def __init__(self, names: Sequence[tuple[int, str, tuple[str, ...], str]]) -> None:
        """Take page number, canonical symbol, aliases and sort (class, function, method, property) of each page."""
        self.symbols: list[str] = [symbol for _, symbol, _, _ in names]
        self._page: dict[str, int] = {}
        self._symbol: dict[int, str] = {}
        self._by_name: dict[str, list[int]] = {}
        self._by_lower: dict[str, list[int]] = {}
        self._methods: dict[str, list[int]] = {}
        self._sorts: dict[int, str] = {}
        for number, symbol, aliases, sort in names:
            self._symbol[number] = symbol
            self._sorts[number] = sort
            for path in (symbol, *aliases):
                self._page.setdefault(path, number)
                last = path.rpartition(".")[2]
                table = self._methods if sort in {"method", "property"} else self._by_name
                if number not in table.setdefault(last, []):
                    table[last].append(number)
        for table in (self._by_name, self._methods):
            for pages in table.values():
                pages.sort(key=self._prominence)
        for name, pages in self._by_name.items():
            self._by_lower.setdefault(name.lower().replace("_", ""), []).extend(pages)
        # Every folder on the way to a symbol: keras.datasets, keras.datasets.mnist.
        owners = {path.rpartition(".")[0] for path in self._page}
        self._modules = {owner[: match.start()] for owner in owners for match in re.finditer(r"\.|\Z", owner)}
        self._lower_paths = {path.lower(): number for path, number in reversed(self._page.items())}

    def _prominence(self, page: int) -> tuple[bool, bool, int, bool, str]:
        symbol = self._symbol[page]
        # A class before the function of the same meaning; Keras itself before its libraries.
        # Of the same function in every application, the one they all share comes first.
        shared = "imagenet_utils" not in symbol
        return (not symbol.startswith("keras."), ".ops." in symbol, symbol.count("."), shared, symbol)

    def find(self, name: str) -> int | None:
        """Return the page of a full name: canonical, alias, `tf.keras…`, an old module path, or in other case."""
        path = modern(name.strip().removesuffix("()").replace(" ", ""))
        if path in self._page:
            return self._page[path]
        if path.lower() in self._lower_paths:
            return self._lower_paths[path.lower()]
        parts = path.split(".")
        if len(parts) > 2 and parts[0] in PACKAGES:
            # Old module paths have parts in the middle that are gone: keras.layers.core.Dense.
            for shorter in (parts[:2] + parts[-1:], parts[:1] + parts[-1:]):
                found = self._page.get(".".join(shorter))
                if found is not None:
                    return found
            return self._inherited(parts)
        if len(parts) == 2 and parts[0] not in PACKAGES:
            for package in PACKAGES:
                found = self._page.get(f"{package}.{path}")
                if found is not None:
                    return found
            classes = self._by_name.get(parts[0], ())
            return next(
                (p for c in classes if (p := self._page.get(f"{self._symbol[c]}.{parts[1]}")) is not None), None
            )
        return None

    def module_of(self, name: str, package: str = "keras") -> str | None:
        """Return the module from which a class or function of that very name is imported, one of `package` first."""
        symbols = [self._symbol[page] for page in self._by_name.get(name, ())]
        modules = [symbol.rpartition(".")[0] for symbol in symbols if symbol.rpartition(".")[2] == name]
        own = [module for module in modules if module.partition(".")[0] == package]
        return next(iter([*own, *modules]), None)

    def _inherited(self, parts: list[str]) -> int | None:
        """Find a method that a class has from a public base: keras.layers.LSTM.get_weights, keras.Sequential.fit."""
        owner = self._page.get(".".join(parts[:-1]))
        if owner is None or self._sorts[owner] != "class":
            return None
        symbol = self._symbol[owner]
        family = symbol.split(".")[1] if symbol.count(".") > 1 else ""
        bases = {
            "layers": ("keras.Layer",),
            "models": ("keras.Model", "keras.Layer", "keras_hub.models.Backbone", "keras_hub.models.Task"),
            "optimizers": ("keras.optimizers.Optimizer",),
            "callbacks": ("keras.callbacks.Callback",),
            "metrics": ("keras.metrics.Metric",),
            "losses": ("keras.losses.Loss",),
        }.get(family, ("keras.Model", "keras.Layer"))
        return next((page for base in bases if (page := self._page.get(f"{base}.{parts[-1]}")) is not None), None)

    def spot(self, text: str, *, error: bool = False, known_words: Iterable[str] = ()) -> Spotted:
        """Return what `text` names.

        Args:
            text: prose, code or both.
            error: `text` holds an error message, in which layers go by their instance names (`lstm_1`).
            known_words: words that are not to be taken for misspelt names.
        """
        found: dict[int, float] = {}
        legacy: dict[str, tuple[str, ...]] = {}
        paths: set[int] = set()

        def add(pages: Iterable[int], strength: float) -> None:
            chosen = list(pages)[:MOST_MEANINGS]
            for place, page in enumerate(chosen):
                # Later meanings are less likely ones, but a tie should not push the first down.
                found[page] = max(found.get(page, 0.0), strength * (1.0 if place == 0 else 0.85))

        def add_legacy(name: str) -> bool:
            targets = legacy_names().get(name)
            if not targets:
                return False
            legacy[name] = targets
            for place, symbol in enumerate(targets):
                page = self._page.get(symbol)
                if page is not None:
                    found[page] = max(found.get(page, 0.0), STRENGTH["legacy"] * (1.0 if place == 0 else 0.9))
            return True

        covered: set[str] = set()
        for match in _IMPORT.finditer(text):
            for name in match.group(2).replace(" ", "").split(","):
                page = self.find(f"{match.group(1)}.{name}")
                if page is not None:
                    add((page,), STRENGTH["path"])
                    covered.add(name)
        for match in _PATH.finditer(text):
            path = re.sub(r"\s", "", match.group())
            if self._spot_path(path, add, add_legacy, paths):
                covered.update(path.split("."))
        for match in _IDENTIFIER.finditer(text):
            name = match.group()
            if name in covered:
                continue
            if add_legacy(name) or self._spot_name(name, text, match.start(), match.end(), add):
                covered.add(name)
        self._spot_spoken(text, add)
        if error:
            for match in _INSTANCE.finditer(text):
                add(self._classes_like(match.group(1).replace("_", "")), STRENGTH["instance"])
        self._spot_near(text, covered, frozenset(known_words), add)
        return Spotted(found, legacy, frozenset(paths))

    def _spot_path(self, path: str, add: _Add, add_legacy: _AddLegacy, paths: set[int]) -> bool:
        page = self.find(path)
        if page is not None:
            add((page,), STRENGTH["path"])
            paths.add(page)
            return True
        parts = path.split(".")
        owner, name = parts[-2], parts[-1]
        if owner in {"K", "backend"}:
            if add_legacy(f"K.{name}"):
                return True
            page = self._page.get(f"keras.ops.{name}")
            if page is not None:
                add((page,), STRENGTH["path"])
                return True
        if add_legacy(name) or add_legacy(owner):
            return True
        if modern(path).split(".")[0] in PACKAGES and len(name) >= 4:
            for close in self._close(name.lower().replace("_", ""), 1, 0.75):
                add(self._near_pages(close), STRENGTH["legacy"])
                return True
        for base in OWNERS.get(owner.lower(), ()):
            page = self._page.get(f"{base}.{name}")
            if page is not None:
                add((page,), STRENGTH["name"])
                return True
        # model_1.fit, my_generator.fit: an unknown variable's method is likely a model's.
        methods = self._methods.get(name)
        if methods:
            add(methods, STRENGTH["spoken"])
            return True
        return False

    def _spot_name(self, name: str, text: str, start: int, end: int, add: _Add) -> bool:
        called = text[end : end + 1] == "("
        pages = self._by_name.get(name)
        if pages is not None and name not in STOP_WORDS:
            plain = name.islower() and "_" not in name and not called
            telling = name.lower() != name and (any(c.isupper() for c in name[1:]) or text[start - 1 : start] in "`'\"")
            strength = STRENGTH["name"] if not plain and (telling or "_" in name or called) else PLAIN_WORD
            if name[:1].isupper() and name[1:].islower() and not called:
                # Dense, Embedding, Add: a name, unless it merely begins the sentence.
                strength = (
                    STRENGTH["spoken"]
                    if start and not text[:start].rstrip().endswith((".", "?", "!", ":"))
                    else PLAIN_WORD
                )
            add(pages, strength)
            return True
        methods = self._methods.get(name)
        if methods is not None and ("_" in name or called):
            add(methods, STRENGTH["name"] if "_" in name else STRENGTH["spoken"])
            return True
        if methods is not None and name not in STOP_WORDS:
            add(methods[:3], PLAIN_WORD)
            return True
        return False

    def _spot_spoken(self, text: str, add: _Add) -> None:
        """Find names said in words: early stopping, batch normalization, conv 2d, max pooling layers."""
        tokens = [token.lower() for token in re.findall(r"[A-Za-z0-9]+", text)]
        for length in (4, 3, 2, 1):
            for place in range(len(tokens) - length + 1):
                run = tokens[place : place + length]
                joined = "".join(run)
                if length == 1 and (joined in STOP_WORDS or len(joined) < 3):
                    continue
                for name in (joined, joined.removesuffix("s"), joined.removesuffix("er")):
                    pages = self._by_lower.get(name)
                    if pages:
                        strength = STRENGTH["spoken"] if length > 1 or not is_plain(joined) else PLAIN_WORD
                        add(pages, strength)
                        break

    def _classes_like(self, lowered: str) -> list[int]:
        return [page for page in self._by_lower.get(lowered, ()) if ".layers." in self._symbol[page]][:2]

    def _spot_near(self, text: str, covered: set[str], known: frozenset[str], add: _Add) -> None:
        """Find misspelt names among what looks like a name and is none."""
        for name in dict.fromkeys(_IDENTIFIER.findall(text)):
            lowered = name.lower().replace("_", "")
            if name in covered or len(lowered) < SHORTEST_NEAR or lowered in self._by_lower:
                continue
            looks = "_" in name.strip("_") or (any(c.isupper() for c in name[1:]) and not name.isupper())
            if not looks and (lowered in known or name.lower() in STOP_WORDS or len(lowered) < 7):
                continue
            for close in self._close(lowered, 1, NEAR_ENOUGH if looks else 0.9):
                add(self._near_pages(close), STRENGTH["near"] if looks else STRENGTH["near"] * 0.7)

    def _near_pages(self, lowered: str) -> list[int]:
        return self._by_lower.get(lowered) or self._methods_lower().get(lowered, [])

    def _methods_lower(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for name, pages in self._methods.items():
            found.setdefault(name.lower().replace("_", ""), []).extend(pages)
        return found

    def absent(self, text: str) -> list[str]:
        """Return the full names of classes in `text` that Keras does not have, and never had as far as we know."""
        found = []
        for match in _CLASS_PATH.finditer(text):
            path = modern(match.group())
            owner, _, name = path.rpartition(".")
            # What a class has is not all listed; what stands elsewhere may be anybody's.
            if path.partition(".")[0] not in PACKAGES or owner in self._page or owner not in self._modules:
                continue
            if self.find(path) is None and not {name, path} & legacy_names().keys():
                found.append(path)
        return list(dict.fromkeys(found))

    def _close(self, lowered: str, limit: int, cutoff: float) -> list[str]:
        # Only names of about the same length that begin alike can be near; comparing with all would take too long.
        near = [
            name
            for name in self._by_lower
            if abs(len(name) - len(lowered)) <= 3 and (name[0] == lowered[0] or name[1:3] == lowered[1:3])
        ]
        return difflib.get_close_matches(lowered, near, n=limit, cutoff=cutoff)

    def nearest(self, text: str, limit: int) -> list[str]:
        """Return the canonical symbols whose names are most like `text`, best first."""
        page = self.find(text)
        wanted = text.strip().rpartition(".")[2].lower().replace("_", "")
        ranked: list[int] = [] if page is None else [page]
        for name in (wanted, *difflib.get_close_matches(wanted, list(self._by_lower), n=limit, cutoff=0.5)):
            ranked.extend(self._by_lower.get(name, ()))
        methods = self._methods_lower()
        for name in (wanted, *difflib.get_close_matches(wanted, list(methods), n=limit, cutoff=0.6)):
            ranked.extend(methods.get(name, ()))

        def likeness(number: int) -> float:
            return difflib.SequenceMatcher(None, text.lower(), self._symbol[number].lower()).ratio() + (
                2.0
                if number == page
                else 0.5
                * difflib.SequenceMatcher(
                    None, wanted, self._symbol[number].rpartition(".")[2].lower().replace("_", "")
                ).ratio()
                * 2
            )

        return [self._symbol[number] for number in sorted(dict.fromkeys(ranked), key=likeness, reverse=True)[:limit]]


def symbol_table(pages: Iterable[Page]) -> SymbolTable:
    """Return the table of the API pages among `pages`, which are numbered in their order."""
    return SymbolTable(
        [(n, page.symbol, page.aliases, str(page.meta.get("sort", ""))) for n, page in enumerate(pages) if page.symbol]
    )
