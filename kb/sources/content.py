"""What people edit: the FAQ, the learning path and the examples of the content folder."""

from __future__ import annotations

from pathlib import Path

from kb.pages import Page
from kb.sources import examples, markdown

# Folder → the kind of its pages, and where Lobby shows them.
MARKDOWN = {"faq": ("faq", "/faq/{id}"), "learn": ("guide", "/learn#{id}")}
EXAMPLES = "examples"


def files(folder: Path | None) -> list[Path]:
    """Return the files that `read` reads, in a fixed order."""
    if folder is None or not folder.is_dir():
        return []
    found = [path for name in MARKDOWN for path in sorted((folder / name).glob("*.md"))]
    found += sorted((folder / EXAMPLES).glob("*.py"))
    return [path for path in found if path.stem.lower() not in {"readme", "template"} and not path.stem.startswith("_")]


def read(folder: Path | None) -> list[Page]:
    """Return the pages of the content folder; none when it is missing.

    Raises:
        BadSource: a file cannot be read; it names the file and the line.
    """
    pages: list[Page] = []
    for path in files(folder):
        if path.suffix == ".py":
            pages.append(examples.read(path))
        else:
            kind, address = MARKDOWN[path.parent.name]
            pages.append(markdown.read(path, kind=kind, address=address))  # type: ignore[arg-type]
    return pages
