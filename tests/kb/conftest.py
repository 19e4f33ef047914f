from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

# Tests are imported by their files, so a helper beside them has to be told by name.
_spec = importlib.util.spec_from_file_location("toys", Path(__file__).with_name("toys.py"))
assert _spec is not None and _spec.loader is not None
toys = importlib.util.module_from_spec(_spec)
sys.modules["toys"] = toys
_spec.loader.exec_module(toys)


@pytest.fixture(scope="session")
def small_built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small knowledge base, built once; tests work on copies."""
    folder = tmp_path_factory.mktemp("small") / "knowledge"
    assert toys.small(folder).build().usable
    return folder


@pytest.fixture
def small_folder(small_built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_built, tmp_path / "knowledge"))
