"""Draw what Lobby looks like on Matrix: a transcript and a picture of real answers and real runs.

    python tests/flows/matrix_tour.py docs/images docs/matrix-transcript.txt

The homeserver, Lobby, its knowledge and its sandbox are the real ones; a page of a few rules shows the HTML that was
sent, with the reactions under it. `LOBBY_TEST_DATA_DIR` names a built data directory; the signs need an emoji font.
"""

from __future__ import annotations

import asyncio
import base64
import html
import os
import sys
import tempfile
from pathlib import Path

from matrix_server import Synapse
from matrix_world import Person, Shown, World, fence, world
from playwright.async_api import async_playwright

from bot.assistant import Assistant
from bot.channels.matrix.rendering import to_html
from bot.settings import CHECKOUT
from kb.knowledge import KnowledgeBase
from runner.policy import RunnerConfig
from runner.runner import Runner

FIT = """\
import keras
import numpy as np
import time

keras.utils.set_random_seed(0)
x = np.random.rand(400, 8)
model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(1)])
model.compile("adam", "mse")
pause = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: time.sleep(0.5))
model.fit(x, x.sum(axis=1), validation_split=0.2, epochs=16, verbose=0, callbacks=[pause])"""
FAIL = "import keras\n\nkeras.layers.Dense(-1)"
OLD = "from keras.layers.core import Dense\n\nDense(output_dim=10, init='uniform')"
ASKED = (
    "@Lobby how do I stop training when val_loss stops improving?",
    "@Lobby tell me about quantum llamas please?",
    "!docs keras.layers.Dens",
    f"!run\n{fence(FIT)}",
    f"!run\n{fence(FAIL)}",
    f"!upgrade\n{fence(OLD)}",
    "!solved",
)
STYLE = """\
body { font: 14px/1.45 "DejaVu Sans", sans-serif; width: 860px; margin: 16px; color: #17191c; }
.one { margin: 10px 0; padding: 8px 14px; border-left: 3px solid #ddd; } b.who { color: #0467dd; }
.lobby { border-color: #d00000; background: #fafafa; color: #444; } .lobby b.who { color: #d00000; }
.was { opacity: 0.7; border-left-style: dashed; } p { margin: 6px 0; } a { color: #0467dd; } img { max-width: 520px; }
pre { background: #f0f2f5; padding: 8px; border-radius: 6px; } code { font: 12.5px "DejaVu Sans Mono"; }
i.sign { font-style: normal; border: 1px solid #ccd; border-radius: 12px; padding: 1px 8px; margin-right: 6px; }"""


class Tour:
    """What was said, as a page and as text."""

    def __init__(self, place: World, ada: Person, room: str) -> None:
        self._place, self._ada, self._room = place, ada, room
        self._shown: set[str] = set()
        self.page = [f"<meta charset='utf-8'><style>{STYLE}</style>"]
        self.text: list[str] = []

    async def ask(self, text: str) -> None:
        """Let Ada write, and note what comes."""
        self._note("ada", to_html(text), text, "one")
        mentions = {"user_ids": [self._place.me]} if text.startswith("@") else {}
        sent = text.replace("@Lobby", self._place.me)
        asked = await self._ada.say(self._room, sent, **{"m.mentions": mentions})
        await self._place.until(lambda: asked in self._place.heard)
        await self._place.settled()
        for one in await self._ada.shown(self._room, self._place.me):
            if one.id not in self._shown:
                self._shown.add(one.id)
                await self._came(one)

    async def _came(self, one: Shown) -> None:
        running = [version for version in one.versions if "▰" in version["body"]]
        if running:
            middle = running[len(running) // 2]
            self._note("Lobby", middle["formatted_body"], middle["body"], "one lobby was")
        if one.content["msgtype"] == "m.image":
            picture = base64.b64encode(await self._ada.fetch(one.content["url"])).decode()
            self._note("Lobby", f"<img src='data:image/png;base64,{picture}'>", f"({one.text})", "one lobby")
            return
        signs = "".join(
            f"<i class='sign'>{sign} 1</i>" for sign in await self._ada.signs(self._room, one.id, self._place.me)
        )
        self._note("Lobby", f"{one.html}<p>{signs}</p>", one.text, "one lobby")

    def _note(self, who: str, shown: str, text: str, kind: str) -> None:
        self.page.append(f"<div class='{kind}'><b class='who'>{html.escape(who)}</b><div>{shown}</div></div>")
        self.text.append(f"{who}: {text}\n")


async def main(folder: Path, transcript: Path) -> None:
    """Hold the conversation, draw it and write it down."""
    data = os.environ.get("LOBBY_TEST_DATA_DIR", "")
    temporary = Path(tempfile.mkdtemp(prefix="lobby-tour-"))
    knowledge = KnowledgeBase(Path(data or temporary) / "knowledge", content=CHECKOUT / "data")
    knowledge.build()
    assistant = Assistant(knowledge, Runner(temporary / "runs", RunnerConfig()))
    server = Synapse(temporary / "synapse")
    server.start()
    try:
        async with world(server, assistant, temporary, public_url="https://lobby.example.org") as place:
            ada, bob = await place.person("ada"), await place.person("bob")
            tour = Tour(place, ada, await place.place(ada, bob))
            for text in ASKED:
                await tour.ask(text)
    finally:
        server.stop()
        assistant.close()
    transcript.write_text("\n".join(tour.text), encoding="utf-8")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 900, "height": 800})
        await page.set_content("\n".join(tour.page))
        await page.screenshot(path=folder / "matrix.png", full_page=True)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
