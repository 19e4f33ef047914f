"""What survives a restart, and that nothing else does."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bot.memory import Memory, Standing
from bot.messages import Author, Button, Intent, Message


def message(number: int = 1, **values: Any) -> Message:
    given: dict[str, Any] = {"channel": "memory", "room": "help", "server": "keras", "author": Author("ada")}
    return Message(id=f"m{number}", **{**given, **values})


def test_message_is_claimed_once(memory: Memory) -> None:
    assert memory.claim(message()) is not None
    assert memory.claim(message()) is None
    memory.finish(message())
    assert memory.claim(message()) is None
    assert memory.claim(message(revision="2")) is not None


def test_of_many_at_once_one_gets_the_message(memory: Memory, tmp_path: Path) -> None:
    other = Memory(tmp_path / "chat")
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda n: (memory, other)[n % 2].claim(message()), range(40)))
    other.close()
    assert sum(claim is not None for claim in claims) == 1


def test_message_of_a_process_that_was_killed_can_be_claimed_with_what_there_was(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom bot.memory import Memory\n"
        "from bot.messages import Author, Message\n"
        "m = Message(id='m1', channel='memory', room='help', author=Author('ada'), text='hi', server='keras')\n"
        "memory = Memory(Path(sys.argv[1]))\nmemory.claim(m)\nmemory.note_run(m, 'R1')\n"
        "memory.note_reply(m, 'own1', 'main', 'run', 'R1')\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path / "chat"], timeout=60)
    memory = Memory(tmp_path / "chat")
    (left,) = memory.unfinished("memory")
    assert left == message(text="hi")
    claim = memory.claim(left)
    assert claim is not None
    assert (claim.run_id, claim.replies) == ("R1", {"main": "own1"})
    memory.finish(left)
    assert memory.unfinished("memory") == []
    memory.close()


def test_text_of_a_message_goes_when_it_is_answered(memory: Memory, tmp_path: Path) -> None:
    memory.claim(message(text="a very particular sentence"))
    memory.finish(message())
    memory.close()
    for file in (tmp_path / "chat").glob("memory.sqlite3*"):
        assert b"a very particular sentence" not in file.read_bytes()


def test_last_seen_never_goes_back(memory: Memory) -> None:
    memory.saw("memory", "help", "m9", 9.0)
    memory.saw("memory", "help", "m3", 3.0)
    seen = memory.last_seen("memory", "help")
    assert seen is not None
    assert (seen.message, seen.at) == ("m9", 9.0)
    assert memory.last_seen("memory", "other") is None


def test_buttons_survive(tmp_path: Path) -> None:
    first = Memory(tmp_path)
    (token,) = first.keep_buttons(message(), [Button("On JAX", Intent.RUN, {"run": "R1", "backend": "jax"})])
    first.close()
    again = Memory(tmp_path)
    assert again.button("memory", token) == Button("On JAX", Intent.RUN, {"run": "R1", "backend": "jax"}, token=token)
    assert again.button("discord", token) is None
    assert again.button("memory", "x" * 9999) is None
    assert len(token) <= 40
    again.close()


def test_votes_are_one_a_person_and_can_be_taken_back(memory: Memory) -> None:
    memory.note_question(message(), "how?", [{"id": "faq:x"}], "en")
    memory.note_reply(message(), "own1", "main", "answer", "")
    assert memory.vote(message(2), "own1", "up")
    assert memory.vote(message(3), "own1", "down")
    assert [vote["vote"] for vote in memory.feedback()] == ["down"]
    assert memory.feedback()[0]["subject"] == "how?"
    assert memory.vote(message(4), "own1", "none")
    assert memory.feedback() == []
    assert not memory.vote(message(5), "nothing of ours", "up")


def test_solved_threads_are_found_by_their_words_in_their_server_only(memory: Memory) -> None:
    solved = message(thread="t1", url="https://chat/t1")
    memory.note_question(solved, "loss becomes nan after some epochs", [], "en")
    memory.set_state(solved.conversation, "solved")
    assert memory.similar(message(2, thread="t2"), ["loss", "nan"]) == [
        ("loss becomes nan after some epochs", "https://chat/t1")
    ]
    assert memory.similar(message(3, thread="t3", server="other"), ["loss", "nan"]) == []
    assert memory.similar(message(4, thread="t2"), ['"', "AND", "x) OR"]) == []


def test_idle_thread_is_reminded_once_then_closed_once(memory: Memory) -> None:
    memory.note_question(message(thread="t1"), "how?", [], "en")
    assert memory.idle("memory", 3600, 3600) == ([], [])
    remind, close = memory.idle("memory", -1, 3600)
    assert ([one.thread for one in remind], close) == (["t1"], [])
    assert memory.idle("memory", -1, 3600) == ([], [])
    remind, close = memory.idle("memory", -1, -1)
    assert (remind, [one.thread for one in close]) == ([], ["t1"])
    assert memory.idle("memory", -1, -1) == ([], [])


def test_forgetting_removes_every_row_and_trace_of_a_person(memory: Memory, tmp_path: Path) -> None:
    for who in ("ada-7731", "bob"):
        one = message(1 if who == "bob" else 2, author=Author(who, "Ada Lovelace"), thread=f"t-{who}", url="u")
        memory.claim(one)
        memory.note_run(one, f"R-{who}")
        memory.note_question(one, f"the question of {who}", [], "en")
        memory.note_reply(one, f"own-{who}", "main", "run", f"R-{who}")
        memory.keep_buttons(one, [Button("again", Intent.RUN, {"code": f"x = '{who}'"})])
        memory.vote(one, f"own-{who}", "up")
        memory.use(one, "run")
        memory.set_state(one.conversation, "solved")
    gone = memory.forget("memory", "ada-7731")
    assert gone.rows >= 7
    assert gone.runs == ("R-ada-7731",)
    assert memory.claim(message(2, author=Author("ada-7731"), thread="t-ada-7731")) is None, "answered again"
    assert [vote["subject"] for vote in memory.feedback()] == ["the question of bob"]
    memory.close()
    base = sqlite3.connect(tmp_path / "chat" / "memory.sqlite3")
    for (table,) in base.execute("select name from sqlite_master where type = 'table' and name not like 'solved_%'"):
        for row in base.execute(f"select * from {table}"):
            assert "ada-7731" not in str(row), table
    base.close()


def test_standing_is_kept_without_the_name(memory: Memory, tmp_path: Path) -> None:
    memory.set_standing("memory", "ada-7731", Standing(3.0, 1.0, 9e9, "misuse"))
    memory.forget("memory", "ada-7731")
    assert memory.standing("memory", "ada-7731") == Standing(3.0, 1.0, 9e9, "misuse")
    memory.close()
    assert b"ada-7731" not in (tmp_path / "chat" / "memory.sqlite3").read_bytes()


def test_choice_of_the_nearest_place_counts(memory: Memory) -> None:
    memory.choose("memory", "keras", "mode", "suggest")
    memory.choose("memory", "help", "mode", "answer")
    assert memory.choice("memory", "mode", "help", "keras") == "answer"
    assert memory.choice("memory", "mode", "general", "keras") == "suggest"
    assert memory.choice("memory", "mode", "general", "other") is None


def test_message_survives_as_json() -> None:
    one = message(
        text="hi", intent=Intent.RUN, arguments={"backend": "jax"}, author=Author("a", "A", False, frozenset("r"))
    )
    assert Message.from_dict(one.to_dict()) == one


def test_folder_that_cannot_be_written_is_a_plain_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Exception) as caught:
        Memory(tmp_path / "file" / "chat")
    assert hasattr(caught.value, "remedy")


def test_what_is_old_goes_but_for_subjects_of_solved_threads_and_votes_without_names(memory: Memory) -> None:
    for number, state in enumerate(("open", "closed", "solved"), start=1):
        asked = message(number, thread=f"t{number}", url=f"https://chat/t{number}")
        memory.note_question(asked, f"early stopping {state}", [], "en")
        memory.note_reply(asked, f"own-{number}", "main", "answer", "")
        memory.vote(asked, f"own-{number}", "up")
        memory.set_state(asked.conversation, state)
    with memory._base.transaction() as base:
        base.execute("update conversation set updated = updated - 31 * 86400.0")
        base.execute("update feedback set at = at - 31 * 86400.0")
    memory.prune()
    memory.prune()
    assert memory.counts()["conversation"] == 1
    (found,) = memory.similar(message(9, thread="t9"), ["early", "stopping"])
    assert found == ("early stopping solved", "https://chat/t3")
    assert len(memory.feedback()) == 3
    assert not memory._base.rows("select 1 from feedback where author = 'ada'")
