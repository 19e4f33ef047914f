"""Files that replies attach and nobody else keeps: whole outputs, upgraded programs. Gone after a week."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from ulid import ULID

from bot.messages import File

KEPT_S = 7 * 86_400.0


class Outbox:
    """The files of one folder. `of` names what a file belongs to: a run's id, or nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, name: str, text: str, media_type: str, of: str = "") -> File:
        """Write a text down and return it as a file to attach, under `name`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{of or ULID()}-{name}"
        path.write_text(text, "utf-8", "replace")
        return File(name, media_type, path.stat().st_size, path)

    def forget(self, of: str) -> None:
        """Delete the files of a run."""
        for path in self._folder.glob(f"{of}-*"):
            path.unlink(missing_ok=True)

    def prune(self) -> None:
        """Delete what is too old to matter."""
        oldest = time.time() - KEPT_S
        for path in self._folder.glob("*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    path.unlink()
