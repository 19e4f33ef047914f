"""Solved threads that become knowledge: where operators want it, without names, and not against anybody's will."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot import learning
from bot.assistant import Assistant
from bot.channels.memory import MemoryChat
from bot.desk import Desk
from bot.learning import Said
from bot.memory import Memory
from bot.settings import CHECKOUT, Settings
from kb.knowledge import KnowledgeBase

BUILD_S = 280.0
SECRET = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6"
QUESTION = "my Hyperband tuner from keras_tuner throws away the quagga trials of the last bracket, how do I keep them?"
AGAIN = "Hyperband throws away the quagga trials of my last bracket"
ANSWER = (
    "Grace wrote: give `keras_tuner.Hyperband` overwrite=False and call reload(), <@123456789012345678>\n"
    "```python\nimport keras_tuner\ntuner = keras_tuner.Hyperband(build, overwrite=False)\ntuner.reload()\n```"
)


def thread(*, solves: str = "b1", asker: str = "ada") -> list[Said]:
    """A thread as its channel finds it: Ada asks, Lobby does not know, Grace answers."""
    ada, grace = frozenset({"Ada Lovelace", "ada"}), frozenset({"Grace", "gracehopper"})
    told = [
        Said("a1", asker, f"{QUESTION} Mail me: ada@example.org, my token is {SECRET}", 1.0, ada),
        Said("l1", "lobby", "I found no sure answer.", 2.0, frozenset({"Lobby"}), is_bot=True),
        Said("b1", "grace", ANSWER, 3.0, grace),
        Said("a2", asker, "!docs keras_tuner.Hyperband", 4.0, ada),
        Said("a3", asker, "thank you Grace, that worked", 5.0, ada),
    ]
    return [Said(*(getattr(one, n) for n in Said.__slots__[:-1]), solves=one.id == solves) for one in told]


@pytest.fixture
def opened(learner: Assistant, tmp_path: Path) -> Callable[..., Any]:
    @contextlib.asynccontextmanager
    async def open_chat(assistant: Assistant = learner, **values: Any) -> AsyncIterator[MemoryChat]:
        memory = Memory(tmp_path / "chat")
        desk = Desk(assistant, memory, Settings(data_dir=tmp_path, **values))
        try:
            yield MemoryChat(desk)
        finally:
            desk.close()
            memory.close()

    return open_chat


async def solve(chat: MemoryChat, said: list[Said], name: str = "t1") -> Any:
    chat.threads[name] = said
    await chat.say("ada", QUESTION, thread=name, url=f"https://chat.example/{name}")
    (solved,) = await chat.say("ada", "!solved", thread=name)
    return solved


async def built(chat: MemoryChat) -> None:
    end = time.monotonic() + BUILD_S
    while chat.desk.memory.waiting():
        assert time.monotonic() < end, "nothing was built"
        chat.desk._learning.publish()
        await asyncio.sleep(0.2)


def holds(folder: Path, words: str) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and words.encode() in path.read_bytes()]


def test_solved_thread_is_found_without_names_after_a_restart_too_until_it_is_forgotten(
    opened: Any, assistant: Assistant, copy_of_knowledge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "GATHER_S", 1.0)
    # The whole knowledge base, so that the thread has to be found among all there is.
    knowledge = KnowledgeBase(copy_of_knowledge / "knowledge", content=CHECKOUT / "data")
    whole = Assistant(knowledge, assistant.runner)

    async def learned() -> None:
        async with opened(whole) as chat:
            await chat.say("op", "!learn on", roles={"operator"})
            solved = await solve(chat, thread())
            assert "without names" in solved.reply.text
            await built(chat)
            answer = await asyncio.to_thread(knowledge.ask, AGAIN)
            assert answer.sources[0].kind == "thread"
            assert answer.sources[0].symbols[0] == "keras_tuner.Hyperband"
            assert answer.sources[0].url == "https://chat.example/t1"
            page = knowledge.page(answer.sources[0].id)
            assert page is not None
            told = str(page)
            assert "overwrite=False" in told
            assert "tuner.reload()" in told
            for hidden in ("Ada", "Grace", "lovelace", "example.org", "1234567890", "ghp_", "sure answer", "t1/"):
                assert hidden not in told, hidden
            for hidden in ("Lovelace", "gracehopper", "ada@example.org", SECRET):
                assert not holds(copy_of_knowledge, hidden), hidden

    async def forgotten() -> None:
        async with opened(whole) as chat:
            (found,) = await chat.say("cid", AGAIN, thread="t9")
            assert found.reply.facts["sources"][0].startswith("thread:memory/")
            (gone,) = await chat.say("grace", "!forget-me")
            assert gone.reply.facts["pages"] == 1
            await built(chat)
            assert not knowledge.pages("thread")
            assert not holds(copy_of_knowledge, "quagga"), "also not in what was built before"

    try:
        asyncio.run(asyncio.wait_for(learned(), BUILD_S))
        knowledge.close()
        asyncio.run(asyncio.wait_for(forgotten(), BUILD_S))
    finally:
        knowledge.close()


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("switched off", thread()),
        ("solved by Lobby", thread(solves="l1")),
        ("asker kept out", thread()),
        ("helper kept out", thread()),
        ("nobody helped", thread()[:2]),
        ("empty", []),
        ("direct", thread()),
    ],
)
def test_nothing_is_learned_where_it_is_not_wanted(opened: Any, case: str, said: list[Said]) -> None:
    async def dialogue() -> None:
        async with opened() as chat:
            if case != "switched off":
                await chat.say("op", "!learn on", roles={"operator"})
            if "kept out" in case:
                (told,) = await chat.say("ada" if "asker" in case else "grace", "!privacy off")
                assert "kept out" in told.reply.text
            chat.threads["t1"] = said
            direct = case == "direct"
            await chat.say("ada", QUESTION, thread="t1", direct=direct)
            await chat.say("ada", "!solved", thread="t1", direct=direct)
            assert chat.desk.memory.learned("memory", "help") == 0
            assert not chat.desk.memory.waiting()

    asyncio.run(asyncio.wait_for(dialogue(), BUILD_S))


def test_operator_removes_what_a_room_has_taught_and_others_cannot(opened: Any) -> None:
    async def dialogue() -> None:
        async with opened() as chat:
            for roles in (set(), {"helper"}, {"manager", "moderator"}):
                (refused,) = await chat.say("eve", f"!learn on {roles}", roles=roles)
                assert refused.reply.kind == "refusal"
            (which,) = await chat.say("op", "!learn perhaps", roles={"operator"})
            assert "remove" in which.reply.text
            await chat.say("op", "!learn on", roles={"operator"})
            (told,) = await chat.say("cid", "!privacy")
            assert "switched on in this channel" in told.reply.text
            await solve(chat, thread())
            await solve(chat, thread(), "t2")
            (status,) = await chat.say("op", "!status", roles={"operator"})
            assert "yes (2 learned)" in status.reply.text
            await chat.say("op", "!learn off", roles={"operator"})
            assert chat.desk.memory.learned("memory", "help") == 2, "off alone removes nothing"
            await chat.say("op", "!learn remove", roles={"operator"})
            assert chat.desk.memory.learned("memory", "help") == 0
            assert len(chat.desk.memory.waiting().dropped) == 2
            assert not chat.desk.memory.waiting().kept

    asyncio.run(asyncio.wait_for(dialogue(), BUILD_S))


def test_thread_that_is_taken_up_again_is_no_solution_any_more(opened: Any) -> None:
    async def dialogue() -> None:
        async with opened() as chat:
            await chat.say("op", "!learn on", roles={"operator"})
            await solve(chat, thread())
            await chat.say("ada", "thanks a lot!", thread="t1", addressed=False)
            assert chat.desk.memory.learned("memory", "help") == 1
            await chat.say("ada", "why does it fail again with the next tuner?", thread="t1", addressed=False)
            assert chat.desk.memory.learned("memory", "help") == 0
            assert ("reopen_thread" in [action for action, _ in chat.actions]) is True
            await chat.say("ada", "!solved now", thread="t1")
            assert chat.desk.memory.learned("memory", "help") == 1
            assert not chat.desk.memory.waiting().dropped

    asyncio.run(asyncio.wait_for(dialogue(), BUILD_S))


def test_what_a_killed_process_learned_is_built_by_the_next(
    opened: Any, learner: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def learned() -> None:
        async with opened() as chat:
            await chat.say("op", "!learn on", roles={"operator"})
            await solve(chat, thread())
        assert not learner.knowledge.pages("thread")

    async def later() -> None:
        monkeypatch.setattr(learning, "GATHER_S", 1.0)
        async with opened() as chat:
            await chat.desk.tidy()
            await built(chat)
            (page,) = learner.knowledge.pages("thread")
            assert page.meta["source"] == "memory:help"

    asyncio.run(asyncio.wait_for(learned(), BUILD_S))
    asyncio.run(asyncio.wait_for(later(), BUILD_S))
