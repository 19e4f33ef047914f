"""Draw what Lobby looks like on Matrix: a transcript and pictures of real answers and real runs.

    python tests/flows/matrix_tour.py docs/images docs/matrix-transcript.txt

The homeserver, Lobby, its knowledge and its sandbox are the real ones; a page of a few rules shows the HTML that was
sent, with the reactions under it. `LOBBY_TEST_DATA_DIR` names a built data directory; the signs need an emoji font.
"""

from __future__ import annotations

import base64
import html
from pathlib import Path

import tour as tours
from matrix_server import Synapse
from matrix_world import Person, Shown, World, fence, world
from playwright.async_api import Page

from bot.assistant import Assistant
from bot.channels.matrix.rendering import to_html

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
STYLE = """\
body { font: 14px/1.45 "DejaVu Sans", sans-serif; width: 860px; margin: 16px; color: #17191c; }
.one { margin: 10px 0; padding: 8px 14px; border-left: 3px solid #ddd; } b.who { color: #0467dd; }
.lobby { border-color: #d00000; background: #fafafa; color: #444; } .lobby b.who { color: #d00000; }
.was { opacity: 0.7; border-left-style: dashed; } p { margin: 6px 0; } a { color: #0467dd; } img { max-width: 520px; }
pre { background: #f0f2f5; padding: 8px; border-radius: 6px; } code { font: 12.5px "DejaVu Sans Mono"; }
i.sign { font-style: normal; border: 1px solid #ccd; border-radius: 12px; padding: 1px 8px; margin-right: 6px; }"""


class Tour:
    """What was said, as pages and as text."""

    def __init__(self, place: World, room: str, pictures: Path, page: Page) -> None:
        self._place, self._room, self._pictures, self._page = place, room, pictures, page
        self._shown: dict[str, int] = {}  # our messages, with how often each was written when it was noted
        self._last = ""
        self._drawn: list[str] = []
        self.text: list[str] = []

    async def ask(self, who: Person, text: str, *, thread: str = "") -> str:
        """Let somebody write, and note what comes; return the event."""
        self._note(_name(who), to_html(text), text, "one")
        mentions = {"user_ids": [self._place.me]} if text.startswith("@") else {}
        sent = text.replace("@Lobby", self._place.me)
        asked = await who.say(self._room, sent, thread=thread, **{"m.mentions": mentions})
        await self._came(who, asked)
        return asked

    async def react(self, who: Person, sign: str) -> None:
        """Let somebody react to the last message of ours."""
        self._note(_name(who), f"<i class='sign'>{sign}</i>", f"({sign})", "one")
        await self._came(who, await who.react(self._room, self._last, sign))

    async def draw(self, name: str) -> None:
        """Draw what was noted since the last picture."""
        await self._page.set_content("\n".join([f"<meta charset='utf-8'><style>{STYLE}</style>", *self._drawn]))
        await tours.shoot(self._page, self._pictures / f"matrix-{name}.png", full_page=True)
        self._drawn.clear()

    async def _came(self, who: Person, event: str) -> None:
        """Wait until an event is handled, and note what is new."""
        await self._place.until(lambda: event in self._place.heard)
        await self._place.settled()
        for one in await who.shown(self._room, self._place.me):
            if self._shown.get(one.id) != len(one.versions):
                self._shown[one.id] = len(one.versions)
                await self._noted(who, one)

    async def _noted(self, who: Person, one: Shown) -> None:
        running = [version for version in one.versions if "▰" in version["body"]]
        if running:
            middle = running[len(running) // 2]
            self._note("Lobby", middle["formatted_body"], middle["body"], "one lobby was")
        if one.content["msgtype"] == "m.image":
            picture = base64.b64encode(await who.fetch(one.content["url"])).decode()
            self._note("Lobby", f"<img src='data:image/png;base64,{picture}'>", f"({one.text})", "one lobby")
            return
        self._last = one.id
        signs = "".join(f"<i class='sign'>{sign} 1</i>" for sign in await who.signs(self._room, one.id, self._place.me))
        self._note("Lobby", f"{one.html}<p>{signs}</p>", one.text, "one lobby")

    def _note(self, who: str, shown: str, text: str, kind: str) -> None:
        self._drawn.append(f"<div class='{kind}'><b class='who'>{html.escape(who)}</b><div>{shown}</div></div>")
        self.text.append(f"{who}: {text}\n")


def _name(who: Person) -> str:
    """Return how somebody is called; accounts of tests end in a number."""
    return who.id.removeprefix("@").partition(":")[0].rstrip("0123456789")


async def converse(tour: Tour, ada: Person, bob: Person) -> None:
    """Hold the conversations, a picture each."""
    await tour.ask(ada, "@Lobby how do I stop training when val_loss stops improving?")
    await tour.draw("ask")
    await tour.ask(bob, "@Lobby which colour should my quantum llama have?")
    await tour.react(bob, "🙋")
    await tour.draw("unsure")
    await tour.ask(bob, "!docs keras.layers.Dens")
    await tour.react(bob, "1️⃣")
    await tour.draw("docs")
    await tour.ask(ada, f"!run\n{fence(FIT)}")
    await tour.draw("run")
    await tour.ask(ada, f"!run\n{fence(FAIL)}")
    await tour.react(ada, "💡")
    await tour.draw("error")
    await tour.ask(bob, f"!upgrade\n{fence(OLD)}")
    await tour.draw("upgrade")
    root = await tour.ask(ada, "I have trouble with my own training loop")
    await tour.ask(ada, "@Lobby how do I write a custom train step in jax?", thread=root)
    await tour.ask(ada, "and for torch?", thread=root)
    await tour.react(ada, "✅")
    await tour.draw("solved")


async def hold(assistant: Assistant, folder: Path, page: Page, pictures: Path) -> str:
    """Hold the conversations, draw them and return what was said."""
    server = Synapse(folder / "synapse")
    server.start()
    await page.set_viewport_size({"width": 900, "height": 100})
    try:
        async with world(server, assistant, folder, public_url="https://lobby.example.org") as place:
            ada, bob, hedy = [await place.person(name) for name in ("ada", "bob", "hedy")]
            place.values["matrix_helpers"] = (hedy.id,)
            await place.restart()
            room = await place.place(ada, bob, hedy)
            tour = Tour(place, room, pictures, page)
            await converse(tour, ada, bob)
            names = {place.me: "@Lobby", hedy.id: "@hedy"}
    finally:
        server.stop()
    text = "\n".join(tour.text)
    for address, name in names.items():
        text = text.replace(address, name)
    return text


if __name__ == "__main__":
    tours.hold(hold)
