"""The dialogues in `lobby chat`, through a pipe: one process for all of them."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dialogue import RUN_TIMEOUT_S, Seen

from bot.settings import CHECKOUT


class TerminalPipe:
    """A program that writes to `lobby chat --json` and reads from it, a line each."""

    name = "terminal"
    abilities = frozenset({"buttons", "commands", "conversation", "files", "short_runs", "upgrade", "votes"})

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOBBY_", "LC_", "LANG"))}
        self._process = subprocess.Popen(
            [CHECKOUT / ".venv" / "bin" / "lobby", "chat", "--json", "--data-dir", data_dir],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**kept, "LANG": "C.UTF-8", "LOBBY_RUN_TIMEOUT_S": str(RUN_TIMEOUT_S)},
        )
        self._files = 0

    async def say(
        self,
        who: str,
        text: str,
        *,
        thread: str = "",
        files: Mapping[str, bytes],
        roles: Sequence[str] = (),
        addressed: bool = True,
    ) -> list[Seen]:
        if files:
            ((name, content),) = files.items()
            self._files += 1
            folder = self.data_dir / "sent" / str(self._files)
            folder.mkdir(parents=True)
            (folder / name).write_bytes(content)
            text = f":file {folder / name} {text}"
        return await asyncio.to_thread(self._exchange, _kept_open(text))

    async def edit(self, text: str) -> list[Seen]:
        raise NotImplementedError

    async def press(self, who: str, seen: Seen, intent: str, arguments: Mapping[str, str]) -> list[Seen]:
        shown = [button for button in seen.buttons if button[0] not in ("delete", "human")]
        number = 1 + [token for _, _, token in shown].index(seen.token(intent, arguments))
        return await asyncio.to_thread(self._exchange, f":{number}")

    async def vote(self, who: str, seen: Seen, vote: str) -> None:
        await asyncio.to_thread(self._exchange, f":vote {vote}")

    async def votes(self) -> list[str]:
        base = sqlite3.connect(self.data_dir / "chat" / "memory.sqlite3")
        found = [row[0] for row in base.execute("select vote from feedback where channel = 'terminal'")]
        base.close()
        return found

    def begin(self) -> None:
        """Begin a dialogue with nothing remembered."""
        self._exchange(":forget-me")

    def _exchange(self, text: str) -> list[Seen]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"lobby chat ended: {self._process.poll()}"
        return [_seen(reply) for reply in json.loads(line)["replies"]]

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(60) == 0


def _kept_open(text: str) -> str:
    """Return a message of several lines as it is typed: outside of fences a backslash keeps it open."""
    lines, fence = [], False
    for line in text.split("\n"):
        marks = line.startswith(("```", "~~~"))
        fence = fence != marks
        lines.append(line if fence else f"{line}\\")
    lines[-1] = lines[-1].removesuffix("\\")
    return "\n".join(lines)


def _seen(reply: dict[str, Any]) -> Seen:
    links = [f"{link['title']} {link['url']}" for link in reply["sources"]]
    visible = "\n".join([reply["text"], reply["output"], reply["code"], *links])
    buttons = tuple((button["intent"], button["arguments"], button["token"]) for button in reply["buttons"])
    pictures = tuple(file["name"] for file in reply["pictures"])
    return Seen("", visible, reply["kind"], reply["facts"], pictures, buttons)
