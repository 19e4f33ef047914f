"""The dialogues over HTTP, against `lobby serve` in a process of its own.

The web has a box for questions and one for code, so that here a program decides which of them a text belongs into.
What a person sees is taken from the pages.
"""

from __future__ import annotations

import asyncio
import html
import json
import os
import re
import signal
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from dialogue import RUN_TIMEOUT_S, Seen

from bot.intents import Request, understand
from bot.messages import Intent
from bot.settings import CHECKOUT


class WebApi:
    """A program that uses the API, and looks at the pages as a person would."""

    name = "web"
    abilities = frozenset({"short_runs", "votes"})

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LOBBY_")}
        self._process = subprocess.Popen(
            [CHECKOUT / ".venv" / "bin" / "lobby", "serve", "--port", "0", "--json", "--data-dir", data_dir],
            stdout=subprocess.PIPE,
            text=True,
            env={**kept, "LOBBY_RUN_TIMEOUT_S": str(RUN_TIMEOUT_S)},
        )
        assert self._process.stdout is not None
        address = json.loads(self._process.stdout.readline())["address"]
        self._client = httpx.Client(base_url=address, timeout=90)
        self._votes_before = 0

    def begin(self) -> None:
        """Begin a dialogue: votes from before do not count."""
        self._votes_before = len(self._kept_votes())

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
        request = understand(text)
        answer = {Intent.RUN: self._run, Intent.DOCS: self._docs}.get(request.intent, self._ask)
        return [await asyncio.to_thread(answer, request)]

    async def edit(self, text: str) -> list[Seen]:
        raise NotImplementedError

    async def press(self, who: str, seen: Seen, intent: str, arguments: Mapping[str, str]) -> list[Seen]:
        raise NotImplementedError

    async def vote(self, who: str, seen: Seen, vote: str) -> None:
        response = await asyncio.to_thread(self._client.post, "/api/feedback", json={"answer": seen.id, "vote": vote})
        assert response.status_code == 201, response.text

    async def votes(self) -> list[str]:
        return self._kept_votes()[self._votes_before :]

    def _kept_votes(self) -> list[str]:
        base = sqlite3.connect(self.data_dir / "chat" / "memory.sqlite3")
        rows = base.execute("select vote from feedback where channel in ('web', 'api') order by at")
        found = [row[0] for row in rows]
        base.close()
        return found

    def _ask(self, request: Request) -> Seen:
        response = self._client.post("/api/ask", json={"question": request.question})
        answer = self._json(response)
        kind = "answer" if answer["answered"] else "unsure"
        sources = [source["id"] for source in answer["sources"]]
        shown = self._page(f"/?q={quote(request.question)}") if answer["answered"] else answer["text"]
        return Seen(response.headers.get("Lobby-Answer", ""), shown, kind, {"sources": sources})

    def _run(self, request: Request) -> Seen:
        body: dict[str, Any] = {"source": request.code, "stdin": request.stdin}
        if request.backend:
            body["backend"] = request.backend
        result = self._json(self._client.post("/api/runs?wait=true", json=body))
        facts = {
            "status": result["status"],
            "backend": result["backend"],
            "stdout": result["stdout"],
            "error": result["error"]["type"] if result["error"] else None,
            "sources": [source["id"] for source in result["suggestions"]],
        }
        pictures = tuple(item["name"] for item in result["artifacts"] if item["media_type"] == "image/png")
        return Seen(result["id"], self._page(f"/r/{result['id']}"), "run", facts, pictures)

    def _docs(self, request: Request) -> Seen:
        return Seen("", self._page(f"/docs/{quote(request.text)}"), "docs")

    def _page(self, path: str) -> str:
        """Return what a page says, without its marks."""
        response = self._client.get(path)
        text = re.sub(r"<(script|style)\b.*?</\1>", " ", response.text, flags=re.DOTALL)
        return html.unescape(re.sub(r"<[^>]+>", "", text))

    def _json(self, response: httpx.Response) -> Any:
        assert response.status_code == 200, response.text
        return response.json()

    def close(self) -> None:
        self._client.close()
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(60) == 0
