"""Take a picture of every page at desktop and phone width into docs/images/pages: `make screenshots`."""

from __future__ import annotations

import re
import socket
import sys
import tempfile
import threading
import time
from html import unescape
from pathlib import Path

import httpx
import uvicorn
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from pydantic import SecretStr

from bot.assistant import Assistant, open_knowledge, open_runner
from bot.channels.web.app import create_app
from bot.channels.web.sessions import hashed
from bot.memory import Memory
from bot.settings import CHECKOUT, Settings, load
from tests.bot.web.conftest import CHROMIUM, CHROMIUM_ARGUMENTS

FOLDER = CHECKOUT / "docs" / "images" / "pages"
PASSWORD = "for the pictures only"
QUESTION = "how do I stop training when the validation loss stops improving?"
WIDTHS = {
    "desk": {"viewport": {"width": 1200, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
# A picture shows how a page begins, not all of a long one.
HIGHEST = 1600
COLOURS = 160
COMPARED = "import keras\n\nx = keras.ops.linspace(0.0, 1.0, 5)\nprint(keras.ops.softmax(x))\n"
OLD_CODE = """\
from keras.models import Sequential
from keras.layers import Dense

model = Sequential()
model.add(Dense(32, input_dim=8, init="uniform", activation="relu"))
model.add(Dense(1))
model.compile("adam", "mse")
model.fit(x, y, nb_epoch=10)
"""


def main() -> int:
    settings = load().settings.model_copy(
        update={"board_password_hash": SecretStr(hashed(PASSWORD)), "web_runs_per_minute": 1000}
    )
    knowledge = open_knowledge(settings)
    knowledge.build()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lobby-pictures-") as folder, socket.socket() as listener:
        scratch = settings.model_copy(update={"data_dir": Path(folder)})
        assistant = Assistant(knowledge, open_runner(scratch))
        memory = Memory(scratch.data_dir / "chat")
        try:
            listener.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            server = _serve(assistant, scratch, memory, listener)
            _take_all(address)
            server.should_exit = True
        finally:
            assistant.close()
            memory.close()
    total = sum(path.stat().st_size for path in FOLDER.glob("*.png"))
    print(f"{len(list(FOLDER.glob('*.png')))} pictures, {total / 1024:.0f} KiB, in {FOLDER}")
    return 0


def _serve(assistant: Assistant, settings: Settings, memory: Memory, listener: socket.socket) -> uvicorn.Server:
    server = uvicorn.Server(uvicorn.Config(create_app(assistant, settings, memory), log_level="warning"))
    threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
    while not server.started:
        time.sleep(0.02)
    return server


def _take_all(address: str) -> None:
    pages = _prepare(address)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(CHROMIUM_ARGUMENTS))
        for kind, options in WIDTHS.items():
            for name, path in pages.items():
                _take(browser, address, f"{name}-{kind}", path, options)
            _take_upgrade(browser, address, f"upgrade-{kind}", options)
        browser.close()


def _prepare(address: str) -> dict[str, str]:
    """Ask and run what the pages are to show, and return each page's address."""
    with httpx.Client(base_url=address, timeout=180) as client:
        for question in (QUESTION, QUESTION, "which stadium hosted the final?", "stadium of the final, which was it?"):
            answer = client.post("/api/ask", json={"question": question}).headers["lobby-answer"]
        client.post("/api/feedback", json={"answer": answer, "vote": "down", "reason": "off-topic"})
        runs = {}
        for name in ("train", "shapes"):
            source = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", client.get(f"/playground?start={name}").text, re.S)
            assert source
            job = {"source": unescape(source[1]), "seed": 1, "graph": name == "train"}
            runs[name] = client.post("/api/runs?wait=true", json=job).json()["id"]
        compared = client.post("/compare", data={"source": COMPARED}).headers["location"]
        for run_id in compared.removeprefix("/compare/").split("-"):
            while client.get(f"/api/runs/{run_id}").status_code == 202:
                time.sleep(0.2)
    return {
        "home": "/",
        "answer": f"/?q={QUESTION}",
        "unknown": "/?q=which stadium hosted the final?",
        "faq": "/faq?tag=shapes",
        "faq-entry": "/faq/stop-training-early",
        "docs": "/docs",
        "docs-symbol": "/docs/keras.layers.LSTM",
        "learn": "/learn",
        "errors": "/errors?q=expected ndim=3, found ndim=2",
        "cheatsheet": "/cheatsheet",
        "glossary": "/glossary",
        "learn-step": "/learn/what-is-a-neural-network",
        "playground": "/playground",
        "run": f"/r/{runs['train']}",
        "run-error": f"/r/{runs['shapes']}",
        "compare": compared,
        "privacy": "/privacy",
        "widget": "/widget",
        "board": "/board",
    }


def _take(browser: Browser, address: str, name: str, path: str, options: dict[str, object]) -> None:
    context = browser.new_context(base_url=address, **options)  # type: ignore[arg-type]
    page = context.new_page()
    if path == "/board":
        page.goto("/board/login")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/board")
    else:
        page.goto(path)
    _keep(page, name)
    context.close()


def _take_upgrade(browser: Browser, address: str, name: str, options: dict[str, object]) -> None:
    context = browser.new_context(base_url=address, **options)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/playground")
    page.locator("#source").fill(OLD_CODE)
    page.get_by_role("button", name="Upgrade to Keras 3").click()
    page.locator(".diff-new").first.wait_for()
    _keep(page, name)
    context.close()


def _keep(page: Page, name: str) -> None:
    page.evaluate("document.fonts.ready")
    page.wait_for_load_state("networkidle")
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    with Image.open(path) as picture:
        cut = picture.convert("RGB").crop((0, 0, picture.width, min(picture.height, HIGHEST)))
    # Flat colours lose nothing in a palette, and a picture weighs a fifth.
    cut.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
