"""The command as people and programs meet it: real processes, real rooms, nothing faked."""

from __future__ import annotations

import contextlib
import html
import json
import os
import re
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.settings import CHECKOUT

LOBBY = CHECKOUT / ".venv" / "bin" / "lobby"


def lobby(*arguments: str, data_dir: Path, stdin: bytes = b"", **environ: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOBBY_")}
    done = subprocess.run(
        [LOBBY, *arguments, "--data-dir", data_dir],
        env={**environment, **environ},
        input=stdin,
        capture_output=True,
        timeout=180,
    )
    out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def document(done: subprocess.CompletedProcess[str]) -> Any:
    """Return the one JSON document that a command printed."""
    assert len(done.stdout.splitlines()) == 1, done.stdout
    return json.loads(done.stdout)


def assert_two_lines(done: subprocess.CompletedProcess[str], status: int, *mentions: str) -> None:
    """The command complained as it should: one line says what is wrong, one says what to do."""
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 2, done.stderr
    assert lines[0].startswith("lobby: ")
    for mention in mentions:
        assert mention in done.stderr


# --- ask ---------------------------------------------------------------------------------------------------------


def test_ask_names_early_stopping_first(data_dir: Path) -> None:
    done = lobby("ask", "how do I stop training when the validation loss stops improving?", data_dir=data_dir)
    assert done.returncode == 0
    assert "EarlyStopping" in done.stdout
    named = re.findall(r"keras\.[\w.]+", done.stdout.partition("Sources")[2])
    assert named[0] == "keras.callbacks.EarlyStopping"


def test_ask_json_is_one_document(data_dir: Path) -> None:
    answer = document(lobby("ask", "--json", "what is masking?", data_dir=data_dir))
    assert answer["question"] == "what is masking?"
    assert answer["sources"]


def test_ask_in_chinese_is_answered_or_refused_in_order(data_dir: Path) -> None:
    done = lobby("ask", "--json", "怎么设置类别权重?", data_dir=data_dir)
    assert done.returncode in (0, 1)
    assert document(done)["language"] == "zh"


def test_off_topic_question_is_not_answered_and_exits_1(data_dir: Path) -> None:
    done = lobby("ask", "--json", "how do I find the area of a circle", data_dir=data_dir)
    assert done.returncode == 1
    assert document(done)["answered"] is False


@pytest.mark.parametrize("question", ["", "   \n ", "\x07\x08\x0b"])
def test_unusable_question_is_one_clear_line(data_dir: Path, question: str) -> None:
    assert_two_lines(lobby("ask", question, data_dir=data_dir), 2)


@pytest.mark.parametrize("question", [b"", b"how? " * 200_000, bytes(range(256)) * 8, b"\x7fELF\x00\x01"])
def test_unusable_question_through_a_pipe_is_one_clear_line(data_dir: Path, question: bytes) -> None:
    assert_two_lines(lobby("ask", "-", data_dir=data_dir, stdin=question), 2)


def test_question_of_a_megabyte_in_a_batch_is_refused_and_the_rest_answered(data_dir: Path, tmp_path: Path) -> None:
    batch = tmp_path / "questions.jsonl"
    questions = ["long " * 200_000, "what is masking?", ""]
    batch.write_text("".join(json.dumps({"id": n, "question": q}) + "\n" for n, q in enumerate(questions)))
    done = lobby("ask", "--batch", str(batch), data_dir=data_dir)
    assert done.returncode == 0
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [0, 1, 2]
    assert [answer["answered"] for answer in answers] == [False, True, False]
    assert all(answer["text"] for answer in answers)


def test_batch_that_is_not_json_names_the_line(data_dir: Path, tmp_path: Path) -> None:
    batch = tmp_path / "questions.jsonl"
    batch.write_bytes(b'{"id": 1, "question": "a"}\n\xff\xfe\n')
    assert_two_lines(lobby("ask", "--batch", str(batch), data_dir=data_dir), 2, "Line 2")


def test_ask_without_knowledge_base_says_how_to_build_it(tmp_path: Path) -> None:
    assert_two_lines(lobby("ask", "what is masking?", data_dir=tmp_path), 3, "lobby kb build")


def test_ask_with_knowledge_of_another_version_says_so(data_dir: Path, tmp_path: Path) -> None:
    done = lobby("ask", "what is masking?", data_dir=data_dir, LOBBY_KNOWLEDGE_PACKAGES="keras")
    assert_two_lines(done, 3, "lobby kb build")


def test_ask_with_damaged_database_says_so(data_dir: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(data_dir / "knowledge", copy / "knowledge")
    for file in (copy / "knowledge").rglob("*"):
        if file.is_file() and file.stat().st_size > 4096:
            with file.open("r+b") as damaged:
                damaged.write(b"\xde\xad\xbe\xef" * 1024)
    assert_two_lines(lobby("ask", "what is masking?", data_dir=copy), 3, "lobby kb build")


# --- run ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_sequential_model_trains_three_epochs(data_dir: Path, backend: str) -> None:
    example = str(CHECKOUT / "data" / "examples" / "first_model.py")
    run = document(lobby("run", example, "--json", "--backend", backend, data_dir=data_dir))
    assert run["status"] == "ok"
    assert run["backend"] == backend
    assert run["device"] == "cpu"
    assert run["keras_version"].startswith("3.")
    assert run["fits"][0]["epochs"] == 3
    assert "Epoch 3/3" in run["stdout"]
    assert run["stderr"] == ""


def test_run_prints_output_status_device_and_version(data_dir: Path) -> None:
    done = lobby("run", "-", data_dir=data_dir, stdin=b"import keras\nprint(6 * 7)")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "42"
    assert "ok: " in done.stdout
    assert "CPU" in done.stdout
    assert "Keras 3." in done.stdout


def test_error_leads_to_an_answer(data_dir: Path) -> None:
    source = b"import keras\nx = keras.Input((8,))\nkeras.layers.LSTM(4)(x)\n"
    run = document(lobby("run", "-", "--json", data_dir=data_dir, stdin=source))
    assert run["status"] == "error"
    assert run["error"]["type"] == "ValueError"
    assert run["error"]["line"] == 3
    assert "LSTM" in run["error"]["source_line"]
    assert run["suggestions"]
    shown = lobby("run", "-", data_dir=data_dir, stdin=source)
    assert shown.returncode == 1
    assert "This looks like" in shown.stdout


@pytest.mark.parametrize(
    ("source", "says"),
    [(b"", "empty"), (b"\xff\xfe\x00", "text"), (b"x = 1\n" * 20_000, "kib"), (b"def f(:\n", "syntax")],
)
def test_unusable_snippet_is_rejected(data_dir: Path, source: bytes, says: str) -> None:
    done = lobby("run", "-", "--json", data_dir=data_dir, stdin=source)
    run = document(done)
    assert done.returncode == 2
    assert run["status"] == "rejected"
    assert says in f"{run['error']['type']} {run['error']['message']}".lower()


def test_batch_prints_one_result_a_line_in_order(data_dir: Path, tmp_path: Path) -> None:
    for name, text in {"b.py": "print('b')", "a.py": "print('a')", "c.py": "raise SystemExit(3)"}.items():
        (tmp_path / name).write_text(text)
    done = lobby("run", "--batch", str(tmp_path), "--jobs", "2", data_dir=data_dir)
    assert done.returncode == 0
    runs = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(run["file"]).name for run in runs] == ["a.py", "b.py", "c.py"]
    assert [run["stdout"] for run in runs] == ["a\n", "b\n", ""]
    assert [run["exit_code"] for run in runs] == [0, 0, 3]


def test_files_and_stdin_reach_the_snippet(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("1,2\n")
    (tmp_path / "typed").write_text("hello\n")
    source = b"print(open('data.csv').read().strip(), input())"
    run = document(
        lobby(
            *("run", "-", "--json", "--file", f"data.csv={tmp_path / 'rows.csv'}", "--stdin", str(tmp_path / "typed")),
            data_dir=data_dir,
            stdin=source,
        )
    )
    # Standard input of the command carries the snippet; --stdin carries the snippet's own.
    assert run["stdout"] == "1,2 hello\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "/no/such/file.py"),
        ("run", "a.py", "b.py"),
        ("run", "-", "--timeout", "100000"),
        ("run", "-", "--timeout", "nan"),
        ("run", "-", "--backend", "theano"),
        ("run", "-", "--file", "../x=/etc/hostname"),
        ("ask",),
        ("ask", "a", "--batch", "/no/such/file"),
        ("fly",),
        ("kb", "fly"),
        ("serve", "--port", "99999"),
    ],
)
def test_wrong_call_is_one_clear_line(data_dir: Path, arguments: tuple[str, ...]) -> None:
    if arguments == ("fly",):
        done = subprocess.run([LOBBY, "fly"], capture_output=True, text=True)
    else:
        done = lobby(*arguments, data_dir=data_dir)
    assert_two_lines(done, 2)


def test_long_output_shows_its_head_and_its_tail(data_dir: Path) -> None:
    source = b"for n in range(20_000):\n    print('line', n)\nprint('THE END', end='')"
    done = lobby("run", "-", data_dir=data_dir, stdin=source)
    assert done.stdout.startswith("line 0\nline 1\n")
    assert "\nTHE END\nThe output was cut.\n" in done.stdout


def test_syntax_error_says_where(data_dir: Path) -> None:
    done = lobby("run", "-", data_dir=data_dir, stdin=b"import keras\ndef f(:\n")
    assert done.returncode == 2
    assert "line 2" in done.stdout
    assert "def f(:" in done.stdout


def test_error_that_is_not_about_keras_is_not_explained(data_dir: Path) -> None:
    run = document(lobby("run", "-", "--json", data_dir=data_dir, stdin=b"raise SystemExit('give up')"))
    assert run["status"] == "error"
    assert run["suggestions"] == []


# --- the rest ----------------------------------------------------------------------------------------------------


def test_build_the_second_time_does_nothing(data_dir: Path) -> None:
    before = document(lobby("kb", "status", "--json", data_dir=data_dir))
    after = document(lobby("kb", "build", "--json", data_dir=data_dir))
    assert before == after
    assert after["pages"] > 1_900


def test_status_without_knowledge_base_exits_3(tmp_path: Path) -> None:
    done = lobby("kb", "status", "--json", data_dir=tmp_path)
    assert done.returncode == 3
    assert document(done)["state"] == "missing"


def test_doctor_says_what_the_machine_can_do_and_where_settings_come_from(data_dir: Path) -> None:
    done = lobby("doctor", "--json", data_dir=data_dir, LOBBY_RUN_SLOTS="3")
    assert done.returncode == 0
    report = document(done)
    assert {"Python", "keras", "sandbox", "GPU", "knowledge base", "disk", "port"} <= {
        c["name"] for c in report["checks"]
    }
    slots = next(row for row in report["settings"] if row["name"] == "run_slots")
    assert (slots["value"], slots["origin"]) == ("3", "LOBBY_RUN_SLOTS")


def test_port_taken_is_one_clear_line(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = lobby("serve", "--port", str(taken.getsockname()[1]), data_dir=data_dir)
    assert_two_lines(done, 3, "--port")


@contextlib.contextmanager
def served(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Give the address of a service on a folder, and its process; it is killed where the test did not end it."""
    environment = {**os.environ, "LOBBY_DATA_DIR": str(folder)}
    with subprocess.Popen(
        [LOBBY, "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            address = re.search(r"http://\S+", process.stdout.readline())
            assert address is not None
            yield address[0], process
        finally:
            process.kill()


def fetched(address: str, body: dict[str, object] | None = None) -> str:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return str(response.read().decode())


def test_service_that_is_told_to_end_closes_everything(data_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(data_dir / "knowledge", tmp_path / "knowledge")
    with served(tmp_path) as (address, process):
        told = json.loads(fetched(f"{address}/api/runs?wait=true", {"source": "print(6 * 7)"}))
        assert told["stdout"] == "42\n"
        process.terminate()
        assert process.wait(60) == 0
    assert list((tmp_path / "runs" / "parents").glob("*")) == []
    assert list((tmp_path / "runs" / "owners").glob("*")) == []


def test_a_permalink_opens_after_the_service_was_killed(data_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(data_dir / "knowledge", tmp_path / "knowledge")
    source = "open('left.txt', 'w').write('kept')\nprint(6 * 7)  # the answer"
    with served(tmp_path) as (address, process):
        told = json.loads(fetched(f"{address}/api/runs?wait=true", {"source": source}))
        process.kill()
        process.wait(60)
    with served(tmp_path) as (address, _):
        page = html.unescape(fetched(f"{address}/r/{told['id']}"))
        assert "# the answer" in page and ">42\n</pre>" in page and "left.txt" in page
        assert json.loads(fetched(f"{address}/api/runs/{told['id']}"))["stdout"] == "42\n"
        assert fetched(f"{address}/api/runs/{told['id']}/artifacts/left.txt") == "kept"


def test_full_disk_is_one_clear_line(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small], check=True)
    try:
        done = lobby("kb", "build", data_dir=small / "lobby")
        assert done.returncode == 3, done.stderr
        assert "full" in done.stderr or "space" in done.stderr
    finally:
        subprocess.run(["umount", small], check=True)


def test_no_namespaces_means_unavailable_and_nothing_is_run(data_dir: Path, tmp_path: Path) -> None:
    """Where the kernel refuses namespaces, a snippet is not run at all."""
    proof = tmp_path / "proof"
    command = [str(LOBBY), "run", "-", "--json", "--data-dir", str(data_dir)]
    done = subprocess.run(
        [str(CHECKOUT / ".venv/bin/python"), "-c", _FORBID_NAMESPACES, *command],
        input=f"open({str(proof)!r}, 'w')".encode(),
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["status"] == "unavailable"
    assert not proof.exists()


_FORBID_NAMESPACES = """
import errno, os, sys, pyseccomp
rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
for call in ("unshare", "setns", "mount", "pivot_root", "clone3"):
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS if call == "clone3" else errno.EPERM), call)
for bit in (0x10000000, 0x20000000, 0x00020000, 0x40000000):
    rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, bit, bit))
rules.load()
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize("group", [(), ("kb",), ("faq",)])
def test_who_names_no_command_is_shown_which_there_are(group: tuple[str, ...]) -> None:
    done = subprocess.run([LOBBY, *group], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith("Usage: lobby") and "Commands:" in done.stdout
