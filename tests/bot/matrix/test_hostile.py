"""What people and homeservers do to a bot: strange events, floods, other bots, refusals."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import nio
import pytest
from matrix_server import SERVER
from matrix_world import signs

from bot.channels.base import CannotConnect, ChannelError
from bot.channels.matrix.client import Refused
from bot.channels.matrix.health import examine
from bot.channels.matrix.service import run
from bot.memory import Memory
from bot.settings import Settings

pytestmark = [pytest.mark.asyncio, pytest.mark.sandbox]

Worlds = Any
EARLY = "how do I stop training when val_loss stops improving?"


def _strange(me: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield contents that a homeserver elsewhere may let through."""
    ours = {"user_ids": [me]}
    for content in (
        {},
        {"msgtype": "m.text"},
        {"msgtype": "m.text", "body": 7},
        {"msgtype": "m.text", "body": "", "m.mentions": "all"},
        {"msgtype": "m.text", "body": "", "m.mentions": {"user_ids": [1, None, me]}, "m.relates_to": "x"},
        {"msgtype": "m.file", "body": "x.py", "url": "file:///etc/passwd", "info": 5, "m.mentions": ours},
        {"msgtype": "m.file", "body": "x.py", "file": {"url": "mxc://a/b"}, "m.mentions": ours},
        {"msgtype": "m.text", "body": "x", "m.relates_to": {"rel_type": "m.replace", "event_id": "$nothing"}},
        {"msgtype": "m.text", "body": "x", "m.new_content": 3, "m.relates_to": {"rel_type": "m.replace"}},
        {"msgtype": "m.notice", "body": f"{me} {EARLY}", "m.mentions": ours},
        {"msgtype": "m.emote", "body": f"asks {EARLY}", "m.mentions": ours},
    ):
        yield "m.room.message", content
    yield "m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$x", "key": "👍"}}
    yield "m.reaction", {"m.relates_to": 4}
    yield "m.room.redaction", {}


async def test_strange_events_do_no_harm_and_bots_are_ignored(worlds: Worlds) -> None:
    async with worlds() as world:
        ada = await world.person("ada")
        room = await world.place(ada)
        about = world.bot.client.room(room)
        for number, (kind, content) in enumerate(_strange(world.me)):
            event = {"event_id": f"$strange{number}", "sender": ada.id, "origin_server_ts": time.time_ns() // 10**6}
            parsed = nio.Event.parse_event({**event, "type": kind, "content": content})
            if isinstance(parsed, nio.Event):
                await world.bot._handle(about, parsed)
        await ada.say(room, "<b>" + "a" * 60_000 + "</b>")
        asked = await ada.say(room, f"{EARLY} <script>alert(1)</script> @room @ada:{SERVER}")
        await world.until(lambda: asked in world.heard)
        shown = await world.said(ada, room)
        (answer,) = [one for one in shown if one.answers == asked]
        assert "EarlyStopping" in answer.text
        for one in shown:
            assert one.content["msgtype"] == "m.notice"
            assert one.content["m.mentions"] == {}
            assert "<script" not in one.html
            assert "@room" not in one.text
        assert [one for one in shown if "EarlyStopping" in one.text] == [answer], "a notice is a bot's"


async def test_a_removed_answer_is_not_written_to_any_more(worlds: Worlds) -> None:
    async with worlds() as world:
        ada, bob = await world.person("ada"), await world.person("bob")
        room = await world.place(ada, bob)
        asked = await ada.say(room, f"{world.me} how do I save a model?")
        (first,) = await world.said(ada, room)
        await ada.redact(room, first.id)
        await world.until(lambda: first.id in world.bot.channel._gone)
        await ada.edit(room, asked, f"{world.me} {EARLY}")
        await world.until(lambda: world.desk.memory.counts()["handled"] == 2)
        (second,) = await world.said(ada, room)
        assert second.id != first.id
        assert "EarlyStopping" in second.text


async def test_where_we_may_not_write_the_operator_is_told(worlds: Worlds, caplog: Any) -> None:
    async with worlds() as world:
        ada, bob = await world.person("ada"), await world.person("bob")
        room = await world.place(ada, bob, power_level_content_override={"events_default": 50, "users": {bob.id: 50}})
        await bob.say(room, f"{world.me} {EARLY}")
        await world.until(lambda: "send messages in this room" in caplog.text)
        await world.settled()
        assert await ada.shown(room, world.me) == []


async def test_errors_of_the_homeserver_are_raised_by_name(worlds: Worlds) -> None:
    async with worlds() as world:
        ada = await world.person("ada")
        room = await world.place(ada)
        with pytest.raises(Refused) as refused:
            await world.bot.client.send(room, "m.room.message", {"msgtype": "m.notice", "body": "x" * 70_000})
        assert refused.value.code == "M_TOO_LARGE"
        with pytest.raises(Refused):
            await world.bot.client.download("mxc://localhost/nothing", 10)
        assert await world.bot.client.event(room, "$nothing") is None


async def test_a_wrong_account_is_one_clear_line(worlds: Worlds) -> None:
    async with worlds() as world:
        good = world.settings
        wrong = {
            "matrix_token": ("syt_wrong", "does not accept the Matrix token"),
            "matrix_user": ("@somebody:localhost", "belongs to @lobby"),
        }
        for name, (value, told) in wrong.items():
            settings = Settings(**{**good.model_dump(), name: value})
            with pytest.raises(CannotConnect, match=told):
                await run(world.desk, settings)
        nowhere = Settings(**{**good.model_dump(), "matrix_homeserver": "http://127.0.0.1:9"})
        with pytest.raises(ChannelError, match="cannot be reached"):
            await run(world.desk, nowhere)
        with pytest.raises(CannotConnect, match="matrix_user is missing"):
            await run(world.desk, Settings(**{**good.model_dump(), "matrix_user": ""}))


async def test_a_token_that_is_not_known_begins_anew(worlds: Worlds) -> None:
    async with worlds() as world:
        ada = await world.person("ada")
        room = await world.place(ada)
        await ada.say(room, EARLY)
        await world.said(ada, room)
        await world.stop()
        memory = Memory(world.folder / "chat")
        memory.choose("matrix", world.me, "sync", "s0_nonsense")
        memory.close()
        await world.start()
        await ada.say(room, "!help")
        assert len(await world.said(ada, room, 2)) == 2


async def test_two_rooms_with_fifty_messages_at_once_on_a_slow_homeserver(worlds: Worlds) -> None:
    async with worlds(matrix_reactions=False, chat_burst=100) as world:
        people = [await world.person(f"p{number}") for number in range(10)]
        rooms = [await world.place(*people) for _ in range(2)]
        # Twenty a second: it answers 429 until one waits as it says.
        await asyncio.to_thread(world.server.slow_down, world.me, 20)
        symbols = ("keras.layers.Dense", "keras.layers.LSTM", "keras.Model", "keras.layers.GRU", "keras.ops.add")
        asked = [
            people[number % 10].say(room, f"!docs {symbols[number // 10]}") for room in rooms for number in range(50)
        ]
        ids = set(await asyncio.gather(*asked))
        answered = set()
        for room in rooms:
            shown = await world.said(people[0], room, 50)
            assert len(shown) == 50
            answered |= {one.answers for one in shown}
        assert answered == ids


async def test_doctor_says_what_is_wrong_and_how_to_mend_it(worlds: Worlds) -> None:
    async with worlds() as world:
        fine = await asyncio.to_thread(examine, world.settings)
        assert not [one for one in fine if one.state == "failed"]
        assert any(f"the token is {world.me}'s" in one.what for one in fine)
        values = world.settings.model_dump()
        absent = Settings(**{**values, "matrix_rooms": ("#nothing:localhost",)})
        assert any("#nothing:localhost" in one.what for one in await asyncio.to_thread(examine, absent))
        (failed,) = await asyncio.to_thread(examine, Settings(**{**values, "matrix_token": "syt_wrong"}))
        assert failed.state == "failed"
        (failed,) = await asyncio.to_thread(examine, Settings(**{**values, "matrix_homeserver": ""}))
        assert "matrix_homeserver" in failed.what


async def test_settings_can_spare_the_signs(worlds: Worlds) -> None:
    async with worlds(matrix_reactions=False) as world:
        ada = await world.person("ada")
        room = await world.place(ada)
        await ada.say(room, EARLY)
        (shown,) = await world.said(ada, room)
        assert await ada.signs(room, shown.id, world.me) == []
        await ada.react(room, shown.id, "📚")  # works all the same
        assert signs(shown)["📚"]
        assert "Sources" in (await world.said(ada, room, 2))[-1].text
