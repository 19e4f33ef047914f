"""The real application on the real rooms: in process, behind a real socket, and in a real browser."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.assistant import Assistant
from bot.channels.web.app import create_app
from bot.channels.web.sessions import hashed
from bot.memory import Memory
from bot.settings import CHECKOUT, Settings

SCREENSHOTS = CHECKOUT / "build" / "screenshots"
DESK = {"viewport": {"width": 1280, "height": 900}}
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def settings(data_dir: Path) -> Settings:
    return Settings(data_dir=data_dir, board_password_hash=SecretStr(hashed(PASSWORD)))


@pytest.fixture(scope="session")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    memory = Memory(tmp_path_factory.mktemp("web-memory"))
    yield memory
    memory.close()


@pytest.fixture(scope="session")
def app(assistant: Assistant, settings: Settings, memory: Memory) -> Starlette:
    return create_app(assistant, settings, memory)


@pytest.fixture(scope="session")
def client(app: Starlette) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://localhost", follow_redirects=False, client=("127.0.0.1", 1)) as client:
        yield client


@pytest.fixture(scope="session")
def server(assistant: Assistant, settings: Settings, memory: Memory) -> Iterator[str]:
    """The application behind a real socket; gives its address."""
    app = create_app(assistant, settings, memory)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(timeout=15)


@pytest.fixture(scope="session")
def chromium() -> Path:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing")
    return CHROMIUM


@pytest.fixture(scope="session")
def chromium_arguments() -> tuple[str, ...]:
    return CHROMIUM_ARGUMENTS


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """The folder that pictures of the pages are kept in."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS


def finished_run(client: TestClient, source: str, **fields: object) -> dict:
    """Run a snippet to its end through the API."""
    response = client.post("/api/runs?wait=true", json={"source": source, **fields})
    assert response.status_code == 200, response.text
    return response.json()


@pytest.fixture(scope="session")
def run_snippet(client: TestClient):
    return lambda source, **fields: finished_run(client, source, **fields)


@pytest.fixture(scope="session")
def browser(chromium: Path, chromium_arguments: tuple[str, ...]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(chromium), headless=True, args=list(chromium_arguments)
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, server: str) -> Iterator[Callable[..., Page]]:
    """Open a page of the site; nothing may go wrong in it, and nothing may be fetched from elsewhere."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def request_seen(address: str) -> None:
        if urlsplit(address).netloc != urlsplit(server).netloc and not address.startswith("data:"):
            complaints.append(f"fetched {address}")

    def open_page(path: str, **options: object) -> Page:
        context = browser.new_context(base_url=server, **{**DESK, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("request", lambda request: request_seen(request.url))
        page.on("pageerror", lambda error: complaints.append(f"raised {error}"))
        page.on("dialog", lambda dialog: (complaints.append(f"said {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda note: complaints.append(note.text) if note.type == "error" else None)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def keep(screenshots: Path) -> Callable[[Page, str], None]:
    """Keep a picture of the page; nothing may stick out of its width."""

    def keep(page: Page, name: str) -> None:
        page.evaluate("document.fonts.ready")
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{name} is {wider} px too wide"
        page.screenshot(path=screenshots / f"{name}.png", full_page=True)

    return keep
