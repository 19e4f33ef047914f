"""Draw what Lobby looks like on Discord: a transcript and screenshots of real answers and real runs.

    python tests/flows/discord_tour.py docs/images docs/discord-transcript.txt

Discord is simcord's, in memory, and so is the drawing (`pip install 'simcord[preview]'`); Lobby, its knowledge and its
sandbox are the real ones. `LOBBY_TEST_DATA_DIR` names a built data directory.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import tour as tours
from discord_world import World, fence, labels, told, until, world
from playwright.async_api import Page

from bot.assistant import Assistant

WIDTH = 900
FIT = """\
import keras
import numpy as np

keras.utils.set_random_seed(0)
x = np.random.rand(400, 8)
y = x.sum(axis=1) + 0.1 * np.random.randn(400)

layers = [keras.layers.Dense(32, "relu"), keras.layers.Dense(1)]
model = keras.Sequential([keras.Input((8,)), *layers])
model.compile(keras.optimizers.Adam(5e-4), "mse")
model.fit(x, y, validation_split=0.2, epochs=60, verbose=0)
print(model.evaluate(x, y, verbose=0))"""
FAIL = """\
import keras

model = keras.Sequential([keras.Input((28, 28)), keras.layers.Conv2D(16, 3)])"""
OLD = """\
from keras.layers.core import Dense
from keras.models import Sequential

model = Sequential()
model.add(Dense(output_dim=10, input_dim=20, init='uniform'))
model.compile(loss='mse', optimizer='sgd')"""


class Camera:
    """Takes pictures of a channel, as one person sees it."""

    def __init__(self, place: World, page: Page, folder: Path) -> None:
        self._world, self._page, self._folder = place, page, folder

    @contextlib.asynccontextmanager
    async def on(self, channel: Any, viewer: Any) -> AsyncIterator[None]:
        """Look at a channel."""
        preview = self._world.env.preview(
            channel, viewers=[viewer], layout="channel", display="fixed", width=WIDTH, height=4000
        )
        async with preview as opened:
            await self._page.goto("about:blank")
            await self._page.goto(opened.url)
            yield

    async def shoot(self, name: str, last: int) -> None:
        """Draw the last messages into a file, once the drawing has settled."""
        await self._page.wait_for_timeout(1500)
        articles = self._page.locator("#channel-message-list > article")
        count = await articles.count()
        boxes = [await articles.nth(n).bounding_box() for n in range(max(0, count - last), count)]
        found = [box for box in boxes if box is not None]
        top = min(box["y"] for box in found) - 12
        bottom = max(box["y"] + box["height"] for box in found) + 12
        left = min(box["x"] for box in found)
        clip = {"x": left, "y": top, "width": WIDTH, "height": bottom - top}
        path = self._folder / f"discord-{name}.png"
        await tours.shoot(self._page, path, clip=clip)

    async def look_again(self) -> None:
        """Let the drawing show what has changed."""
        await self._page.reload()

    async def take(self, name: str, channel: Any, viewer: Any, last: int) -> None:
        """Look at a channel and draw its last messages."""
        async with self.on(channel, viewer):
            await self.shoot(name, last)


async def tour(place: World, camera: Camera) -> list[Any]:
    """Hold the conversations, and return where they were held."""
    ada, bob, me = place.ada, place.bob, place.me
    rooms = {
        name: place.guild.create_text_channel(name) for name in ("ask", "unsure", "run", "error", "upgrade", "docs")
    }
    await place.env.settle()

    await ada.send(rooms["ask"], f"{me} how do I stop training when val_loss stops improving?")
    await camera.take("ask", rooms["ask"], ada, 2)

    await bob.send(rooms["unsure"], f"{me} which colour should my quantum llama have?")
    await bob.click(place.said(rooms["unsure"])[0], label="Call a human")
    await camera.take("unsure", rooms["unsure"], bob, 4)

    # While it runs nothing rests, so the drawing is asked to look again instead of being told.
    async with camera.on(rooms["run"], ada):
        place.env.backend.create_message(rooms["run"].id, ada.id, f"{me}\n{fence(FIT)}")
        await until(lambda: place.said(rooms["run"]) and "▰▰▰" in told(place.said(rooms["run"])[0]), 60)
        await camera.look_again()
        await camera.shoot("running", 1)
    await place.env.settle()
    await camera.take("run", rooms["run"], ada, 2)

    await ada.send(rooms["error"], f"{me}\n{fence(FAIL)}")
    await ada.click(place.said(rooms["error"])[0], label="Explain")
    await camera.take("error", rooms["error"], ada, 3)

    await bob.send(rooms["upgrade"], f"{me} upgrade this to Keras 3\n{fence(OLD)}")
    await camera.take("upgrade", rooms["upgrade"], bob, 2)

    await bob.slash(rooms["docs"], "docs", symbol="keras.layers.Densse")
    await bob.click(place.said(rooms["docs"])[0], label="keras.layers.Dense")
    await camera.take("docs", rooms["docs"], bob, 2)

    thread = await place.post(ada, "Train step in JAX", "how do I write a custom train step in jax?")
    await ada.send(thread, "and for torch?")
    await ada.slash(thread, "solved")
    await camera.take("solved", thread, ada, 3)
    return [*rooms.values(), thread]


async def hold(assistant: Assistant, folder: Path, page: Page, pictures: Path) -> str:
    """Hold the conversations, draw them and return what was said."""
    settings = {"public_url": "https://lobby.example.org", "discord_answer_channels": ("questions",)}
    async with world(assistant, folder, **settings) as place:
        place.env.backend.bot_user.name = "Lobby"
        channels = await tour(place, Camera(place, page, pictures))
        return "\n".join(_written(place, channel) for channel in channels)


def _written(place: World, channel: Any) -> str:
    """Return a channel's messages as text."""
    lines = [f"# {channel.name}\n"]
    for message in channel.history():
        own = message.author.id == place.bot.user_id
        text = told(message) if own else message.content
        text = text.replace(place.me, "@Lobby").replace(place.guild.roles["Helpers"].mention, "@Helpers")
        lines.append(f"{'Lobby' if own else message.author.name}: {text}")
        lines += [f"    [{' | '.join(labels(message))}]"] if message.components else []
        lines += [f"    ({file.filename})" for file in message.attachments]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    tours.hold(hold)
