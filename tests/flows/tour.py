"""What the tours of the channels share: the real rooms in a folder of their own, a browser's page, and small pictures.

python tests/flows/CHANNEL_tour.py docs/images docs/CHANNEL-transcript.txt
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Page, async_playwright

from bot.assistant import Assistant
from bot.settings import CHECKOUT
from kb.knowledge import KnowledgeBase
from runner.policy import RunnerConfig
from runner.runner import Runner

BROWSER = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"
COLOURS = 128

# Holds the conversations: assistant, an empty folder, a page, where pictures go → the transcript.
Tour = Callable[[Assistant, Path, Page, Path], Awaitable[str]]


def hold(tour: Tour) -> None:
    """Hold a tour as the command line says: pictures into the folder of its first argument, the text to the second."""
    folder, transcript = Path(sys.argv[1]), Path(sys.argv[2])

    async def whole() -> None:
        with _assistant() as (assistant, temporary):
            async with _page() as page:
                transcript.write_text(await tour(assistant, temporary, page, folder), encoding="utf-8")

    asyncio.run(whole())


async def shoot(page: Page, path: Path, **options: Any) -> None:
    """Draw a page, or what `options` name of it, into a small file."""
    await page.screenshot(path=path, **options)
    with Image.open(path) as drawn:
        drawn.convert("RGB").quantize(COLOURS).save(path, optimize=True)
    print(path, file=sys.stderr)


@contextlib.contextmanager
def _assistant() -> Iterator[tuple[Assistant, Path]]:
    """Open the rooms; `LOBBY_TEST_DATA_DIR` names a built data directory."""
    with tempfile.TemporaryDirectory(prefix="lobby-tour-") as temporary:
        data = Path(os.environ.get("LOBBY_TEST_DATA_DIR") or temporary)
        knowledge = KnowledgeBase(data / "knowledge", content=CHECKOUT / "data")
        knowledge.build()
        assistant = Assistant(knowledge, Runner(Path(temporary) / "runs", RunnerConfig()))
        try:
            yield assistant, Path(temporary)
        finally:
            assistant.close()


@contextlib.asynccontextmanager
async def _page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER.split())
        yield await browser.new_page(viewport={"width": 1400, "height": 4200}, device_scale_factor=1.25)
        await browser.close()
