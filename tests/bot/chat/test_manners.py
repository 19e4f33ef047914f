"""Who may do what, and how often."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.intents import understand
from bot.manners import BLOCK_FROM, Manners
from bot.memory import Memory
from bot.messages import Author, Intent, Message
from bot.settings import Settings
from runner.job import Result


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def manners(memory: Memory, tmp_path: Path, clock: Clock) -> Manners:
    return Manners(memory, Settings(data_dir=tmp_path, chat_runs_per_hour=3, chat_server_runs_per_hour=5), clock)


def message(text: str = "hi", who: str = "ada", roles: tuple[str, ...] = (), **values: Any) -> Message:
    given: dict[str, Any] = {"id": "m", "channel": "memory", "room": "help", "server": "keras", "locale": "en"}
    return Message(author=Author(who, roles=frozenset(roles)), text=text, **{**given, **values})


RUN = understand("print(1)")


def test_bots_are_ignored(manners: Manners) -> None:
    assert manners.greet(message()).kind == "yes"
    bot = Message(id="m", channel="memory", room="help", author=Author("b", is_bot=True))
    assert manners.greet(bot).kind == "ignore"


def test_burst_is_told_once_and_ends_by_itself(manners: Manners, clock: Clock) -> None:
    kinds = [manners.greet(message(f"question {n}")).kind for n in range(12)]
    assert kinds == ["yes"] * 8 + ["refuse"] + ["ignore"] * 3
    clock.now += 11
    assert manners.greet(message("question 99")).kind == "yes"
    assert manners.greet(message("hello", who="bob")).kind == "yes"


def test_duplicate_is_refused_until_a_minute_has_passed(manners: Manners, clock: Clock) -> None:
    assert manners.greet(message("why?")).kind == "yes"
    assert manners.greet(message("why?")).reason == "duplicate"
    assert manners.greet(message("why?", who="bob")).kind == "yes"
    clock.now += 130
    assert manners.greet(message("why?")).kind == "yes"


def test_quota_of_a_person_says_when_to_come_back(manners: Manners) -> None:
    assert [manners.admit(message(), RUN).kind for _ in range(3)] == ["yes"] * 3
    refused = manners.admit(message(), RUN)
    assert (refused.kind, refused.reason) == ("refuse", "quota")
    assert 3500 < refused.retry_after_s <= 3600
    assert "60 min" in refused.text
    assert manners.admit(message(who="operator", roles=("operator",)), RUN).kind == "yes"


def test_quota_of_a_server_is_shared(manners: Manners) -> None:
    for who in ("ada", "ada", "bob", "bob", "cid"):
        assert manners.admit(message(who=who), RUN).kind == "yes"
    assert manners.admit(message(who="dan"), RUN).reason == "server quota"
    assert manners.admit(message(who="dan", server="other"), RUN).kind == "yes"


def test_one_run_a_person_at_a_time(manners: Manners) -> None:
    assert manners.begin_run(message(), "R1")
    assert not manners.begin_run(message(), "R2")
    assert manners.admit(message(), RUN).reason == "busy"
    assert manners.admit(message(who="bob"), RUN).kind == "yes"
    manners.end_run(message())
    assert manners.begin_run(message(), "R3")


def test_only_operators_operate(manners: Manners) -> None:
    pause = understand("!pause")
    assert manners.admit(message(), pause).kind == "refuse"
    assert manners.admit(message(roles=("operator",)), pause).kind == "yes"


def test_manager_of_a_place_decides_about_the_place_and_is_no_operator(manners: Manners, clock: Clock) -> None:
    manager = ("manager", "moderator")
    for text, may in (("!pause", True), ("!mode off", True), ("!status", True), ("!block bob", False),
                      ("!pardon bob", False), ("!learn on", False)):  # fmt: skip
        assert (manners.admit(message(roles=manager), understand(text)).kind == "yes") is may, text
    manners.pause("memory", "help", True)
    assert manners.greet(message("on", roles=manager)).reason == "paused", "they are above nothing but their command"
    assert manners.greet(message("off", roles=manager, intent=Intent.PAUSE)).kind == "yes"
    manners.pause("memory", "help", False)
    assert [manners.admit(message(roles=manager), RUN).kind for _ in range(4)][-1] == "refuse"
    assert not manners.may_use_gpu(message(roles=manager))
    assert manners.may_manage(message(roles=manager), "bob")
    manners.block("memory", "ada", 60, "by an operator")
    assert manners.greet(message("off", roles=manager, intent=Intent.PAUSE)).reason == "blocked"


def test_roles_gate_runs_and_gpus(memory: Memory, tmp_path: Path) -> None:
    manners = Manners(memory, Settings(data_dir=tmp_path, chat_run_roles=("member",)))
    assert manners.admit(message(), RUN).reason == "role"
    assert manners.admit(message(roles=("member",)), RUN).kind == "yes"
    assert not manners.may_use_gpu(message(roles=("member",)))
    assert manners.may_use_gpu(message(roles=("helper",)))


def test_limit_kills_back_off_then_block_and_an_operator_pardons(manners: Manners, clock: Clock) -> None:
    bomb = Result("R", "limit", "tensorflow")
    for _ in range(3):
        manners.judge(message(), "while True: fork()", bomb)
    backed_off = manners.admit(message(), RUN)
    assert (backed_off.reason, manners.greet(message("a question")).kind) == ("backoff", "yes")
    clock.now += backed_off.retry_after_s + 1
    assert manners.admit(message(), RUN).kind == "yes"
    for _ in range(4):
        standing = manners.judge(message(), "while True: fork()", bomb)
    assert standing.score >= BLOCK_FROM
    assert manners.greet(message("another question")).reason == "blocked"
    assert manners.greet(message("and again")).kind == "ignore", "told once"
    assert manners.greet(message("", intent=Intent.FORGET)).kind == "yes", "a blocked person may still be forgotten"
    manners.pardon("memory", "ada")
    assert manners.greet(message("thanks")).kind == "yes"


def test_scores_fade(manners: Manners, clock: Clock) -> None:
    manners.judge(message(), "", Result("R", "limit", "tensorflow"))
    clock.now += 24 * 3600
    standing = manners.judge(message(), "", Result("R", "timeout", "tensorflow"))
    assert standing.score < 0.6


@pytest.mark.parametrize(
    "source",
    [
        "pool = 'stratum+tcp://pool.example:3333'",
        "open('/etc/shadow')",
        "import socket\nfor port in range(1, 65535):\n    s = socket.socket()\n    s.connect_ex(('10.0.0.1', port))",
    ],
)
def test_mining_and_scanning_score_at_once(manners: Manners, source: str) -> None:
    assert manners.judge(message(), source, Result("R", "error", "tensorflow")).score >= 4


def test_ordinary_failures_score_nothing(manners: Manners) -> None:
    assert manners.judge(message(), "for i in range(1, 1024): pass", Result("R", "error", "torch")).score == 0


def test_pause_silences_all_but_operators(manners: Manners) -> None:
    manners.pause("memory", "help", True)
    assert manners.greet(message()).reason == "paused"
    assert manners.greet(message(roles=("operator",))).kind == "yes"
    assert manners.greet(message(room="other")).kind == "yes"
    manners.pause("memory", "help", False)
    assert manners.greet(message("now?")).kind == "yes"


def test_mode_is_the_rooms_then_the_servers_then_the_setting(manners: Manners) -> None:
    assert manners.mode("memory", "keras", "help") == "off"
    manners.set_mode("memory", "keras", "suggest")
    manners.set_mode("memory", "help", "answer")
    assert manners.mode("memory", "keras", "help") == "answer"
    assert manners.mode("memory", "keras", "general") == "suggest"
