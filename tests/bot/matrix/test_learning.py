"""A solved thread on a real homeserver: read with its edits, kept without names, found by the next who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from matrix_server import Synapse
from matrix_world import World, fence, until, world

from bot import learning
from bot.assistant import Assistant

pytestmark = pytest.mark.asyncio

QUESTION = "my Hyperband tuner from keras_tuner throws away the quagga trials of the last bracket, how do I keep them?"
CODE = "import keras_tuner\ntuner = keras_tuner.Hyperband(build, overwrite=False)\ntuner.reload()"


@pytest.fixture
def worlds_that_learn(
    synapse: Synapse, learner: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    monkeypatch.setattr(learning, "GATHER_S", 1.0)
    return lambda **values: world(synapse, learner, tmp_path, **values)


async def built(place: World) -> None:
    def done() -> bool:
        place.desk._learning.publish()
        return not place.desk.memory.waiting()

    await until(done)


async def test_solved_thread_is_learned_without_names_and_withdrawn_when_it_goes_on(
    worlds_that_learn: Any, learner: Assistant
) -> None:
    async with worlds_that_learn() as place:
        ada, bob = await place.person("ada"), await place.person("bob")
        room = await place.place(ada, bob)
        place.trust(room)
        await ada.say(room, "!learn on")
        assert "without names" in (await place.said(ada, room))[-1].text
        root = await ada.say(room, f"{place.me} {QUESTION} I am {ada.id}, ada@example.org")
        await place.said(ada, room, 2)
        await ada.say(room, f"{place.me} any idea?", thread=root)
        answer = await bob.say(room, "I will look", thread=root)
        await bob.edit(room, answer, f"{ada.id} pass overwrite=False\n{fence(CODE)}")
        count = len(await place.said(ada, room, 3))
        await bob.say(room, f"{place.me} !solved", thread=root)
        await place.said(ada, room, count + 1)
        assert not place.desk.memory.waiting(), "Bob is neither the asker nor a helper"
        solved = await ada.say(room, "!solved", thread=root)
        await place.until(lambda: solved in place.heard)
        await place.settled()
        assert "`!privacy`" in (await place.said(ada, room, count + 2))[-1].text
        await built(place)
        (page,) = await asyncio.to_thread(learner.knowledge.pages, "thread")
        text = "\n".join(section.text for section in page.sections)
        assert page.symbols[0] == "keras_tuner.Hyperband"
        assert "tuner.reload()" in text
        for hidden in (ada.id, bob.id, "@ada", "example.org", place.me, "I will look"):
            assert hidden not in text, hidden
        assert root.lstrip("$") in page.url
        asked = await bob.say(room, f"{place.me} Hyperband throws away the quagga trials of my last bracket")
        await place.until(lambda: asked in place.heard)
        await place.settled()
        conversation = place.desk.memory.conversation(f"matrix/localhost/{room}/{bob.id}")
        assert conversation is not None
        assert conversation.sources[0]["kind"] == "thread"
        assert await ada.signs(room, root, place.me) == ["✅"]
        again = await ada.say(room, "why does it still lose the first one?", thread=root)
        await place.until(lambda: again in place.heard)
        await place.settled()
        assert place.desk.memory.learned("matrix", room) == 0
        assert await ada.signs(room, root, place.me) == []
        await built(place)
        assert not await asyncio.to_thread(learner.knowledge.pages, "thread")
