"""Whole conversations on Discord: questions, symbols, help, and what is left alone."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.asyncio

SURE = "how do I stop training when val_loss stops improving?"
OFF_TOPIC = "tell me about quantum llamas please?"


def card(message):
    (embed,) = message.embeds
    return embed


def labels(message):
    return [button.label for row in message.components for button in row.children]


async def test_mention_is_answered_by_a_card_that_replies(worlds):
    async with worlds() as world:
        asked = await world.ada.send(world.help, f"<@{world.bot.user_id}> {SURE}")
        (answer,) = world.said()
        assert "EarlyStopping" in card(answer).description
        assert card(answer).fields[0].name == "Sources"
        assert answer.reference.message_id == asked.id
        assert not answer.mentions and not answer.mention_everyone
        assert labels(answer) == ["Helpful", "Not helpful", "Sources"]


async def test_reply_to_lobby_goes_on_and_reply_to_others_is_not_ours(worlds):
    async with worlds() as world:
        me = f"<@{world.bot.user_id}>"
        await world.ada.send(world.help, f"{me} how do I write a custom train step in jax?")
        first = world.said()[-1]
        await world.ada.send(world.help, "and for torch?", reply_to=first)
        assert "torch" in card(world.said()[-1]).description.lower()
        question = await world.bob.send(world.help, "does anybody know a good book?")
        await world.ada.send(world.help, "what about this one?", reply_to=question)
        assert len(world.said()) == 2


async def test_ask_acknowledges_at_once_and_answers_in_the_same_message(worlds):
    async with worlds() as world:
        result = await world.ada.slash(world.help, "ask", question=SURE)
        assert "EarlyStopping" in card(result.response).description
        assert not result.followups
        first, *_ = [one for one in world.env.http_requests if "/interactions/" in one.path]
        assert first.json["type"] == 5, "the first word is that an answer comes"
        await world.ada.click(result.response, label="Helpful")
        (vote,) = world.desk.memory.feedback()
        assert vote["vote"] == "up"
        sources = await world.bob.click(result.response, label="Sources")
        assert sources.followups[-1].ephemeral
