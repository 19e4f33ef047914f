"""Whole conversations with the real rooms: what is answered, what is not, and what a restart changes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.assistant import Assistant
from bot.channels.base import paced, resume, serve
from bot.channels.memory import MemoryChat, Shown
from bot.messages import Author, Intent, Reply
from bot.redaction import BREAK
from runner.errors import UnknownRun

SURE = "how do I stop training when val_loss stops improving?"
OFF_TOPIC = "tell me about quantum llamas please?"
SLEEP = "import time\nprint('begun', flush=True)\ntime.sleep(20)"
InChat = Callable[..., Any]


def fence(code: str) -> str:
    return f"```python\n{code}\n```"


async def until(condition: Callable[[], Any], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.02)


def test_question_is_answered_with_sources_and_votes(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        (answer,) = await chat.say("ada", SURE)
        assert answer.reply.kind == "answer"
        assert "faq:stop-training-early" in answer.reply.facts["sources"]
        assert "See also" not in answer.reply.text
        assert "](/" not in answer.reply.text, "a link that leads nowhere in a chat"
        await chat.press("ada", answer, Intent.FEEDBACK, arguments={"vote": "up"})
        (vote,) = chat.desk.memory.feedback()
        assert (vote["vote"], vote["subject"]) == ("up", SURE)
        (sources,) = await chat.press("ada", answer, Intent.SOURCES)
        assert sources.reply.private
        assert "keras.callbacks.EarlyStopping" in sources.reply.text

    in_chat(dialogue)


def test_links_lead_to_our_pages_when_they_have_an_address(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        (answer,) = await chat.say("ada", SURE)
        assert answer.reply.sources[0].url == "https://lobby.example/faq/stop-training-early"
        (run,) = await chat.say("ada", fence("print(1)"))
        assert run.reply.permalink == f"https://lobby.example/r/{run.reply.run_id}"

    in_chat(dialogue, public_url="https://lobby.example/")


def test_follow_up_is_about_the_question_before(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        await chat.say("ada", "how do I write a custom train step in jax?", thread="t1")
        (answer,) = await chat.say("ada", "and for torch?", thread="t1", addressed=False)
        assert answer.reply.facts["sources"][0] == "faq:custom-train-step-torch"
        (alone,) = await chat.say("ada", "and for torch?", thread="t2")
        assert alone.reply.kind == "unsure"

    in_chat(dialogue)


def test_unsure_answer_offers_pages_and_a_human(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        (unsure,) = await chat.say("ada", OFF_TOPIC)
        assert unsure.reply.kind == "unsure"
        assert len(unsure.reply.sources) == 3
        await chat.press("ada", unsure, Intent.HUMAN)
        assert [action for action, _ in chat.actions] == ["call_helpers"]

    in_chat(dialogue)


@pytest.mark.parametrize(("mode", "sure", "unsure"), [("off", 0, 0), ("suggest", 1, 0), ("answer", 1, 1)])
def test_mode_decides_what_is_said_unasked(in_chat: InChat, mode: str, sure: int, unsure: int) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        assert len(await chat.say("ada", SURE, addressed=False)) == sure
        assert len(await chat.say("bob", OFF_TOPIC, addressed=False)) == unsure
        for talk in ("thanks!", "lol", "see you tomorrow", fence("print(1)"), "!!!"):
            assert await chat.say("cid", talk, addressed=False) == []
        assert await chat.say("dan", SURE, addressed=False, to_others=True) == []

    in_chat(dialogue, chat_mode=mode)


def test_bots_and_messages_delivered_twice_are_not_answered(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        assert await chat.say("robot", SURE, is_bot=True) == []
        message = chat.message("ada", SURE)
        answers = await asyncio.gather(*(chat.hand_over(message) for _ in range(5)))
        assert sum(map(len, answers)) == 1

    in_chat(dialogue)


def test_run_shows_progress_and_result_in_one_message(in_chat: InChat) -> None:
    fit = (
        "import keras, numpy as np, time\nm = keras.Sequential([keras.layers.Dense(1)])\nm.compile('sgd', 'mse')\n"
        "class Slow(keras.callbacks.Callback):\n    def on_epoch_end(self, *_):\n        time.sleep(0.3)\n"
        "m.fit(np.ones((8, 2)), np.ones(8), epochs=5, verbose=0, callbacks=[Slow()])\nprint('fitted')"
    )

    async def dialogue(chat: MemoryChat) -> None:
        seen: list[Reply] = []
        edit = chat.edit

        async def watch(message: Any, own_id: str, reply: Reply) -> None:
            seen.append(reply)
            await edit(message, own_id, reply)

        chat.edit = watch  # type: ignore[method-assign]
        (run,) = await chat.say("ada", "run this on jax\n" + fence(fit))
        assert run.reply.facts["status"] == "ok"
        assert run.reply.facts["backend"] == "jax"
        assert run.reply.output == "fitted"
        assert "training-curve.png" in [file.name for file in run.reply.pictures]
        epochs = [r.progress.epoch for r in seen if r.progress and r.progress.epoch]
        assert epochs == sorted(epochs)
        assert epochs
        assert any("loss" in r.text for r in seen if r.progress)

    in_chat(dialogue)


def test_failing_run_is_explained(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        (run,) = await chat.say("ada", fence("import keras\nkeras.layers.Dense(-1)"))
        assert run.reply.facts["error"] == "ValueError"
        assert "line 2" in run.reply.text
        assert run.reply.facts["sources"][0] == "faq:error-units-positive-integer"
        (explained,) = await chat.press("ada", run, Intent.EXPLAIN)
        assert explained.reply.facts["sources"][0] == "faq:error-units-positive-integer"
        assert explained.reply.code

    in_chat(dialogue)


def test_pasted_traceback_is_explained(in_chat: InChat) -> None:
    pasted = (
        'Traceback (most recent call last):\n  File "a.py", line 3\nValueError: Only input tensors may be passed as '
        "positional arguments. The following argument value should be passed as a keyword argument: 3"
    )

    async def dialogue(chat: MemoryChat) -> None:
        for text in (pasted, f"!explain {pasted}", f"what is this?\n```\n{pasted}\n```"):
            (answer,) = await chat.say("ada", text)
            assert answer.reply.facts["sources"][0] == "faq:error-only-input-tensors-positional", text

    in_chat(dialogue)


def test_run_again_replaces_and_another_backend_adds(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        (run,) = await chat.say("ada", fence("import random\nprint(6 * 7)"))
        (again,) = await chat.press("ada", run, Intent.RUN)
        assert again.id == run.id
        (torch,) = await chat.press("ada", run, Intent.RUN, arguments={"backend": "torch"})
        assert torch.id != run.id
        assert (torch.reply.facts["backend"], torch.reply.output) == ("torch", "42")
        (jax,) = await chat.say("ada", "and on jax?", reply_to=run.id)
        assert (jax.reply.facts["backend"], jax.reply.output) == ("jax", "42")
        (bobs,) = await chat.press("bob", run, Intent.RUN)
        assert bobs.id != run.id, "another person's press must not change somebody's reply"

    in_chat(dialogue)


def test_edited_code_offers_a_new_run_that_replaces_the_old(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        message = chat.message("ada", fence("print('old')"))
        (run,) = await chat.hand_over(message)
        changed = chat.message("ada", fence("print('new')"), id=message.id, edited=True, revision="1")
        (offer,) = await chat.hand_over(changed)
        assert (offer.id, offer.reply.output) == (run.id, "old")
        (new,) = await chat.press("ada", offer, Intent.RUN, arguments={"replace": "yes"})
        assert (new.id, new.reply.output) == (run.id, "new")
        assert await chat.hand_over(changed) == [], "the same edit is handled once"
        unrelated = chat.message("ada", "hm", edited=True, revision="1", addressed=False)
        assert await chat.hand_over(unrelated) == []

    in_chat(dialogue)


def test_edited_question_is_answered_anew_in_place(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        message = chat.message("ada", OFF_TOPIC)
        (first,) = await chat.hand_over(message)
        assert first.reply.kind == "unsure"
        (second,) = await chat.hand_over(chat.message("ada", SURE, id=message.id, edited=True, revision="1"))
        assert (second.id, second.reply.kind) == (first.id, "answer")

    in_chat(dialogue)


def test_one_run_at_a_time_and_cancel(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        running = asyncio.create_task(chat.say("ada", fence(SLEEP)))
        await until(lambda: any(one.reply.progress for one in chat.shown.values()))
        (refused,) = await chat.say("ada", fence("print(1)"))
        assert refused.reply.facts["reason"] == "busy"
        (strangers,) = await chat.press("bob", next(iter(chat.shown.values())), Intent.CANCEL)
        assert strangers.reply.kind == "refusal"
        await chat.say("ada", "!cancel")
        (run,) = await running
        assert run.reply.facts["status"] == "cancelled"
        (free,) = await chat.say("ada", fence("print(2)"))
        assert free.reply.output == "2"

    in_chat(dialogue)


def test_only_asker_and_moderators_delete(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        (run,) = await chat.say("ada", fence("print(1)"))
        await chat.press("bob", run, Intent.DELETE)
        assert run.id in chat.shown
        await chat.press("mod", run, Intent.DELETE, roles={"helper"})
        assert run.id not in chat.shown

    in_chat(dialogue)


def test_only_asker_and_helpers_solve_and_later_threads_are_pointed_there(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        await chat.say("ada", SURE, thread="t1", url="https://chat/t1")
        await chat.say("bob", "!solved", thread="t1")
        assert chat.actions == []
        (solved,) = await chat.say("ada", "!solved", thread="t1")
        assert solved.reply.kind == "solved"
        assert [action for action, _ in chat.actions] == ["mark_solved"]
        (answer,) = await chat.say("cid", "my val_loss stops improving, how do I stop training?", thread="t2")
        assert "https://chat/t1" in answer.reply.text

    in_chat(dialogue)


def test_secret_is_warned_of_and_stored_nowhere(in_chat: InChat, tmp_path: Path) -> None:
    key = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6"

    async def dialogue(chat: MemoryChat) -> None:
        code = fence(f"token = '{key}'\nprint(token)")
        for text in (f"how do I save a model? {key}", code, f"why does this fail?\n{code}"):
            replies = await chat.say("ada", text)
            assert replies[0].reply.kind == "warning"
            assert ("remove_message", replies[0].to) in chat.actions
            assert all(key not in str(one.reply) for one in replies)
        await chat.say("ada", "", files={"a.py": f"print('{key}')".encode()}, intent=Intent.RUN)
        (unaddressed,) = await chat.say("bob", f"look {key}", addressed=False)
        assert unaddressed.reply.kind == "warning"
        runs = chat.desk.assistant.runner
        assert all(key not in runs.job(one.reply.run_id).source for one in chat.shown.values() if one.reply.run_id)

    in_chat(dialogue)
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or key.encode() not in file.read_bytes(), file


def test_echoed_text_pings_nobody_and_keeps_its_fence(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        printing = "print('@everyone <@123> @ada:matrix.org')\nprint('`' * 3)\nraise ValueError('@here ' + '`' * 3)"
        (run,) = await chat.say("ada", fence(printing))
        for text in (run.reply.text, run.reply.output):
            assert "@everyone" not in text
            assert "<@123>" not in text
            assert "@here" not in text
            assert "```" not in text
        assert f"@{BREAK}everyone" in run.reply.output
        (docs,) = await chat.say("ada", "!docs @everyone`<@5>")
        assert "@everyone" not in docs.reply.text

    in_chat(dialogue)


def test_long_output_is_cut_and_attached_whole(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        (run,) = await chat.say("ada", fence("for i in range(500): print('line', i)"))
        assert run.reply.output.count("\n") == 9
        (whole,) = run.reply.files
        assert whole.path.read_text().splitlines()[-1] == "line 499"

    in_chat(dialogue)


def test_replies_are_in_the_persons_language(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        for locale, word in (("fr", "Exécuté"), ("es-ES", "Ejecutado"), ("zh-CN", "运行完毕"), ("de", "Ran")):
            (run,) = await chat.say(f"person-{locale}", fence("print(1)"), locale=locale)
            assert word in run.reply.text
        (found,) = await chat.say("ada", "¿cómo puedo encontrar el área de un círculo rápidamente?")
        assert found.reply.locale == "es"

    in_chat(dialogue)


def test_forget_me_deletes_runs_and_words(in_chat: InChat, assistant: Assistant, tmp_path: Path) -> None:
    async def dialogue(chat: MemoryChat) -> str:
        await chat.say("ada", "how do I save a model with a zebra in its name?")
        (run,) = await chat.say("ada", fence("print('zebra')\n" * 20))
        (gone,) = await chat.say("ada", "!forget-me")
        assert gone.reply.facts["rows"] > 5
        assert gone.reply.facts["runs"] == [run.reply.run_id]
        (nothing,) = await chat.say("ada", "!sources")
        assert "faq" not in nothing.reply.text
        return str(run.reply.run_id)

    run_id = in_chat(dialogue)
    assert not list(tmp_path.rglob(f"{run_id}*"))
    with pytest.raises(UnknownRun):
        assistant.runner.result(run_id)
    assert b"zebra" not in (tmp_path / "chat" / "memory.sqlite3").read_bytes()


def test_restart_in_the_middle_of_a_run_goes_on_in_the_same_message(chats: Any, tmp_path: Path) -> None:
    code = fence("import time\nprint('begun', flush=True)\ntime.sleep(4)\nprint('ended')")

    async def whole() -> None:
        async with chats() as first:
            task = asyncio.create_task(first.say("ada", code))
            await until(lambda: any(one.reply.progress for one in first.shown.values()))
            (begun,) = first.shown.values()
            task.cancel()
            await asyncio.wait([task])
        async with chats() as second:
            second.shown[begun.id] = begun
            assert await resume(second.desk, second) == 1
            assert list(second.shown) == [begun.id]
            assert second.shown[begun.id].reply.output == "begun\nended"
            assert await resume(second.desk, second) == 0

    asyncio.run(asyncio.wait_for(whole(), 60))


def test_buttons_work_after_a_restart(chats: Any) -> None:
    async def whole() -> None:
        async with chats() as first:
            (run,) = await first.say("ada", fence("print(6 * 7)"))
        async with chats() as second:
            second.shown[run.id] = run
            (jax,) = await second.press("ada", run, Intent.RUN, arguments={"backend": "jax"})
            assert jax.reply.output == "42"
            (old,) = await second.say("ada", "", button="no-such-token")
            assert old.reply.kind == "refusal"

    asyncio.run(asyncio.wait_for(whole(), 60))


def test_forbidden_room_and_vanished_reply_break_nothing(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        chat.forbidden = frozenset({"closed"})
        assert await chat.say("ada", SURE, room="closed") == []
        (run,) = await chat.say("ada", fence("print(1)"))
        del chat.shown[run.id]
        (again,) = await chat.press("ada", run, Intent.RUN)
        assert again.id != run.id
        assert again.reply.output == "1"

    in_chat(dialogue)


def test_operators_operate_and_others_do_not(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        (refused,) = await chat.say("ada", "!mode answer")
        assert refused.reply.kind == "refusal"
        await chat.say("op", "!mode answer", roles={"operator"})
        assert await chat.desk.mode("memory", "keras", "help") == "answer"
        (status,) = await chat.say("op", "!status", roles={"operator"})
        assert "answer" in status.reply.text
        await chat.say("op", "!pause", roles={"operator"})
        (paused,) = await chat.say("ada", SURE)
        assert paused.reply.facts["reason"] == "paused"
        await chat.say("op", "!pause off", roles={"operator"})
        await chat.say("op", "!block bob", roles={"operator"})
        (blocked,) = await chat.say("bob", SURE)
        assert blocked.reply.facts["reason"] == "blocked"
        await chat.say("op", "!pardon bob", roles={"operator"})
        (free,) = await chat.say("bob", "how do I save a model?")
        assert free.reply.kind == "answer"

    in_chat(dialogue)


@pytest.mark.parametrize(
    "text",
    ["\x00\x01\x02", "?" * 100_000, "🦙" * 5000, "\ud800", "```" * 1000, "!run " + "(" * 10_000, "!docs " + "x" * 9999],
)
def test_hostile_text_gets_a_reply_or_silence(in_chat: InChat, text: str) -> None:
    async def dialogue(chat: MemoryChat) -> list[Shown]:
        return await chat.say("eve", text)

    for shown in in_chat(dialogue):
        assert "Something went wrong" not in shown.reply.text


def test_attachment_that_cannot_be_fetched_or_is_too_large_is_told(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        (large,) = await chat.say("ada", "run", files={"a.py": b"x" * (9 * 2**20)})
        assert "8 MiB" in large.reply.text
        (broken,) = await chat.say("bob", "run", files={"b.ipynb": b"{"})
        assert "notebook" in broken.reply.text

    in_chat(dialogue)


def test_out_of_date_progress_is_left_out() -> None:
    async def replies() -> Any:
        for number in range(100):
            yield Reply(text=str(number), state="progress")
            await asyncio.sleep(0.002)
        yield Reply(text="end")

    async def shown() -> list[str]:
        return [reply.text async for reply in paced(replies(), 0.1)]

    texts = asyncio.run(shown())
    assert texts[0] == "0"
    assert texts[-1] == "end"
    assert len(texts) < 12


def test_fault_inside_is_one_polite_line(in_chat: InChat, monkeypatch: pytest.MonkeyPatch) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        monkeypatch.setattr(chat.desk.assistant.knowledge, "ask", lambda *_: 1 / 0)
        (failed,) = await chat.say("ada", SURE)
        assert "our side" in failed.reply.text
        assert "Zero" not in failed.reply.text

    in_chat(dialogue)


def test_serve_takes_an_author_without_a_name(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        message = chat.message("ada", SURE)
        assert len(await serve(chat.desk, chat, message.__class__.from_dict({**message.to_dict(), "id": "x"}))) == 1
        assert Author("1").name == ""

    in_chat(dialogue)


OLD = """from keras.layers.core import Dense
from keras.models import Sequential

m = Sequential([Dense(output_dim=2, input_dim=3)])
print(m.count_params())
"""


def test_old_code_is_upgraded_and_the_new_one_runs(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        (upgraded,) = await chat.say("ada", f"upgrade this to Keras 3\n{fence(OLD)}")
        assert "keras.layers.core" not in upgraded.reply.code
        assert "- line" in upgraded.reply.text
        (run,) = await chat.press("ada", upgraded, Intent.RUN)
        assert run.reply.output == "8"
        (failed,) = await chat.say("ada", fence(OLD))
        assert failed.reply.facts["status"] == "error"
        (again,) = await chat.press("ada", failed, Intent.UPGRADE)
        assert again.reply.code == upgraded.reply.code
        (same,) = await chat.say("ada", "!upgrade\n" + fence("import keras\nkeras.layers.Dense(1)"))
        assert same.reply.facts["changed"] is False

    in_chat(dialogue)


def test_thread_that_was_closed_is_opened_by_who_writes_again(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        memory = chat.desk.memory
        await chat.say("ada", SURE, thread="t1", url="https://chat/t1")
        name = "memory/keras/t1"
        for state, who, text, after, answers in (
            ("closed", "ada", "and how do I save the best model?", "open", 1),
            ("closed", "bob", "I have that too", "open", 0),
            ("solved", "ada", "thank you!", "solved", 0),
            ("solved", "bob", "how do I save a model?", "solved", 0),
            ("solved", "ada", "how do I restore the best weights then?", "open", 1),
        ):
            memory.set_state(name, state)
            said = await chat.say(who, text, thread="t1", addressed=False)
            found = memory.conversation(name)
            assert found is not None
            assert (found.state, len(said)) == (after, answers), (state, who, text)
        assert [action for action, _ in chat.actions] == ["reopen_thread"]
        assert memory.similar(chat.message("cid", "", thread="t2"), ["val_loss", "training"]) == []

    in_chat(dialogue)


def test_thread_of_another_room_cannot_be_solved_from_here(in_chat: InChat) -> None:
    async def dialogue(chat: MemoryChat) -> None:
        await chat.say("ada", SURE, thread="t1")
        (refused,) = await chat.say("eve", "!solved", thread="t1", room="own", roles={"moderator"})
        assert refused.reply.kind == "note"
        assert chat.actions == []

    in_chat(dialogue)
