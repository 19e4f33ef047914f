"""A solved thread on Discord: read by the bot itself, kept without names, found by the next who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from discord_world import World, fence, told, until, world

from bot import learning
from bot.assistant import Assistant

pytestmark = pytest.mark.asyncio

QUESTION = "my Hyperband tuner from keras_tuner throws away the quagga trials of the last bracket, how do I keep them?"
AGAIN = "Hyperband throws away the quagga trials of my last bracket"
CODE = "import keras_tuner\ntuner = keras_tuner.Hyperband(build, overwrite=False)\ntuner.reload()"
BUILD_S = 200.0


@pytest.fixture
def worlds_that_learn(learner: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setattr(learning, "GATHER_S", 1.0)
    return lambda **values: world(learner, tmp_path, **{"chat_mode": "answer", **values})


async def solved(place: World, sign: bool = True) -> Any:
    """Let Ada ask and Hedy answer in the forum, and Ada say that it is solved."""
    thread = await place.post(place.ada, "Tuner loses trials", f"{QUESTION} Ask me at ada@example.org")
    await place.bob.send(thread, f"I have the same, <@{place.ada.id}>")
    answer = await place.hedy.send(thread, f"hedy here: pass overwrite=False, <@{place.ada.id}>\n{fence(CODE)}")
    if sign:
        await place.ada.react(answer, "✅")
    else:
        await place.ada.slash(thread, "solved")
    return thread


async def built(place: World) -> None:
    def done() -> bool:
        place.desk._learning.publish()
        return not place.desk.memory.waiting()

    await until(done, BUILD_S)


@pytest.mark.parametrize("sign", [True, False])
async def test_solved_post_is_learned_without_names_where_an_operator_wants_it(
    worlds_that_learn: Any, learner: Assistant, sign: bool
) -> None:
    async with worlds_that_learn() as place:
        await solved(place, sign)
        assert not place.desk.memory.waiting(), "nobody switched it on"
        on = await place.otto.slash(place.help, "lobby learn", state="on", channel=place.forum)
        assert "without names" in on.response.content
        thread = await solved(place, sign)
        assert any("`/privacy`" in message.content for message in place.said(thread))
        await built(place)
        (page,) = await asyncio.to_thread(learner.knowledge.pages, "thread")
        assert page.symbols[0] == "keras_tuner.Hyperband"
        text = "\n".join(section.text for section in page.sections)
        assert "tuner.reload()" in text
        for hidden in ("ada", "hedy", "bob", "example.org", "<@", str(place.ada.id)):
            assert hidden not in text, hidden
        if sign:
            return
        await place.restart()
        found = await place.bob.slash(place.help, "ask", question=AGAIN)
        assert str(thread.id) in told(found.response)
        gone = await place.hedy.slash(place.help, "forget-me")
        assert "knowledge base: 1" in gone.response.content
        await built(place)
        assert not await asyncio.to_thread(learner.knowledge.pages, "thread")


async def test_who_keeps_out_is_not_learned_from_and_a_reopened_post_is_withdrawn(worlds_that_learn: Any) -> None:
    async with worlds_that_learn() as place:
        place.tag_forum("Solved")
        await place.otto.slash(place.help, "lobby learn", state="on", channel=place.forum)
        out = await place.hedy.slash(place.help, "privacy", learn="off")
        assert "kept out" in told(out.response)
        await solved(place)
        assert not place.desk.memory.waiting()
        await place.hedy.slash(place.help, "privacy", learn="on")
        thread = await solved(place)
        assert place.desk.memory.learned("discord", str(place.forum.id)) == 1
        backend = place.env.backend.get_channel(thread.id)
        assert len(backend.applied_tags) == 1
        await place.again(place.ada, thread, "why does it still lose the first one?")
        assert place.desk.memory.learned("discord", str(place.forum.id)) == 0
        assert backend.applied_tags == []
        conversation = place.desk.memory.conversation(f"discord/{place.guild.id}/{thread.id}")
        assert conversation is not None
        assert conversation.state == "open"
