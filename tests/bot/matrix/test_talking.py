"""Conversations on Matrix: rooms, threads, edits, reactions, commands."""

from __future__ import annotations

from typing import Any

import pytest
from matrix_world import signs

pytestmark = [pytest.mark.asyncio, pytest.mark.sandbox]

Worlds = Any
EARLY = "how do I stop training when val_loss stops improving?"


async def test_question_is_answered_as_a_notice_that_pings_nobody(worlds: Worlds) -> None:
    async with worlds() as world:
        ada, bob = await world.person("ada"), await world.person("bob")
        room = await world.place(ada, bob)
        asked = await ada.say(room, f"{world.me}: {EARLY}", **{"m.mentions": {"user_ids": [world.me]}})
        (shown,) = await world.said(ada, room)
        assert shown.content["msgtype"] == "m.notice"
        assert shown.content["m.mentions"] == {}
        assert shown.answers == asked
        assert "EarlyStopping" in shown.text
        assert '<code class="language-python">' in shown.html
        assert list(signs(shown)) == ["👍", "👎", "📚"]
        assert await ada.signs(room, shown.id, world.me) == ["👍", "👎", "📚"]


async def test_commands_need_no_mention_and_a_smile_is_none(worlds: Worlds) -> None:
    async with worlds() as world:
        ada, bob = await world.person("ada"), await world.person("bob")
        room = await world.place(ada, bob)
        await ada.say(room, ":D keras.layers.Dense")
        await ada.say(room, "/run print(1)")
        await ada.say(room, "!docs keras.layers.Dens")
        (missed,) = await world.said(ada, room)
        assert "Did you mean" in missed.text
        assert next(iter(signs(missed))) == "1⃣"
        await ada.react(room, missed.id, "1️⃣")
        _, page = await world.said(ada, room, 2)
        assert "keras.layers.Dense" in page.text
        await bob.say(room, "!help")
        *_, helped = await world.said(ada, room, 3)
        assert "`!run`" in helped.text


async def test_thread_goes_on_without_mention_and_is_solved_by_a_sign(worlds: Worlds) -> None:
    async with worlds() as world:
        ada, bob = await world.person("ada"), await world.person("bob")
        room = await world.place(ada, bob)
        root = await ada.say(room, "I have a problem with training")
        await ada.say(room, f"{world.me} {EARLY}", thread=root)
        (first,) = await world.said(ada, room)
        assert first.thread == root
        await ada.say(room, "how do I set class weights for imbalanced data?", thread=root)
        second = (await world.said(ada, room, 2))[-1]
        assert second.thread == root
        assert "class_weight" in second.text
        await bob.react(room, second.id, "✅")  # neither the asker nor a helper
        await ada.react(room, second.id, "✅️")
        solved = (await world.said(ada, room, 3))[-1]
        assert "Marked as solved" in solved.text
        assert await ada.signs(room, second.id, world.me) == ["👍", "👎", "📚", "✅"]
        assert len(await world.said(ada, room)) == 3


async def test_direct_room_needs_no_mention_and_remembers(worlds: Worlds) -> None:
    async with worlds() as world:
        ada = await world.person("ada")
        room = await world.place(ada, is_direct=True, preset="trusted_private_chat", name="")
        await ada.say(room, EARLY)
        (first,) = await world.said(ada, room)
        await ada.say(room, "!sources")
        second = (await world.said(ada, room, 2))[-1]
        assert "Sources of the last answer" in second.text
        await ada.say(room, "tell me about quantum llamas please?", to=first.id)
        third = (await world.said(ada, room, 3))[-1]
        assert "no sure answer" in third.text
        await ada.react(room, third.id, "🙋")
        fourth = (await world.said(ada, room, 4))[-1]
        assert "nobody to call" in fourth.text


async def test_helpers_are_the_only_mention(worlds: Worlds) -> None:
    async with worlds(matrix_helpers=("@hedy:localhost",)) as world:
        ada = await world.person("ada")
        room = await world.place(ada)
        await ada.say(room, "!human")
        told, called = sorted(await world.said(ada, room, 2), key=lambda one: one.content["msgtype"])
        assert told.content["m.mentions"] == {}
        assert called.content["m.mentions"] == {"user_ids": ["@hedy:localhost"]}
        assert called.content["msgtype"] == "m.text"


async def test_edited_question_gets_another_answer_in_place(worlds: Worlds) -> None:
    async with worlds() as world:
        ada, bob = await world.person("ada"), await world.person("bob")
        room = await world.place(ada, bob)
        asked = await ada.say(room, f"{world.me} how do I save a model?")
        await world.said(ada, room)
        await bob.edit(room, asked, f"{world.me} how do I freeze a layer?")  # not his to edit
        await ada.edit(room, asked, f"{world.me} {EARLY}")
        await world.until(lambda: world.desk.memory.counts()["handled"] == 2)
        (shown,) = await world.said(ada, room)
        assert "EarlyStopping" in shown.text
        assert len(shown.versions) == 2


async def test_votes_come_and_go_with_their_reaction(worlds: Worlds) -> None:
    async with worlds() as world:
        ada = await world.person("ada")
        room = await world.place(ada)
        await ada.say(room, EARLY)
        (shown,) = await world.said(ada, room)
        given = await ada.react(room, shown.id, "👍🏽")
        await world.until(world.desk.memory.feedback)
        assert [one["vote"] for one in world.desk.memory.feedback()] == ["up"]
        await ada.redact(room, given)
        await world.until(lambda: not world.desk.memory.feedback())
        assert len(await world.said(ada, room)) == 1, "a vote is taken without a word"


async def test_unasked_answers_only_where_the_settings_or_an_operator_say_so(worlds: Worlds) -> None:
    async with worlds() as world:
        ada, bob = await world.person("ada"), await world.person("bob")
        open_room = await ada.room(bob.id, preset="public_chat", room_alias_name=f"help-{ada.id[1:-10]}")
        await bob.join(open_room)
        alias = f"#help-{ada.id[1:-10]}:localhost"
        world.values["matrix_answer_rooms"] = (alias,)
        await world.restart()
        await world.until(lambda: open_room in world.bot.client.nio.rooms)
        await bob.say(open_room, EARLY)
        assert "EarlyStopping" in (await world.said(bob, open_room))[0].text
        # Whoever made a room that the settings name is an operator; elsewhere power reaches no further than the room.
        await ada.say(open_room, "!mode off")
        assert "Mode here: off" in (await world.said(bob, open_room, 2))[-1].text
        await bob.say(open_room, "!mode answer")
        assert "Only operators" in (await world.said(bob, open_room, 3))[-1].text
        own = await world.place(ada, bob)
        await bob.say(own, "!mode answer")
        assert "Only operators" in (await world.said(ada, own))[-1].text
        await ada.say(own, "!mode suggest")
        assert "Mode here: suggest" in (await world.said(ada, own, 2))[-1].text
        for number, command in enumerate((f"!block {bob.id}", f"!pardon {bob.id}", "!learn on"), start=3):
            await ada.say(own, command)
            assert "my settings name" in (await world.said(ada, own, number))[-1].text, command
        assert await world.desk.mode("matrix", "localhost", open_room) == "off"


async def test_invitations_are_taken_by_the_list_and_declined_otherwise(worlds: Worlds) -> None:
    async with worlds(matrix_inviters=()) as world:
        ada, eve = await world.person("ada"), await world.person("eve")
        world.values["matrix_inviters"] = (ada.id,)
        await world.restart()
        room = await ada.room(world.me)
        await ada.say(room, EARLY)  # before we are in
        assert "EarlyStopping" in (await world.said(ada, room))[0].text
        declined = await eve.room(world.me)
        path = f"/_matrix/client/v3/rooms/{declined}/state/m.room.member/{world.me}"

        async def gone() -> bool:
            return bool((await eve.call("GET", path))["membership"] == "leave")

        await world.until(gone)


async def test_idle_thread_is_reminded_in_the_thread(worlds: Worlds) -> None:
    async with worlds(chat_remind_days=1e-9, chat_close_days=1e-9) as world:
        ada, bob = await world.person("ada"), await world.person("bob")
        room = await world.place(ada, bob)
        root = await ada.say(room, "hello all")
        await ada.say(room, f"{world.me} {EARLY}", thread=root)
        await world.said(ada, room)
        await world.bot.look()
        reminded = (await world.said(ada, room, 2))[-1]
        assert reminded.thread == root
        assert "`!solved`" in reminded.text


async def test_pasted_key_is_warned_of_and_removed_where_we_may(worlds: Worlds) -> None:
    key = "ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6"
    async with worlds() as world:
        ada, bob = await world.person("ada"), await world.person("bob")
        levels = {"users": {world.me: 50}}
        room = await world.place(ada, bob, power_level_content_override=levels)
        await bob.say(room, f"my key is {key}")
        (warned,) = await world.said(ada, room)
        assert "GitHub token" in warned.text
        assert key not in str(await ada.events(room))
