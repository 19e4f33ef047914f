"""Nothing is lost and nothing answered twice: restarts, messages from meanwhile, permissions that are missing."""

from __future__ import annotations

from typing import Any

import pytest
from discord_world import told

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
