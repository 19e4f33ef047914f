"""What the knowledge base says about itself: the manifest of a build and the status made from it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from kb.errors import Damaged
from kb.store import REBUILD

# Raised whenever what is stored changes its form or meaning: an older build is then built again.
SCHEMA = 2
MANIFEST = "current.json"

State = Literal["ready", "missing", "out-of-date", "damaged"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was built, from what, and which files belong to it."""

    schema: int
    folder: str
    fingerprint: str
    content: str
    model: str
    versions: dict[str, str]
    built_at: str
    pages: int
    passages: int
    sources: dict[str, int]
    files: dict[str, str]
    sizes: dict[str, int]
    added: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """Return the manifest of the build in use, or None when there is none.

        Raises:
            Damaged: there is one that cannot be read.
        """
        path = folder / MANIFEST
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            # An older schema may lack what today's has: it is told by its number alone.
            if isinstance(data, dict) and data.get("schema") != SCHEMA:
                data = {
                    **dict.fromkeys(cls.__slots__, ""),
                    "schema": data.get("schema", 0),
                    "versions": {},
                    "files": {},
                }
                data.update(pages=0, passages=0, sources={}, sizes={}, added=[])
            return cls(**data)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, TypeError) as error:
            raise Damaged(f"The knowledge base's {MANIFEST} cannot be read: {error}.", REBUILD) from None

    def write(self, folder: Path) -> None:
        """Put this build in use: readers see the one before or this one, never half."""
        path = folder / f"{MANIFEST}.new"
        with path.open("w", encoding="utf-8") as file:
            json.dump(asdict(self), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        path.replace(folder / MANIFEST)

    def check_sizes(self, folder: Path) -> None:
        """Compare the files' sizes with the manifest's: quick, for a status.

        Raises:
            Damaged: a file is missing or cut.
        """
        for name, size in self.sizes.items():
            try:
                found = (folder / self.folder / name).stat().st_size
            except OSError as error:
                raise Damaged(f"The knowledge base file {name} is missing ({error.strerror}).", REBUILD) from None
            if found != size:
                raise Damaged(f"The knowledge base file {name} is {found:,} bytes long, not {size:,}.", REBUILD)

    def check_files(self, folder: Path) -> None:
        """Compare the files' contents with the manifest's hashes.

        Raises:
            Damaged: a file is missing, cut or changed.
        """
        self.check_sizes(folder)
        for name, digest in self.files.items():
            if file_hash(folder / self.folder / name) != digest:
                raise Damaged(f"The knowledge base file {name} has changed since it was built.", REBUILD)


@dataclass(frozen=True, slots=True)
class Status:
    """What the knowledge base holds and whether it can be used.

    `state` is "ready", "missing", "out-of-date" or "damaged"; unless it is "ready", `what` says in a line what is wrong
    and `remedy` what to do. `versions` are of the packages it was built from, `sources` the number of pages by source,
    `added` the sources that were added, each with `name`, `kind`, `pages`, `added_at`, `read_at` and `problems`.
    """

    state: State
    what: str = ""
    remedy: str = ""
    pages: int = 0
    passages: int = 0
    model: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, int] = field(default_factory=dict)
    added: Sequence[Mapping[str, Any]] = ()
    built_at: str | None = None
    size_bytes: int = 0
    folder: str = ""

    @property
    def usable(self) -> bool:
        """Tell whether questions can be asked."""
        return self.state == "ready"

    @property
    def built(self) -> bool:
        """Tell whether there is a build at all, usable or not."""
        return self.state != "missing"

    def to_dict(self) -> dict[str, Any]:
        data = asdict(self)
        data["versions"] = dict(self.versions)
        data["sources"] = dict(self.sources)
        data["added"] = [dict(source) for source in self.added]
        data["usable"] = self.usable
        return data


def file_hash(path: Path) -> str:
    """Return the hash of a file's content.

    Raises:
        Damaged: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "blake2b").hexdigest()[:32]
    except OSError as error:
        raise Damaged(f"The knowledge base file {path.name} cannot be read: {error.strerror}.", REBUILD) from None


def text_hash(*parts: str) -> str:
    """Return a short hash of some texts in order."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "little"))
        digest.update(encoded)
    return digest.hexdigest()
