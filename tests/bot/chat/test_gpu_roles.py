"""Whose runs in a chat may use a GPU, and whose quota they use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.assistant import Assistant
from bot.channels.memory import MemoryChat
from bot.wording import say
from runner.job import Job

InChat = Callable[..., Any]
CODE = "```python\nprint('keras')\n```"


def jobs_of(in_chat: InChat, assistant: Assistant, **settings: Any) -> list[tuple[Job, str]]:
    """Run the same code unasked, asked for on a GPU, and by another person; return each job and the reply's text."""

    async def dialogue(chat: MemoryChat) -> list[tuple[Job, str]]:
        found = []
        for person, text in (("ada", CODE), ("ada", f"run this on the gpu\n{CODE}"), ("bob", CODE)):
            (run,) = await chat.say(person, text)
            found.append((assistant.runner.job(str(run.reply.run_id)), run.reply.text))
        return found

    return in_chat(dialogue, **settings)  # type: ignore[no-any-return]


def test_who_may_not_use_a_gpu_gets_the_cpu_and_is_told_only_when_asked(in_chat: InChat, assistant: Assistant) -> None:
    (unasked, plain), (asked, told), _ = jobs_of(in_chat, assistant)
    note = say("run.no_gpu", "en")
    assert (unasked.device, asked.device) == ("cpu", "cpu")
    assert note in told
    assert note not in plain


def test_open_roles_leave_the_choice_as_it_was(in_chat: InChat, assistant: Assistant) -> None:
    (unasked, _), (asked, told), _ = jobs_of(in_chat, assistant, chat_gpu_roles=())
    assert (unasked.device, asked.device) == ("auto", "gpu")
    assert say("run.no_gpu", "en") not in told


def test_each_person_has_an_account_of_their_own_that_does_not_name_them(in_chat: InChat, assistant: Assistant) -> None:
    accounts = [job.account for job, _ in jobs_of(in_chat, assistant)]
    assert accounts[0] == accounts[1] != accounts[2]
    assert all(len(account) == 16 and "ada" not in account for account in accounts)
