"""A crowd: everybody gets one answer, nothing is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot import workers
from bot.channels.memory import MemoryChat

InChat = Callable[..., Any]
QUESTIONS = ("how do I save a model?", "what is masking?", "how do I use class weights?", "keras.layers.Dense", "!help")
CROWD = 200


def test_two_hundred_people_at_once_get_one_answer_each(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        before = asyncio.all_tasks()
        said = (chat.say(f"p{n}", QUESTIONS[n % len(QUESTIONS)], thread=f"t{n}") for n in range(CROWD))
        answers = await asyncio.gather(*said)
        assert [len(one) for one in answers] == [1] * CROWD
        assert not [one[0].reply.text for one in answers if one[0].reply.kind == "refusal"]
        assert {one[0].thread for one in answers} == {f"t{n}" for n in range(CROWD)}
        counts = chat.desk.memory.counts()
        assert counts["handled"] == CROWD
        assert await chat.desk.unfinished(chat.name) == []
        assert asyncio.all_tasks() == before

    in_chat(dialogue)


def test_more_runs_than_places_are_told_when_to_come_back(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        code = "```python\nimport random\nprint(7, random.random() * 0)\n```"
        answers = await asyncio.gather(*(chat.say(f"p{n}", code) for n in range(90)))
        kinds = [one[0].reply.kind for one in answers]
        assert kinds.count("run") >= 64
        for (one,) in answers:
            assert one.reply.output.startswith("7") or "try again in" in one.reply.text

    in_chat(dialogue)


def test_too_many_questions_are_refused_at_once_and_nothing_hangs(
    in_chat: InChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "ASKING_WAITING", 5)

    async def dialogue(chat: MemoryChat) -> None:
        answers = await asyncio.gather(*(chat.say(f"p{n}", QUESTIONS[0]) for n in range(40)))
        kinds = [one[0].reply.kind for one in answers]
        assert 5 <= kinds.count("answer") < 40
        assert kinds.count("answer") + kinds.count("refusal") == 40
        (later,) = await chat.say("late", QUESTIONS[0])
        assert later.reply.kind == "answer"

    in_chat(dialogue)
