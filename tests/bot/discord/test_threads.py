"""Help threads: answered by their channel's mode, solved by a word or a sign, reminded, closed; thumbs are votes."""

from __future__ import annotations

from typing import Any

import pytest
from discord_world import labels, told

pytestmark = pytest.mark.asyncio

SURE = "how do I stop training when val_loss stops improving?"
OFF_TOPIC = "tell me about quantum llamas please?"
DAY_S = 86_400.0
Worlds = Any


def later(world: Any, days: float) -> None:
    """Let the threads of the memory be older."""
    with world.desk.memory._base.transaction() as base:
        base.execute("update conversation set updated = updated - ?, reminded = reminded - ?", (days * DAY_S,) * 2)


def archived(world: Any, thread: Any) -> bool:
    return bool(world.env.backend.get_channel(thread.id).thread_metadata.archived)


@pytest.mark.parametrize(("mode", "sure", "unsure"), [("off", 0, 0), ("suggest", 1, 0), ("answer", 1, 1)])
async def test_mode_of_the_forum_decides_about_a_new_post(worlds: Worlds, mode: str, sure: int, unsure: int) -> None:
    async with worlds() as world:
        await world.otto.slash(world.help, "lobby mode", mode=mode, channel=world.forum)
        first = await world.post(world.ada, "Early stopping", SURE)
        second = await world.post(world.bob, "Llamas", OFF_TOPIC)
        assert (len(world.said(first)), len(world.said(second))) == (sure, unsure)
        if mode == "suggest":
            assert world.said(first)[0].flags.suppress_notifications
        if mode == "answer":
            assert labels(world.said(second)[0]) == ["Call a human"]
            await world.bob.click(world.said(second)[0], label="Call a human")
            assert world.said(second)[-1].role_mentions or world.said(second)[-2].role_mentions


async def test_title_of_a_post_is_part_of_its_question(worlds: Worlds) -> None:
    async with worlds(discord_answer_channels=("questions",)) as world:
        thread = await world.post(world.ada, SURE, "Any ideas? Thank you in advance!")
        assert "EarlyStopping" in told(world.said(thread)[0])


async def test_modes_come_from_the_settings_until_an_operator_chooses(worlds: Worlds) -> None:
    async with worlds(discord_answer_channels=("#questions",)) as world:
        assert world.said(await world.post(world.ada, "Early stopping", SURE))
        await world.otto.slash(world.help, "lobby mode", mode="off", channel=world.forum)
        await world.restart()
        assert world.said(await world.post(world.bob, "Early stopping", SURE)) == []


async def test_asker_goes_on_without_a_mention_and_others_are_not_disturbed(worlds: Worlds) -> None:
    async with worlds(chat_mode="answer") as world:
        thread = await world.post(world.ada, "Train step", "how do I write a custom train step in jax?")
        await world.ada.send(thread, "and for torch?")
        assert "torch" in told(world.said(thread)[-1]).lower()
        await world.bob.send(thread, "I had the same last week, good luck")
        await world.ada.send(thread, "thank you!")
        assert len(world.said(thread)) == 2


@pytest.mark.parametrize("way", ["command", "sign", "helper's sign"])
async def test_solved_thread_is_tagged_and_closed(worlds: Worlds, way: str) -> None:
    async with worlds(chat_mode="answer") as world:
        world.tag_forum("Solved")
        thread = await world.post(world.ada, "Early stopping", SURE)
        (answer,) = world.said(thread)
        await world.bob.react(answer, "✅")
        assert not archived(world, thread), "anybody could close anything"
        if way == "command":
            await world.ada.slash(thread, "solved")
        else:
            await (world.ada if way == "sign" else world.hedy).react(answer, "✅")
        assert archived(world, thread)
        assert len(world.env.backend.get_channel(thread.id).applied_tags) == 1
        assert any("Marked as solved" in message.content for message in world.said(thread))
        assert world.desk.memory.conversation(f"discord/{world.guild.id}/{thread.id}").state == "solved"


async def test_helper_without_permission_and_strangers_cannot_close(worlds: Worlds) -> None:
    async with worlds(chat_mode="answer") as world:
        thread = await world.post(world.ada, "Early stopping", SURE)
        refused = await world.bob.slash(thread, "solved")
        assert refused.followups[0].ephemeral
        assert not archived(world, thread)


async def test_similar_solved_thread_is_linked(worlds: Worlds) -> None:
    async with worlds(chat_mode="answer") as world:
        first = await world.post(world.ada, "Early stopping", SURE)
        await world.ada.slash(first, "solved")
        second = await world.post(world.bob, "How to stop training", "how do I stop training when val_loss is flat?")
        assert f"/{first.id}" in told(world.said(second)[0])


async def test_idle_thread_is_reminded_once_then_closed_and_says_how_to_go_on(worlds: Worlds) -> None:
    async with worlds(chat_mode="answer") as world:
        thread = await world.post(world.ada, "Early stopping", SURE)
        later(world, 3.5)
        for _ in range(2):
            await world.env.advance_time(700)
        reminders = [m for m in world.said(thread) if "Is this still open?" in m.content]
        assert len(reminders) == 1
        assert "/solved" in reminders[0].content
        later(world, 2.5)
        await world.env.advance_time(700)
        assert "Closed" in world.said(thread)[-1].content
        assert archived(world, thread)


async def test_closed_thread_is_open_again_for_who_writes_in_it(worlds: Worlds) -> None:
    async with worlds(chat_mode="answer") as world:
        world.tag_forum("Solved")
        thread = await world.post(world.ada, "Early stopping", SURE)
        name = f"discord/{world.guild.id}/{thread.id}"
        for days in (3.5, 2.5):
            later(world, days)
            await world.env.advance_time(700)
        assert archived(world, thread)
        assert world.desk.memory.conversation(name).state == "closed"
        await world.again(world.ada, thread, "how do I save the best model, too?")
        assert world.desk.memory.conversation(name).state == "open"
        assert "save" in told(world.said(thread)[-1]).lower()
        await world.ada.slash(thread, "solved")
        assert world.env.backend.get_channel(thread.id).applied_tags
        await world.again(world.ada, thread, "thank you!")
        assert world.desk.memory.conversation(name).state == "solved"
        said = len(world.said(thread))
        await world.again(world.ada, thread, "how do I stop training after an hour?")
        assert len(world.said(thread)) == said + 1
        assert world.desk.memory.conversation(name).state == "open"
        assert not world.env.backend.get_channel(thread.id).applied_tags
        assert not archived(world, thread)


async def test_thumbs_under_an_answer_are_votes_and_can_be_taken_back(worlds: Worlds) -> None:
    async with worlds() as world:
        await world.ada.send(world.help, f"{world.me} {SURE}")
        (answer,) = world.said()
        await world.ada.react(answer, "👎")
        assert [vote["vote"] for vote in world.desk.memory.feedback()] == ["down"]
        await world.ada.unreact(answer, "👎")
        assert world.desk.memory.feedback() == []
        own = await world.ada.send(world.help, "hello everybody")
        await world.bob.react(own, "👍")
        assert world.desk.memory.feedback() == []
        assert len(world.said()) == 1, "votes are taken silently"


async def test_solved_without_permission_to_close_tells_the_operator_once(
    worlds: Worlds, caplog: pytest.LogCaptureFixture
) -> None:
    async with worlds(chat_mode="answer") as world:
        thread = await world.post(world.ada, "Early stopping", SURE)
        world.forbid("manage_threads")
        await world.ada.slash(thread, "solved")
        assert not archived(world, thread)
        (line,) = [r.getMessage() for r in caplog.records if "close threads" in r.getMessage()]
        assert "Manage Threads" in line
