"""Feedback, and the operators' board behind its login."""

from __future__ import annotations

import csv
import io
import re

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from bot.channels.web.app import create_app
from bot.channels.web.figures import as_csv, clusters, collect
from bot.memory import Memory
from bot.settings import Settings
from tests.bot.web.conftest import PASSWORD
from tests.bot.web.test_pages import check_page

UNKNOWN = "which stadium hosted the world cup final of 1998"


@pytest.fixture
def desk(assistant, settings, tmp_path):
    """An application with a memory and login attempts of its own."""
    memory = Memory(tmp_path / "chat")
    app = create_app(assistant, settings, memory)
    with TestClient(app, base_url="http://localhost", follow_redirects=False, client=("203.0.113.9", 1)) as client:
        client.memory = memory
        yield client
    memory.close()


def log_in(client):
    response = client.post("/board/login", data={"password": PASSWORD})
    assert response.status_code == 303, response.text
    return response


def ask(client, question):
    return client.post("/api/ask", json={"question": question}).headers["lobby-answer"]


# -- feedback ---------------------------------------------------------------------------------------------------------


def test_a_thumb_is_kept_with_its_reason_and_may_be_taken_back(desk):
    answer = ask(desk, "how do I freeze a layer?")
    for body in ({"vote": "down"}, {"vote": "down", "reason": "outdated"}):
        response = desk.post("/api/feedback", json={"answer": answer, **body})
        assert response.status_code == 201 and response.json() == {"status": "noted"}
    votes = desk.memory.verdicts(60)
    assert [(vote["vote"], vote["reason"]) for vote in votes] == [("down", "outdated")]
    assert votes[0]["subject"] == "how do I freeze a layer?"
    desk.post("/api/feedback", json={"answer": answer, "vote": "none"})
    assert desk.memory.verdicts(60) == []


def test_a_program_may_name_the_question_instead(desk):
    assert desk.post("/api/feedback", json={"question": "what is a tensor?", "vote": "up"}).status_code == 201
    assert desk.memory.verdicts(60)[0]["subject"] == "what is a tensor?"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"vote": "up"}, 422),
        ({"vote": "sideways", "question": "x"}, 422),
        ({"vote": "up", "question": 7}, 422),
        ({"vote": "up", "question": "x", "name": "me"}, 422),
        ({"vote": "up", "question": "x", "reason": "y" * 501}, 422),
        ({"vote": "up", "answer": "no-such-answer"}, 404),
        ([], 400),
    ],
)
def test_bad_feedback_is_a_problem_that_says_what_to_do(desk, body, status):
    response = desk.post("/api/feedback", json=body)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"] and response.json()["remedy"]


def test_the_buttons_work_without_script_and_ask_for_the_reason(desk):
    answer = ask(desk, "how do I freeze a layer?")
    assert desk.post("/feedback", data={"answer": answer, "vote": "up"}).headers["location"] == "/?thanks=1"
    assert "Thanks, noted." in check_page(desk.get("/?thanks=1"))
    asked = desk.post("/feedback", data={"answer": answer, "vote": "down"}, headers={"Lobby-Fragment": "feedback"}).text
    assert 'value="outdated"' in asked


def test_secrets_in_questions_and_reasons_are_not_kept(desk):
    token = "ghp_" + "a1B2" * 9
    answer = ask(desk, f"my token is {token}, why does keras fail?")
    desk.post("/api/feedback", json={"answer": answer, "vote": "down", "reason": token})
    assert token not in repr(desk.memory.questions(60)) + repr(desk.memory.verdicts(60))


def test_who_asks_to_be_forgotten_takes_their_questions_along(tmp_path):
    memory = Memory(tmp_path)
    asked = {"language": "en", "answered": False, "confidence": 0.1, "sources": (), "seconds": 0.1}
    memory.note_asked("discord", "mine", **asked, author="7")
    memory.note_asked("discord", "another's", **asked, author="8")
    memory.note_asked("web", "nobody's", **asked)
    memory.forget("discord", "7")
    assert [one.subject for one in memory.questions(60)] == ["nobody's", "another's"]
    memory.close()


# -- the login --------------------------------------------------------------------------------------------------------


def test_nothing_of_the_board_is_shown_without_a_login(desk):
    assert desk.get("/board").headers["location"] == "/board/login"
    for path in ("/board/questions.csv", "/board/questions.json", "/board/draft?question=x"):
        assert desk.get(path).status_code == 403, path
    for path in ("/board/draft", "/board/logout"):
        assert desk.post(path, data={"form_token": ""}).status_code == 403, path


def test_the_right_password_opens_it_and_logging_out_closes_it(desk):
    cookie = log_in(desk).headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/board" in cookie
    text = check_page(desk.get("/board"))
    token = re.search(r'name="form_token" value="([^"]+)"', text)[1]
    assert desk.post("/board/logout", data={"form_token": "forged"}).status_code == 403
    assert desk.get("/board").status_code == 200
    assert desk.post("/board/logout", data={"form_token": token}).status_code == 303
    assert desk.get("/board").status_code == 303


def test_five_wrong_passwords_lock_out_even_the_right_one(desk):
    for _ in range(5):
        assert desk.post("/board/login", data={"password": "guess"}).status_code == 403
    response = desk.post("/board/login", data={"password": PASSWORD})
    assert response.status_code == 429 and int(response.headers["retry-after"]) > 600


def test_a_forged_or_foreign_request_changes_nothing(desk):
    log_in(desk)
    answer = desk.post("/board/logout", headers={"Origin": "https://evil.example"}, data={"form_token": "x"})
    assert answer.status_code == 403
    assert desk.get("/board").status_code == 200
    desk.cookies.clear()
    assert desk.get("/board", headers={"Cookie": "lobby_board=guess"}).status_code == 303


def test_without_a_password_in_the_settings_nobody_gets_in(assistant, data_dir, memory):
    settings = Settings(data_dir=data_dir, board_password_hash=SecretStr(""))
    with TestClient(create_app(assistant, settings, memory), base_url="http://localhost") as client:
        response = client.post("/board/login", data={"password": ""})
        assert response.status_code == 404 and "lobby board password" in response.text


# -- what it shows ----------------------------------------------------------------------------------------------------


def test_it_tells_what_had_no_answer_and_what_people_thought(desk, run_snippet):
    for question in (UNKNOWN, UNKNOWN + " please", "how do I freeze a layer?"):
        answer = ask(desk, question)
    desk.post("/api/feedback", json={"answer": answer, "vote": "down", "reason": "wrong"})
    assert run_snippet("1/0")["status"] == "error"
    log_in(desk)
    text = check_page(desk.get("/board"))
    assert "stadium" in text and "2 questions" in text and "ZeroDivisionError" in text and "0 up, 1 down" in text
    found = desk.get("/board/questions.json").json()
    assert found[0]["count"] == 2 and "stadium" in found[0]["question"]
    for table in ("days", "questions", "feedback", "top", "outcomes", "errors"):
        response = desk.get(f"/board/{table}.csv")
        rows = list(csv.DictReader(io.StringIO(response.text)))
        assert rows and response.headers["content-disposition"].startswith("attachment"), table
        assert len(desk.get(f"/board/{table}.json").json()) == len(rows)
    assert desk.get("/board/nothing.csv").status_code == 404
    assert desk.get("/board/days.exe").status_code == 404


def test_an_export_is_no_formula():
    text = as_csv([{"question": '=HYPERLINK("https://evil.example")', "count": -3}])
    assert text.splitlines()[1].startswith("\"'=HYPERLINK") and text.splitlines()[1].endswith(",-3")


def test_empty_figures_are_figures(assistant, tmp_path):
    memory = Memory(tmp_path)
    found = collect(assistant, memory)
    assert found.totals["questions"] == 0 and found.totals["answer_rate"] is None and clusters([]) == []
    memory.close()


def test_a_question_becomes_a_draft_whose_code_is_run(desk):
    answer = ask(desk, UNKNOWN)
    log_in(desk)
    text = check_page(desk.get(f"/board/draft?question={answer}"))
    token = re.search(r'name="form_token" value="([^"]+)"', text)[1]
    front = "---\nid: six\ntitle: What is six times seven?\nbackends: [jax]\n---\n\n"
    entry = front + "```python\nprint(6 * 7)\n```\n\n```output\n42\n```\n"
    fields = {"form_token": token, "text": entry}
    assert "What is six times seven?" in check_page(desk.post("/board/draft", data={**fields, "action": "preview"}))
    assert "<b>JAX</b>: passed" in check_page(desk.post("/board/draft", data={**fields, "action": "verify"}))
    wrong = {**fields, "text": entry.replace("42", "41"), "action": "verify"}
    assert "<b>JAX</b>: failed" in check_page(desk.post("/board/draft", data=wrong))
    download = desk.post("/board/draft", data={**fields, "action": "download"})
    assert download.text == entry and "six.md" in download.headers["content-disposition"]
    bad = desk.post("/board/draft", data={**fields, "text": "---\n: [\n---\n", "action": "verify"})
    check_page(bad, 422)
    assert desk.post("/board/draft", data={"text": entry, "action": "preview"}).status_code == 403
