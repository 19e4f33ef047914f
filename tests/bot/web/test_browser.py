"""The real pages in a real browser, as people use them; what they look like is kept in build/screenshots."""

from __future__ import annotations

import re
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Locator, Page, expect

from bot.channels.web.starters import STARTERS

pytestmark = [pytest.mark.browser, pytest.mark.sandbox]

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
QUESTION = "how do I stop training when the validation loss stops improving?"
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()
# A run on a busy machine, the first of a backend included.
PATIENCE_MS = 90_000


def nobody_shut_out(page: Page) -> None:
    """Hold a page against the rules of WCAG 2.1 A and AA that axe-core can check, and its good practices."""
    # The policy of the pages forbids inline scripts, those of tests included; axe is run by the browser itself.
    found = page.evaluate(f"{AXE}; axe.run(document, {{resultTypes: ['violations']}})")
    told = [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
    assert not told, "\n".join(told)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"


def run_in(page: Page) -> None:
    page.get_by_role("button", name="Run", exact=True).click()


def finished(page: Page, status: str) -> None:
    expect(page.locator(f'#run [data-result][data-status="{status}"]')).to_be_visible(timeout=PATIENCE_MS)


def drawn(picture: Locator, least: int) -> None:
    """Wait until a picture has come and is at least so many pixels wide."""
    # Not `wait_for_function`: what it repeats in the page, the page's own policy forbids.
    for _ in range(PATIENCE_MS // 50):
        if picture.evaluate("image => image.naturalWidth") >= least:
            return
        picture.page.wait_for_timeout(50)
    raise AssertionError("the picture did not come")


def write(page: Page, source: str) -> None:
    page.locator("#source").fill(source)


# -- asking -----------------------------------------------------------------------------------------------------------


def test_a_question_is_answered_on_the_page(open_page, keep):
    page = open_page("/")
    keep(page, "home")
    page.get_by_label("Your question, an error message").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Answer")).to_be_visible()
    expect(page.locator(".sources")).to_contain_text("keras.callbacks.EarlyStopping")
    expect(page.locator("#announcer")).to_contain_text("Answer. We are")
    expect(page).to_have_url(re.compile(r"/\?q=how%20do%20I%20stop%20training"))
    keep(page, "answer")


def test_an_answers_code_runs_under_it(open_page, keep):
    page = open_page(f"/?q={QUESTION}")
    block = page.locator("#answer [data-code]").first
    block.get_by_role("button", name="Run this").click()
    # The example trains until it stops by itself, which a busy machine may not grant it the time for.
    expect(block.locator("[data-result]")).to_be_visible(timeout=PATIENCE_MS)
    expect(block.locator("[data-result]")).to_have_attribute("data-status", re.compile("^(ok|timeout)$"))
    keep(page, "answer-run")
    source = block.locator("[name=source]").input_value()
    block.get_by_role("link", name="Edit").click()
    expect(page.locator("#source")).to_have_value(source)


def test_a_documented_example_prints_what_its_page_shows(open_page):
    page = open_page("/docs/keras.layers.LSTM")
    block = page.locator("[data-code]", has_text=">>>").first
    block.get_by_role("button", name="Run this").click()
    expect(block.locator('[data-result][data-status="ok"]')).to_be_visible(timeout=PATIENCE_MS)
    expect(block.locator("[data-result] .output").first).to_contain_text("(32, 10, 4)")


def test_what_nobody_knows_is_said_so(open_page, keep):
    page = open_page("/?q=which stadium hosted the final of 1998")
    expect(page.get_by_role("heading", name="We don’t know")).to_be_visible()
    keep(page, "unknown")


def test_back_leads_to_the_page_before(open_page):
    page = open_page("/")
    page.get_by_label("Your question").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_be_visible()
    page.go_back()
    expect(page.locator(".answer")).to_have_count(0)


# -- running ----------------------------------------------------------------------------------------------------------

SLOW_FIT = """\
import keras, numpy as np, time

class Slow(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print("epoch", epoch, flush=True)
        time.sleep(0.8)

model = keras.Sequential([keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.ones((8, 2)), np.ones(8), epochs=8, verbose=0, callbacks=[Slow()])
model.summary()
"""


def test_a_run_is_followed_live_and_ends_in_a_curve(open_page, keep):
    page = open_page("/playground")
    write(page, SLOW_FIT)
    run_in(page)
    expect(page.locator("[data-progress-text]")).to_contain_text(re.compile("Epoch [1-8] of 8"), timeout=PATIENCE_MS)
    expect(page.locator("[data-output]")).to_contain_text("epoch 1")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.wait_for_timeout(900)
    keep(page, "run-live")
    finished(page, "ok")
    expect(page.get_by_role("img", name=re.compile("^loss over 8 epochs"))).to_be_visible()
    expect(page.locator("#announcer")).to_have_text("Ran without a complaint")
    keep(page, "run-result")
    nobody_shut_out(page)


def test_a_run_can_be_stopped(open_page):
    page = open_page("/playground")
    write(page, "import time\nwhile True:\n    print('still here', flush=True)\n    time.sleep(0.1)")
    run_in(page)
    expect(page.locator("[data-output]")).to_contain_text("still here", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Stop").click()
    finished(page, "cancelled")


def test_an_error_shows_its_line_and_what_it_looks_like(open_page, keep):
    page = open_page("/playground?start=shapes")
    run_in(page)
    finished(page, "error")
    expect(page.locator(".cm-gutterElement.cm-failed")).to_have_text("11")
    expect(page.locator(".row-failed")).to_contain_text("model.predict(x)")
    expect(page.locator(".suggestions")).to_contain_text("keras.layers.LSTM")
    keep(page, "run-error")
    write(page, "print('mended')")
    expect(page.locator(".cm-failed")).to_have_count(0)
    run_in(page)
    finished(page, "ok")


def test_a_picture_is_shown(open_page, keep):
    page = open_page("/playground?start=plot")
    run_in(page)
    finished(page, "ok")
    picture = page.get_by_role("img", name="Picture plot-1.png that the snippet drew")
    picture.scroll_into_view_if_needed()
    drawn(picture, 100)
    keep(page, "run-picture")


def test_a_permalink_holds_code_and_result(open_page, keep):
    page = open_page("/playground?start=shapes")
    run_in(page)
    finished(page, "error")
    page.get_by_role("link", name="Permalink").click()
    expect(page).to_have_url(re.compile(r"/r/[0-9A-Z]{26}$"))
    expect(page.locator(".listing")).to_contain_text("keras.layers.LSTM(8)")
    expect(page.locator(".listing .row-failed")).to_contain_text("model.predict(x)")
    keep(page, "permalink")
    page.get_by_role("link", name="Edit a copy").click()
    expect(page.locator("#source")).to_have_value(re.compile("model.predict"))


def test_a_permalink_opened_early_follows_the_run(open_page, server, client):
    page = open_page("/playground")
    write(page, SLOW_FIT)
    run_in(page)
    run_id = page.locator("[data-follow]").get_attribute("data-follow")
    other = open_page(f"/r/{run_id}")
    expect(other.locator("[data-state]")).to_be_visible()
    finished(other, "ok")
    finished(page, "ok")


@pytest.mark.parametrize("backend", ["JAX", "PyTorch"])
def test_the_backend_can_be_chosen(open_page, backend):
    page = open_page("/playground")
    write(page, "import keras\nprint(keras.backend.backend())")
    page.get_by_text(backend, exact=True).click()
    run_in(page)
    finished(page, "ok")
    expect(page.locator("#run .output").first).to_have_text({"JAX": "jax", "PyTorch": "torch"}[backend] + "\n")


# -- by keyboard, on a phone, in the dark, without script -------------------------------------------------------------


def test_everything_is_reached_by_keyboard(open_page):
    page = open_page("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Your question")).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.editor > div')"):
            break
    expect(page.get_by_label("Python code")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("for i in range(2):\nprint(i)")
    expect(page.locator("#source")).to_have_value("for i in range(2):\n    print(i)")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("print('out')")
    expect(page.locator("#source")).to_have_value("for i in range(2):\n    print(i)\nprint('out')")
    page.keyboard.press("Control+Enter")
    finished(page, "ok")
    page.get_by_label("Python code").focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Python code")).not_to_be_focused()


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("home", "/"),
        ("answer", f"/?q={QUESTION}"),
        ("docs", "/docs/keras.layers.LSTM"),
        ("docs-index", "/docs"),
        ("faq", "/faq"),
        ("faq-entry", "/faq/stop-training-early"),
        ("learn", "/learn"),
        ("learn-entry", "/learn/first_model"),
        ("learn-step", "/learn/what-is-a-neural-network"),
        ("playground", "/playground"),
        ("errors", "/errors"),
        ("errors-pasted", "/errors?q=expected ndim=3, found ndim=2"),
        ("cheatsheet", "/cheatsheet"),
        ("glossary", "/glossary"),
        ("resources", "/resources"),
        ("releases", "/releases"),
        ("privacy", "/privacy"),
        ("widget", "/widget"),
        ("board-login", "/board/login"),
    ],
)
@pytest.mark.parametrize("kind", ["desk", "dark", "phone"])
def test_pages_fit_phones_and_the_dark_and_shut_nobody_out(open_page, keep, name, path, kind):
    options = {"desk": {}, "dark": {"color_scheme": "dark"}, "phone": PHONE}[kind]
    page = open_page(path, **options)
    keep(page, f"{kind}-{name}")
    nobody_shut_out(page)


def test_a_run_on_a_phone_in_the_dark(open_page, keep):
    page = open_page("/playground?start=shapes", **PHONE, color_scheme="dark")
    run_in(page)
    finished(page, "error")
    keep(page, "phone-dark-run-error")
    nobody_shut_out(page)


def test_all_of_it_works_without_script(open_page, screenshots):
    page = open_page("/", java_script_enabled=False)
    page.get_by_label("Your question").fill(QUESTION)
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("heading", name="Answer")).to_be_visible()
    page.get_by_role("button", name="Run this").first.click()
    expect(page).to_have_url(re.compile(r"/r/[0-9A-Z]{26}$"))
    expect(page.locator("[data-result]")).to_be_visible(timeout=PATIENCE_MS)
    page.screenshot(path=screenshots / "no-script-run.png", full_page=True)
    page.get_by_role("link", name="Edit a copy").click()
    page.locator("#source").fill("print('no script')")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".output")).to_have_text("no script\n", timeout=PATIENCE_MS)


def test_a_filter_narrows_the_index_as_one_types(open_page, keep):
    page = open_page("/docs")
    page.get_by_label("Filter by name").fill("earlystop")
    expect(page.get_by_role("link", name="EarlyStopping")).to_be_visible()
    expect(page.locator("[data-filter-count]")).to_have_text(re.compile(r"^1 of \d+ symbols$"))


@pytest.mark.parametrize("starter", [starter.name for starter in STARTERS])
def test_every_starting_program_is_one_click_away(open_page, starter):
    page = open_page(f"/playground?start={starter}")
    expect(page.locator(".chip[aria-current]")).to_have_count(1)
