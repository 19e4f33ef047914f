"""Whole conversations on Discord: questions, symbols, help, and what is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from discord_world import card, fence, labels, told

from bot.channels.discord import limits
from bot.redaction import BREAK

pytestmark = pytest.mark.asyncio

SURE = "how do I stop training when val_loss stops improving?"
OFF_TOPIC = "tell me about quantum llamas please?"
Worlds = Any


async def test_mention_is_answered_by_a_card_that_replies_and_pings_nobody(worlds: Worlds) -> None:
    async with worlds() as world:
        asked = await world.ada.send(world.help, f"{world.me} {SURE}")
        (answer,) = world.said()
        assert "EarlyStopping" in told(answer)
        assert card(answer).fields[0].name == "Sources"
        assert answer.reference.message_id == asked.id
        assert not answer.mentions
        assert not answer.mention_everyone
        assert labels(answer) == ["Helpful", "Not helpful", "Sources"]
        for one in world.env.http_requests:
            if one.method == "POST" and one.path.endswith("/messages"):
                assert one.json["allowed_mentions"] == {"parse": []}


async def test_reply_to_lobby_goes_on_and_reply_to_others_is_not_ours(worlds: Worlds) -> None:
    async with worlds(chat_mode="answer") as world:
        await world.ada.send(world.help, f"{world.me} how do I write a custom train step in jax?")
        await world.ada.send(world.help, "and for torch?", reply_to=world.said()[-1])
        assert "torch" in told(world.said()[-1]).lower()
        question = await world.bob.send(world.help, "good morning, everybody")
        await world.ada.send(world.help, f"how do I save a model, {world.bob.mention}?")
        await world.ada.send(world.help, "how do I save a model?", reply_to=question)
        assert len(world.said()) == 2


async def test_mention_on_a_reply_is_about_what_it_replies_to(worlds: Worlds) -> None:
    async with worlds() as world:
        broken = await world.bob.send(world.help, fence("print(6 * 7)"))
        assert world.said() == []
        await world.hedy.send(world.help, f"{world.me} run this please", reply_to=broken)
        assert "\n42\n" in told(world.said()[0])


async def test_ask_acknowledges_at_once_and_answers_in_the_same_message(worlds: Worlds) -> None:
    async with worlds() as world:
        result = await world.ada.slash(world.help, "ask", question=SURE)
        assert "EarlyStopping" in told(result.response)
        assert not result.followups
        first = next(one for one in world.env.http_requests if "/interactions/" in one.path)
        assert first.json["type"] == 5, "the first word is that an answer comes"
        await world.ada.click(result.response, label="Helpful")
        (vote,) = world.desk.memory.feedback()
        assert vote["vote"] == "up"
        sources = await world.bob.click(result.response, label="Sources")
        assert sources.followups[-1].ephemeral
        assert "EarlyStopping" in told(sources.followups[-1])


async def test_unsure_answer_calls_the_helper_role_once(worlds: Worlds) -> None:
    async with worlds() as world:
        await world.ada.send(world.help, f"{world.me} {OFF_TOPIC}")
        (unsure,) = world.said()
        assert labels(unsure) == ["Call a human"]
        for _ in range(2):
            await world.ada.click(unsure, label="Call a human")
        calls = [message for message in world.said() if message.role_mentions]
        assert [role.name for role in calls[0].role_mentions] == ["Helpers"]
        assert len(calls) == 1


async def test_docs_completes_symbols_and_a_miss_offers_the_nearest(worlds: Worlds) -> None:
    async with worlds() as world:
        choices = await world.ada.autocomplete(world.help, "docs", "symbol", "earlyst")
        assert choices[0]["value"] == "keras.callbacks.EarlyStopping"
        assert len(await world.ada.autocomplete(world.help, "docs", "symbol", "")) == limits.CHOICES
        hit = await world.ada.slash(world.help, "docs", symbol="keras.layers.Dense")
        assert "`keras.layers.Dense`" in told(hit.response)
        miss = await world.ada.slash(world.help, "docs", symbol="keras.layers.Densse")
        offered = [button["label"] for row in miss.response.components for button in row["components"]]
        assert "keras.layers.Dense" in offered
        right = await world.ada.click(miss.response, label="keras.layers.Dense")
        assert "`keras.layers.Dense`" in told(right.followups[-1])


async def test_private_commands_are_seen_by_who_uses_them_only(worlds: Worlds) -> None:
    async with worlds() as world:
        for name in ("help", "privacy", "forget-me", "sources", "cancel"):
            result = await world.ada.slash(world.help, name)
            assert result.response.ephemeral, name
            assert result.response.content or told(result.response)
        assert "/forget-me" in told((await world.ada.slash(world.help, "privacy")).response)


async def test_refusal_of_a_public_command_becomes_private(worlds: Worlds) -> None:
    async with worlds(chat_questions_per_hour=1) as world:
        await world.ada.slash(world.help, "ask", question=SURE)
        refused = await world.ada.slash(world.help, "ask", question="how do I save a model?")
        assert refused.response is None, "the public message that waited is gone"
        assert refused.followups[0].ephemeral
        assert "1 an hour" in refused.followups[0].content


async def test_bots_other_bots_commands_and_system_messages_are_left_alone(worlds: Worlds) -> None:
    async with worlds(chat_mode="answer") as world:
        robot = world.guild.add_member(world.env.create_user("robot", bot=True))
        await robot.send(world.help, f"{world.me} {SURE}")
        for talk in ("!help", "!run print(1)", "/ask how do I save a model", ":wave: hello", "thanks!", "ok"):
            await world.ada.send(world.help, talk)
        assert world.said() == []


async def test_prefix_commands_work_where_the_settings_name_one(worlds: Worlds) -> None:
    async with worlds(discord_prefix="?") as world:
        await world.ada.send(world.help, "?run print(6 * 7)")
        assert "\n42\n" in told(world.said()[-1])
        await world.ada.send(world.help, "?? what")
        await world.ada.send(world.help, "!run print(1)")
        assert len(world.said()) == 1


async def test_direct_message_is_answered_without_a_mention(worlds: Worlds) -> None:
    async with worlds() as world:
        await world.ada.send_dm(SURE)
        (answer,) = world.said(world.ada.user.dm_channel)
        assert "EarlyStopping" in told(answer)


async def test_mentions_in_what_people_write_stay_without_effect(worlds: Worlds) -> None:
    async with worlds() as world:
        code = "print('@everyone <@&1> <@2>', '`' * 3)"
        await world.ada.send(world.help, f"{world.me} {fence(code)}")
        shown = told(world.said()[0])
        assert f"@{BREAK}everyone" in shown
        assert f"<{BREAK}@&1>" in shown
        assert shown.count("```") == 2


async def test_secret_is_removed_where_permitted_and_never_stored(worlds: Worlds, tmp_path: Any) -> None:
    secret = "ghp_" + "a1B2c3D4e5" * 4
    async with worlds() as world:
        message = await world.ada.send(world.help, f"my token is {secret}, why does it fail?")
        assert message.id not in [one.id for one in world.help.history()]
        (warning,) = world.said()
        assert "GitHub token" in warning.content
        assert secret not in warning.content
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes()


async def test_operators_only_may_use_lobby_commands(worlds: Worlds) -> None:
    async with worlds() as world:
        assert "lobby mode" in world.otto.available_commands(world.help)
        assert "lobby mode" not in world.ada.available_commands(world.help)
        status = await world.otto.slash(world.help, "lobby status")
        assert "queued" in status.response.content
        await world.otto.slash(world.help, "lobby pause", paused=True)
        paused = await world.ada.slash(world.help, "ask", question=SURE)
        assert "paused" in paused.followups[0].content
        await world.otto.slash(world.help, "lobby pause", paused=False)
        assert "EarlyStopping" in told((await world.ada.slash(world.help, "ask", question=SURE + " ")).response)
        await world.otto.slash(world.help, "lobby block", person=world.bob)
        blocked = await world.bob.slash(world.help, "ask", question=SURE)
        assert "pardon" in blocked.followups[0].content
        await world.otto.slash(world.help, "lobby pardon", person=world.bob)
        assert "EarlyStopping" in told((await world.bob.slash(world.help, "ask", question=SURE)).response)


async def test_manager_of_a_server_that_is_not_named_decides_about_that_server_only(worlds: Worlds) -> None:
    async with worlds(named=False, chat_runs_per_hour=1, chat_gpu_roles=("operator", "helper", "Managers")) as world:
        status = await world.otto.slash(world.help, "lobby status")
        assert "queued" in status.response.content
        await world.otto.slash(world.help, "lobby mode", mode="answer", channel=world.forum)
        assert "EarlyStopping" in told(world.said(await world.post(world.ada, "Early stopping", SURE))[0])
        await world.otto.slash(world.help, "lobby pause", paused=True, everywhere=True)
        assert "paused" in (await world.ada.slash(world.help, "ask", question=SURE)).followups[0].content
        await world.otto.slash(world.help, "lobby pause", paused=False, everywhere=True)
        for command, options in (
            ("block", {"person": world.bob}),
            ("pardon", {"person": world.bob}),
            ("learn", {"state": "on"}),
        ):
            refused = await world.otto.slash(world.help, f"lobby {command}", **options)
            assert "my settings name" in refused.response.content, command
        assert "EarlyStopping" in told((await world.bob.slash(world.help, "ask", question=SURE)).response)
        # Neither are they above blocks and quotas, nor do the names of their roles open anything.
        ran = await world.otto.slash(world.help, "run", code="print(1)", device="gpu")
        assert "GPU are not open to everybody" in told(ran.response)
        refused = await world.otto.slash(world.help, "run", code="print(2)")
        assert "1 an hour" in refused.followups[0].content


async def test_helper_of_a_server_that_is_not_named_looks_after_its_threads(worlds: Worlds) -> None:
    async with worlds(named=False, chat_mode="answer") as world:
        thread = await world.post(world.ada, "Early stopping", SURE)
        refused = await world.bob.slash(thread, "solved")
        assert refused.followups[0].ephemeral
        await world.hedy.slash(thread, "solved")
        assert any("Marked as solved" in message.content for message in world.said(thread))


async def test_role_that_is_called_operator_makes_no_operator(worlds: Worlds) -> None:
    async with worlds(discord_prefix="!") as world:
        role = world.guild.create_role("operator")
        eve = world.guild.add_member(world.env.create_user("eve"), roles=[role])
        await eve.send(world.help, "!pause on")
        assert "Only operators" in world.said()[0].content
        await world.otto.send(world.help, "!pause on")
        assert "Paused" in world.said()[1].content


async def test_menu_entries_are_about_the_message_they_are_used_on(worlds: Worlds) -> None:
    async with worlds() as world:
        question = await world.bob.send(world.help, SURE)
        answered = await world.hedy.context_menu(world.help, "Answer this", question)
        assert "EarlyStopping" in told(answered.response)
        code = await world.bob.send(world.help, f"look:\n{fence('print(6 * 7)')}")
        ran = await world.hedy.context_menu(world.help, "Run this code", code)
        assert "\n42\n" in told(ran.response)
        error = await world.bob.send(
            world.help, "ValueError: Unrecognized data type: x=[1, 2] (of type <class 'list'>)"
        )
        explained = await world.hedy.context_menu(world.help, "Explain this error", error)
        assert "list" in told(explained.response)
        nothing = await world.hedy.context_menu(world.help, "Run this code", question)
        assert nothing.response or nothing.followups


async def test_two_hundred_people_ask_at_once_and_each_is_answered_once(worlds: Worlds) -> None:
    async with worlds() as world:
        crowd = [world.guild.add_member(world.env.create_user(f"person{n}")) for n in range(200)]
        questions = (SURE, "keras.layers.Dense", "help", "keras.callbacks.EarlyStopping")
        sent = [
            world.env.backend.create_message(world.help.id, person.id, f"{world.me} {questions[n % len(questions)]}")
            for n, person in enumerate(crowd)
        ]
        await world.env.settle()
        answered = [answer.reference.message_id for answer in world.said()]
        assert sorted(answered) == sorted(message.id for message in sent)


async def test_command_is_acknowledged_before_the_crowd_is_answered(worlds: Worlds) -> None:
    async with worlds() as world:
        crowd = [world.guild.add_member(world.env.create_user(f"person{n}")) for n in range(60)]
        for person in crowd:
            world.env.backend.create_message(world.help.id, person.id, f"{world.me} {SURE}")
        result = await world.ada.slash(world.help, "ask", question="how do I save a model?")
        assert told(result.response)
        order = [one.path for one in world.env.http_requests]
        acknowledged = next(n for n, path in enumerate(order) if path.endswith("/callback"))
        answered = [n for n, path in enumerate(order) if path == f"/channels/{world.help.id}/messages"]
        assert len([n for n in answered if n < acknowledged]) < len(crowd) / 4
