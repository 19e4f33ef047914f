"""`lobby faq`: start a new FAQ entry."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.commands.common import common_options, load_settings, print_json
from bot.errors import DONE, BadCall
from kb.sources import front_matter
from kb.sources.outside import Unreadable

LONGEST_ID = 60
TEMPLATE = """---
id: {id}
title: {title}
questions:
  - (the same question as people type it in a hurry, with its typos)
  - (the error message they paste, if there is one)
  - (中文)
  - (français)
  - (español)
symbols: []
tags: []
keras: ">=3.0"
backends: [tensorflow, jax, torch]
sources: []
updated: {today}
---

(The direct answer in one sentence. Then the rule behind it.)

```python
import keras

print(keras.layers.Dense(4).units)
```

```output
4
```

**What goes wrong most often:** (one thing, and its cure.)
"""


@click.group()
def faq() -> None:
    """The FAQ."""


@faq.command()
@click.argument("title")
@common_options
def new(title: str, as_json: bool, data_dir: Path | None) -> int:
    """Start an entry that answers TITLE, a question as people ask it."""
    folder = load_settings(data_dir).settings.content_dir / "faq"
    title = " ".join(title.split())
    identity = slug(title)
    if not identity:
        raise BadCall("The title has no letters to make an id from.", 'Ask in English: lobby faq new "How do I …?"')
    path = folder / f"{identity}.md"
    if twin := _of_that_title(folder, title):
        raise BadCall(f"{twin} has that title already.", "Edit that entry, or ask another question.")
    folder.mkdir(parents=True, exist_ok=True)
    text = TEMPLATE.format(id=identity, title=quoted(title), today=datetime.now(UTC).date().isoformat())
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise BadCall(f"{path} exists already.", "Edit that entry, or choose another title.") from None
    if as_json:
        print_json({"id": identity, "path": str(path)})
    else:
        print(path)
    return DONE


def _of_that_title(folder: Path, title: str) -> Path | None:
    """Return the entry that asks the same, letter case and marks aside."""
    wanted = _plain(title)
    for path in sorted(folder.glob("*.md")):
        try:
            found = front_matter.read(path.read_text(encoding="utf-8"), strict=True).values.get("title", "")
        except (OSError, UnicodeDecodeError, Unreadable):
            continue  # what is wrong with it is for the build to say
        if _plain(str(found)) == wanted:
            return path
    return None


def _plain(title: str) -> str:
    return "".join(sign for sign in title.casefold() if sign.isalnum())


def slug(title: str) -> str:
    """Return a title as a file name: plain lower-case words joined by hyphens."""
    # `ß` and its like have no plain letter beneath them, but a plain way to be written.
    plain = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain)
    return "-".join(words)[:LONGEST_ID].strip("-")


def quoted(title: str) -> str:
    """Return a title as a YAML value, quoted where plain text would mean something else."""
    if re.search(r": |#|^[\W_]|[\"'\[\]{}]", title):
        return '"' + title.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return title
