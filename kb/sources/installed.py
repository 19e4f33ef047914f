"""The documentation of the installed packages, one page a public name.

The packages are imported in a process of their own (`kb.sources.introspect`), so that building the knowledge base
leaves no framework behind in the process that asked for it.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from kb.docstrings import sections
from kb.errors import BadSource
from kb.pages import Page, Section
from kb.sources.keras_io import page_url

READ_TIMEOUT_S = 300
# Where a package's files live at the tag of a version.
REPOSITORIES = {
    "keras": "https://github.com/keras-team/keras/blob/v{version}/{file}",
    "keras_hub": "https://github.com/keras-team/keras-hub/blob/v{version}/{file}",
    "keras_tuner": "https://github.com/keras-team/keras-tuner/blob/v{version}/{file}",
}


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Return the installed version of each package without importing it.

    Raises:
        BadSource: a package is not installed.
    """
    found = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package.replace("_", "-"))
        except importlib.metadata.PackageNotFoundError:
            raise BadSource(
                f"The package {package} is not installed.",
                f"Install it, or leave it out of the setting knowledge_packages: pip install {package}",
            ) from None
    return found


def read(packages: Sequence[str]) -> list[Page]:
    """Return a page for each documented public name of `packages`.

    Raises:
        BadSource: a package cannot be imported.
    """
    versions(packages)
    done = subprocess.run(
        [sys.executable, "-m", "kb.sources.introspect", *packages],
        env=_environment(),
        cwd=os.curdir,
        capture_output=True,
        timeout=READ_TIMEOUT_S,
        check=False,
    )
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    if done.returncode or not lines:
        complaint = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise BadSource(
            f"The packages {', '.join(packages)} cannot be read: {complaint[-1] if complaint else 'they say nothing'}.",
            "Try to import them with Python; `lobby doctor` says what this machine lacks.",
        )
    return [page(json.loads(line)) for line in lines]


def page(entry: dict[str, Any]) -> Page:
    """Make the page of one public name from what `introspect` printed."""
    symbol, package, version = entry["symbol"], entry["package"], entry["version"]
    parts = sections(entry["doc"]) or (Section("", _placeholder(entry)),)
    source_url = None
    if entry["file"] and package in REPOSITORIES:
        source_url = REPOSITORIES[package].format(version=version, file=entry["file"])
        source_url += f"#L{entry['line']}" if entry["line"] else ""
    return Page(
        id=f"api:{symbol}",
        kind="api",
        title=symbol,
        url=page_url(symbol) or source_url or f"/docs/{symbol}",
        sections=parts,
        symbol=symbol,
        aliases=tuple(entry["aliases"]),
        signature=entry["signature"],
        source_url=source_url,
        version=f"{package} {version}",
        meta={"sort": entry["sort"], "package": package, "lobby_url": f"/docs/{symbol}", "raises": entry["raises"]},
    )


def _placeholder(entry: dict[str, Any]) -> str:
    """Say what little is known of a public name that has no docstring."""
    owner, _, name = entry["symbol"].rpartition(".")
    said = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).lower()
    return f"The {entry['sort']} `{name}` of `{owner}` ({said}). Its authors wrote no description."


def _environment() -> dict[str, str]:
    """Return an environment in which the packages import quickly and quietly."""
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    for backend in ("jax", "torch", "tensorflow"):
        if importlib.util.find_spec(backend):
            environment["KERAS_BACKEND"] = backend
            break
    environment.update(
        TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", JAX_PLATFORMS="cpu", TF_ENABLE_ONEDNN_OPTS="0"
    )
    # The child must find this very package, wherever the caller stands.
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH"))))
    return environment
