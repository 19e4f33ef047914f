"""Nothing is lost and nothing answered twice: restarts, messages from meanwhile, permissions that are missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from discord_world import told

from bot.messages import File, Reply

pytestmark = pytest.mark.asyncio

SURE = "how do I stop training when val_loss stops improving?"
Worlds = Any


async def test_what_was_written_meanwhile_is_answered_once(worlds: Worlds) -> None:
    async with worlds(discord_answer_channels=("questions",)) as world:
        await world.ada.send(world.help, f"{world.me} how do I save a model?")
        thread = await world.post(world.ada, "Train step", "how do I write a custom train step in jax?")
        assert (len(world.said()), len(world.said(thread))) == (1, 1)
        async with world.away():
            world.env.backend.create_message(world.help.id, world.bob.id, f"{world.me} {SURE}")
            world.env.backend.create_message(world.help.id, world.bob.id, "what a day")
            world.env.backend.create_message(thread.id, world.ada.id, "and for torch?")
            late = await world.post(world.bob, "Early stopping", SURE, settle=False)
        assert [len(world.said(place)) for place in (world.help, thread, late)] == [2, 2, 1]
        assert "EarlyStopping" in told(world.said()[-1])
        assert "torch" in told(world.said(thread)[-1]).lower()
        await world.restart()
        assert [len(world.said(place)) for place in (world.help, thread, late)] == [2, 2, 1]


async def test_what_was_before_us_is_none_of_ours(worlds: Worlds) -> None:
    async with worlds() as world:
        old = world.guild.create_text_channel("old")
        async with world.away():
            world.env.backend.create_message(old.id, world.bob.id, f"{world.me} {SURE}")
            with world.desk_memory() as memory, memory._base.transaction() as base:
                base.execute("delete from seen")
        assert world.said(old) == []
        async with world.away():
            world.env.backend.create_message(old.id, world.bob.id, f"{world.me} how do I save a model?")
        assert len(world.said(old)) == 1


async def test_missing_permission_is_one_clear_line_and_nothing_breaks(
    worlds: Worlds, caplog: pytest.LogCaptureFixture
) -> None:
    async with worlds() as world:
        world.forbid("send_messages")
        for text in (SURE, "how do I save a model?"):
            await world.ada.send(world.help, f"{world.me} {text}")
        assert world.said() == []
        lines = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
        assert len(lines) == 1, lines
        assert "Send Messages" in lines[0]
        assert not [r for r in caplog.records if r.levelname == "ERROR"]


async def test_permissions_that_help_channels_lack_are_named_at_the_start(
    worlds: Worlds, caplog: pytest.LogCaptureFixture
) -> None:
    async with worlds(discord_answer_channels=("help",)) as world:
        world.forbid("embed_links", "attach_files")
        await world.restart()
        (line,) = [r.getMessage() for r in caplog.records if "#help" in r.getMessage()]
        assert "Embed Links" in line
        assert "Attach Files" in line
        await world.ada.send(world.help, f"{world.me} {SURE}")
        (answer,) = world.said()
        assert not answer.embeds
        assert "EarlyStopping" in answer.content
        assert "https://" in answer.content


async def test_discord_that_refuses_once_is_no_crash(worlds: Worlds, caplog: pytest.LogCaptureFixture) -> None:
    async with worlds() as world:
        world.env.inject_error("POST", "/channels/*/messages", status=403, code=50013)
        await world.ada.send(world.help, f"{world.me} {SURE}")
        assert world.said() == []
        await world.bob.send(world.help, f"{world.me} {SURE}")
        assert len(world.said()) == 1
        assert [r for r in caplog.records if "permission" in r.getMessage()]


async def test_answer_comes_when_discord_stumbles(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.discord.channel.AGAIN_S", (0.01, 0.02))
    async with worlds() as world:
        world.env.inject_error("POST", "/channels/*/messages", status=503, times=2)
        await world.ada.send(world.help, f"{world.me} {SURE}")
        assert len(world.said()) == 1
        world.env.inject_error("POST", "/channels/*/messages", status=429)
        await world.bob.send(world.help, f"{world.me} {SURE}")
        assert len(world.said()) == 2


async def test_lost_progress_does_not_cost_the_result(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.discord.channel.AGAIN_S", ())
    monkeypatch.setattr("bot.channels.discord.channel.DiscordChannel.edit_every_s", 0.1)
    code = "import time\nfor n in range(8):\n    print(n, flush=True)\n    time.sleep(0.3)\nprint('over')"
    async with worlds() as world:
        world.env.inject_error("PATCH", "/channels/*/messages/*", status=500, times=2)
        await world.ada.send(world.help, f"{world.me}\n```python\n{code}\n```")
        (shown,) = world.said()
        assert "over" in told(shown)
        failed = [one for one in world.env.http_requests if one.method == "PATCH"]
        assert len(failed) > 2


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_files_that_are_refused_for_their_size_cost_only_themselves(
    worlds: Worlds, tmp_path: Path, method: str
) -> None:
    (tmp_path / "model.keras").write_bytes(b"weights")
    file = File("model.keras", "application/octet-stream", 7, tmp_path / "model.keras")
    reply = Reply(text="Ran", kind="run", files=(file,))
    async with worlds() as world:
        asked = await world.ada.send(world.help, "hello everybody")
        message = world.bot.reader.message(asked, world.bot.user)
        own_id = await world.bot.channel.send(message, Reply(text="…")) if method == "PATCH" else ""
        world.env.inject_error(method, "/channels/*/messages*", status=413, code=40005)
        if own_id:
            await world.bot.channel.edit(message, own_id, reply)
        else:
            await world.bot.channel.send(message, reply)
        (shown,) = world.said()
        assert (shown.content, shown.attachments) == ("Ran", [])
