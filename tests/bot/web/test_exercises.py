"""The exercises of the learning path: answers checked in the real sandbox, by form, by script, and kept locally."""

from __future__ import annotations

import re
from html import unescape

import pytest
from playwright.sync_api import expect

from bot.exercises import Verdict, answer_of, exercises, program, role_of, verdict
from runner.job import Job
from tests.bot.web.test_browser import PATIENCE_MS, nobody_shut_out

STEP = "/learn/what-is-a-neural-network"
RIGHT = "def neuron(inputs, weights, bias):\n    return max(0.0, sum(a * b for a, b in zip(inputs, weights)) + bias)\n"
ANSWERS = {
    "right": (RIGHT, True, "weighted sum"),
    "wrong": ("def neuron(inputs, weights, bias):\n    return 0.0\n", False, "the answer is 0"),
    "without the function": ("x = 1\n", False, "no function called `neuron`"),
    "claims it is right": ("print('PASS: trust me')\ndef neuron(*_):\n    return 0.0\n", False, "the answer is 0"),
    "raises": ("1 / 0\n", None, ""),
    "no Python": ("def neuron(:\n", None, ""),
    "ends early": ("import sys; sys.exit(0)\n", None, ""),
    "leaves a string open": ("x = '''\n", None, ""),
}


@pytest.fixture(scope="module")
def step(app):
    return app.state.site.assistant.knowledge.page("guide:what-is-a-neural-network")


@pytest.mark.sandbox
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_told_right_from_wrong(app, step, name):
    answer, solved, why = ANSWERS[name]
    result = app.state.site.assistant.runner.run(Job(program(exercises(step)[0], answer)))
    said = verdict(result)
    assert said.solved is solved and why in said.why
    assert "--- check ---" not in said.printed


@pytest.mark.sandbox
def test_every_exercise_takes_its_solution_and_not_its_starter(app):
    """Each alone, as on its page: with nothing of the step before it. (Those without Keras; the rest take long.)"""
    assistant = app.state.site.assistant
    steps = [page for page in assistant.knowledge.pages("guide") if page.url.startswith("/learn#")]
    every = [one for page in steps for one in exercises(page)]
    assert len(steps) == 7 and len(every) >= 14
    plain = [one for one in every if not re.search(r"keras", one.solution + one.check)]
    assert len(plain) >= 4
    for one in plain:
        assert verdict(assistant.runner.run(Job(program(one, one.solution)))).solved is True, one.title
        assert verdict(assistant.runner.run(Job(program(one, one.starter)))).solved is False, one.title


def test_a_program_gives_its_answer_back(step):
    for one in exercises(step):
        assert answer_of(program(one, one.solution)) == one.solution.rstrip()
    assert answer_of("print(1)") == "print(1)"


@pytest.mark.parametrize(
    ("info", "role"),
    [("python exercise", "exercise"), ("python check", "check"), ("python", ""), ("", ""), ("text check", "")],
)
def test_the_parts_of_an_exercise_are_known_by_their_info(info, role):
    assert role_of(info) == role


def test_what_was_never_checked_has_no_verdict(finished_result):
    assert verdict(finished_result(stdout="PASS: me\n")) == Verdict(None, "", "PASS: me\n")


@pytest.fixture
def finished_result():
    from runner.job import Result

    def result(stdout: str) -> Result:
        return Result(id="x", status="ok", exit_code=0, backend="jax", stdout=stdout)

    return result


@pytest.mark.sandbox
def test_the_form_leads_to_the_verdict(client):
    posted = client.post(f"{STEP}/exercises/1", data={"source": f"{RIGHT}print('<b>mine</b>')"})
    assert posted.status_code == 303
    address = posted.headers["location"]
    assert re.fullmatch(rf"{STEP}/exercises/1/[0-9A-Z]{{26}}", address)
    page = client.get(address)
    assert page.status_code == 200 and "<b>mine</b>" not in page.text
    assert "&lt;b&gt;mine&lt;/b&gt;" in page.text


@pytest.mark.parametrize(
    "path",
    [
        f"{STEP}/exercises/9",
        f"{STEP}/exercises/0",
        "/learn/nope/exercises/1",
        "/learn/first_model/exercises/1",
        f"/learn/{'x' * 3000}/exercises/1",
    ],
)
def test_an_exercise_that_is_not_there(client, path):
    assert client.post(path, data={"source": "x = 1"}).status_code == 404


def test_a_step_shows_no_check_and_hides_its_solutions(client):
    text = client.get(STEP).text
    assert "def check_neuron" not in text
    assert text.count('<details class="fold solution"') == text.count("data-exercise=") == 3


def test_the_path_is_told_in_the_readers_language(client):
    assert "什么是神经网络" in client.get("/learn", headers={"Accept-Language": "zh"}).text
    assert "Qu'est-ce qu'un réseau" in unescape(client.get("/learn", headers={"Accept-Language": "fr"}).text)


@pytest.mark.browser
@pytest.mark.sandbox
def test_what_was_solved_is_kept_in_the_browser(open_page, keep):
    page = open_page(STEP)
    form = page.locator("[data-exercise]").first
    form.get_by_role("button", name="Check").click()
    expect(page.locator("#exercise-1 [data-verdict]")).to_contain_text("Not yet", timeout=PATIENCE_MS)
    expect(form.get_by_text("Solved")).to_be_hidden()
    form.locator("textarea").fill(RIGHT)
    form.get_by_role("button", name="Check").click()
    expect(page.locator("#exercise-1 [data-verdict=solved]")).to_contain_text("Right", timeout=PATIENCE_MS)
    expect(form.get_by_text("Solved")).to_be_visible()
    keep(page, "exercise-solved")
    nobody_shut_out(page)

    page.reload()
    expect(form.get_by_text("Solved")).to_be_visible()
    expect(form.locator("textarea")).to_have_value(RIGHT)
    form.get_by_role("button", name="Start over").click()
    expect(form.locator("textarea")).to_have_value(re.compile("multiply, add up"))
    page.goto("/learn")
    expect(page.locator("[data-progress-of]").first).to_have_text("1 of 3 solved")
    keep(page, "learn-progress")


@pytest.mark.browser
@pytest.mark.sandbox
def test_an_exercise_works_without_script(open_page):
    page = open_page(STEP, java_script_enabled=False)
    form = page.locator("[data-exercise]").first
    form.locator("textarea").fill(RIGHT)
    form.get_by_role("button", name="Check").click()
    expect(page.locator("[data-verdict=solved]")).to_contain_text("Right", timeout=PATIENCE_MS)
    expect(page.locator("#answer-1")).to_have_value(RIGHT.rstrip())
