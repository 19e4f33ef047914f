"""Starting and looking after the channel: what is refused is said in one line, and the rest goes on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import discord
import pytest
from discord_world import World

from bot.assistant import Assistant
from bot.channels import host
from bot.channels.base import Finding
from bot.channels.discord import health, permissions
from bot.memory import Memory
from bot.settings import Settings

Worlds = Any


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A Discord that knows no token. Its requests are written down."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = b'{"message": "401: Unauthorized", "code": 0}'
            self.send_response(401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(discord.http.Route, "BASE", f"http://127.0.0.1:{server.server_port}/api/v10")
    yield asked
    server.shutdown()
    server.server_close()


def open_and_close(assistant: Assistant, folder: Path, until: Any, **values: Any) -> None:
    memory = Memory(folder / "chat")
    try:
        with host.chats(assistant, memory, Settings(data_dir=folder, discord_token="not.a.token", **values)):
            for _ in range(600):
                if until():
                    return
                threading.Event().wait(0.05)
            raise AssertionError("nothing was said")
    finally:
        memory.close()


def test_refused_token_is_one_line_and_not_tried_again(
    assistant: Assistant, tmp_path: Path, refusing: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    open_and_close(assistant, tmp_path, lambda: [r for r in caplog.records if r.levelno == logging.ERROR])
    (line,) = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert "Discord refuses the token." in line
    assert "Reset Token" in line
    assert "not.a.token" not in caplog.text
    assert len(refusing) == 1


def test_discord_that_cannot_be_reached_is_tried_again(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", "http://127.0.0.1:9/api/v10")
    monkeypatch.setattr(host, "FIRST_RETRY_S", 0.1)

    def lines() -> list[str]:
        return [r.getMessage() for r in caplog.records if "cannot be reached" in r.getMessage()]

    open_and_close(assistant, tmp_path, lambda: len(lines()) >= 2)
    assert "Trying again in" in lines()[0]


def test_nothing_is_opened_without_a_token(assistant: Assistant, tmp_path: Path) -> None:
    memory = Memory(tmp_path / "chat")
    before = threading.active_count()
    with host.chats(assistant, memory, Settings(data_dir=tmp_path)):
        assert threading.active_count() == before
    memory.close()


def test_doctor_says_that_the_token_is_refused(refusing: list[str], tmp_path: Path) -> None:
    (finding,) = health.examine(Settings(data_dir=tmp_path, discord_token="not.a.token"))
    assert finding.state == "failed"
    assert "refuses the token" in finding.what
    assert "Reset Token" in finding.remedy


def test_doctor_says_that_discord_cannot_be_reached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", "http://127.0.0.1:9/api/v10")
    (finding,) = health.examine(Settings(data_dir=tmp_path, discord_token="not.a.token"))
    assert finding.state == "warning"
    assert "port 443" in finding.remedy


async def found(world: World, **values: Any) -> dict[str, Finding]:
    settings = world.bot.settings.model_copy(update=values)
    return {finding.what: finding async for finding in health.look(world.bot, settings)}


@pytest.mark.asyncio
async def test_doctor_names_what_is_missing_on_a_server_and_how_to_mend_it(worlds: Worlds) -> None:
    async with worlds() as world:
        fine = await found(world, discord_answer_channels=("questions",))
        assert fine["on Keras with all permissions"].state == "ok"
        assert not [one for one in fine.values() if "channel" in one.what]
        world.forbid("attach_files")
        lacking = await found(world, discord_answer_channels=("questions", "nowhere"), discord_helper_roles=())
        assert lacking["in #questions I lack Attach Files"].remedy.startswith("Give Lobby's role Attach Files")
        assert lacking["no server has a channel 'nowhere'"].state == "warning"
        assert lacking["on Keras nobody is called when Lobby does not know"].state == "warning"


@pytest.mark.asyncio
async def test_doctor_says_whose_managers_are_operators(worlds: Worlds) -> None:
    async with worlds() as world:
        named = await found(world)
        assert named["who manages Keras is an operator"].state == "ok"
        nobody = await found(world, discord_servers=())
        (told,) = [one for one in nobody.values() if "managers may pause Lobby" in one.what]
        assert (told.state, f'["{world.guild.id}"]' in told.remedy) == ("warning", True)
        other = await found(world, discord_servers=("123456789012345678",))
        assert "Mend discord_servers" in other["the bot is on no server 123456789012345678"].remedy
        (left,) = [one for one in other.values() if "managers may pause Lobby" in one.what]
        assert left.state == "ok", "that a server is left out may be meant"


def test_invitation_asks_for_all_that_is_needed_and_for_no_power_over_people() -> None:
    wanted = permissions.invited_with()
    assert permissions.missing(wanted, all_of_them=True) == []
    for power in ("administrator", "manage_guild", "manage_roles", "ban_members", "kick_members", "mention_everyone"):
        assert not getattr(wanted, power)
