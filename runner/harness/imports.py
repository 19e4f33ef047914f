"""Import hooks: Keras handed out from the warm parent when the backend fits, and small patches after an import.

A snippet that never imports Keras pays for none of this.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType

_KERAS_FAMILY = ("keras", "keras_hub", "keras_tuner")
# Their start-up notes on the error stream are not the snippet's own words.
_NOISY = frozenset(("tensorflow", "jax", "torch", "keras", "keras_hub", "keras_tuner", "tensorflow_text"))
Patch = Callable[[ModuleType], None]


@contextlib.contextmanager
def quiet_errors() -> Iterator[None]:
    """Send the error stream of this process, native code included, to nowhere for a while."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


class _Patching(importlib.abc.Loader):
    """Load as the real loader does, quietly where asked, then patch."""

    def __init__(self, loader: importlib.abc.Loader, patches: list[Patch], quiet: bool) -> None:
        self._loader = loader
        self._patches = patches
        self._quiet = quiet

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        with quiet_errors() if self._quiet else contextlib.nullcontext():
            self._loader.exec_module(module)
        for patch in self._patches:
            with contextlib.suppress(Exception):  # a patch that does not fit must not break the snippet
                patch(module)


class _HandOut(importlib.abc.Loader):
    """Give out a module that is complete already."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


class Gate(importlib.abc.MetaPathFinder):
    """The first finder on `sys.meta_path` of a child."""

    def __init__(self, backend: str) -> None:
        self.backend = backend
        self._kept: dict[str, ModuleType] = {}
        self._patches: dict[str, list[Patch]] = {}
        self._on_hand_out: list[Patch] = []
        self._searching: set[str] = set()

    def keep(self) -> None:
        """Take the Keras family out of `sys.modules`, to be handed out when the snippet asks for it."""
        for name in list(sys.modules):
            if name.partition(".")[0] in _KERAS_FAMILY:
                self._kept[name] = sys.modules.pop(name)

    def touch(self) -> None:
        """Make the pages behind the kept modules this process' own; handing them out will write to all of them."""
        spare: dict[str, ModuleType] = {}
        for name, module in self._kept.items():
            spare.setdefault(name, module)
        for name in self._kept:
            sys.modules.get(name)

    @property
    def kept_keras(self) -> ModuleType | None:
        return self._kept.get("keras")

    def after(self, name: str, patch: Patch) -> None:
        """Call `patch` with the module `name` once it is imported, now if it was."""
        module = sys.modules.get(name)
        if module is not None:
            patch(module)
        else:
            self._patches.setdefault(name, []).append(patch)

    def when_handed_out(self, patch: Patch) -> None:
        """Call `patch` with Keras when the kept one is given to the snippet."""
        self._on_hand_out.append(patch)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname in self._kept and self._fits():
            modules, self._kept = self._kept, {}
            for name, module in modules.items():
                sys.modules.setdefault(name, module)
            keras = modules.get("keras")
            if keras is not None:
                for patch in self._on_hand_out:
                    patch(keras)
            sys.modules.pop(fullname, None)
            return importlib.machinery.ModuleSpec(fullname, _HandOut(modules[fullname]))
        patches = self._patches.pop(fullname, [])
        quiet = fullname in _NOISY
        if (not patches and not quiet) or fullname in self._searching:
            return None
        self._searching.add(fullname)
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._searching.discard(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Patching(spec.loader, patches, quiet)
        return spec

    def _fits(self) -> bool:
        return (os.environ.get("KERAS_BACKEND") or "tensorflow").lower() == self.backend
