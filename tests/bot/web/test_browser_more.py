"""Living pages in a real browser: found as one types, judged, compared, upgraded, in other languages, in a frame."""

from __future__ import annotations

import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.bot.web.conftest import PASSWORD
from tests.bot.web.test_browser import PATIENCE_MS, QUESTION, drawn, finished, nobody_shut_out, run_in, write

pytestmark = [pytest.mark.browser, pytest.mark.sandbox]

OLD_CODE = """\
from keras.models import Sequential
from keras.layers.core import Dense
model = Sequential()
model.add(Dense(4, input_dim=3, init="uniform"))
model.compile("sgd", "mse")
model.fit(x, y, nb_epoch=3)
"""


FIRST_PAINT = """new Promise((done) => new PerformanceObserver((list) => {
  const paint = list.getEntriesByName("first-contentful-paint")[0];
  if (paint) done(paint.startTime);
}).observe({ type: "paint", buffered: true }))"""


def test_pages_appear_as_one_types(open_page, keep):
    page = open_page("/")
    field = page.get_by_label("Your question")
    field.press_sequentially("dropo", delay=30)
    found = page.locator("[data-typed] a")
    expect(found.first).to_contain_text(re.compile("dropout", re.IGNORECASE))
    keep(page, "typing")
    nobody_shut_out(page)
    field.press("Escape")
    expect(found.first).to_be_hidden()
    field.press_sequentially("ut", delay=30)
    expect(found.first).to_be_visible()
    page.get_by_role("button", name="Ask").focus()
    page.keyboard.press("Tab")
    expect(page.locator("[data-typed] a:focus")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/(docs|faq|learn)/"))


def test_the_last_letter_wins(open_page):
    page = open_page("/")
    page.get_by_label("Your question").press_sequentially("early stopping", delay=5)
    page.get_by_label("Your question").fill("LayerNormalization")
    expect(page.locator("[data-typed]")).to_contain_text("LayerNormalization")
    page.keyboard.press("Enter")
    expect(page.locator(".answer, .problem").first).to_be_visible()
    expect(page.locator("[data-typed]")).to_be_hidden()


def test_a_program_in_the_box_is_run(open_page):
    page = open_page("/")
    page.get_by_label("Your question").fill("import keras\nprint(6 * 7)")
    page.keyboard.press("Enter")
    expect(page.locator("#answer [data-result] .output").first).to_have_text("42\n", timeout=PATIENCE_MS)
    without = open_page("/", java_script_enabled=False)
    without.get_by_label("Your question").fill("print(6 * 8)")
    without.get_by_role("button", name="Ask").click()
    expect(without.locator(".output")).to_have_text("48\n", timeout=PATIENCE_MS)


def test_an_answer_is_judged_and_the_reason_asked(open_page, memory):
    page = open_page(f"/?q={QUESTION}")
    page.get_by_role("button", name="No", exact=False).and_(page.locator("[value=down]")).click()
    expect(page.locator(".feedback")).to_contain_text("What was wrong with it?")
    nobody_shut_out(page)
    page.get_by_role("button", name="It is out of date").click()
    expect(page.locator(".feedback")).to_have_text(re.compile("Thanks, noted."))
    expect(page.locator(".feedback button")).to_have_count(0)
    newest = memory.verdicts(60)[0]
    assert (newest["vote"], newest["reason"], newest["subject"]) == ("down", "outdated", QUESTION)


def test_who_is_not_answered_is_led_to_people(open_page):
    page = open_page("/?q=which stadium hosted the final of 1998")
    link = page.get_by_role("link", name="Ask the community")
    expect(link).to_have_attribute("href", re.compile("^https://"))


def test_a_source_shows_what_it_shares_with_the_question(open_page):
    page = open_page(f"/?q={QUESTION}")
    expect(page.locator(".source-excerpt mark").first).to_be_visible()


def test_three_backends_run_side_by_side(open_page, keep):
    page = open_page("/playground")
    write(page, "import keras\nprint(float(keras.ops.sum(keras.ops.ones((2, 3)))))\nprint(keras.backend.backend())")
    page.get_by_role("button", name="Compare all three").click()
    expect(page).to_have_url(re.compile(r"/compare/[0-9A-Z]{26}-[0-9A-Z]{26}-[0-9A-Z]{26}$"))
    expect(page.locator('[data-result][data-status="ok"]')).to_have_count(3, timeout=2 * PATIENCE_MS)
    page.reload()
    for name, word in (("TensorFlow", "tensorflow"), ("JAX", "jax"), ("PyTorch", "torch")):
        expect(page.get_by_role("region", name=name, exact=True).locator(".output").first).to_have_text(
            f"6.0\n{word}\n"
        )
    expect(page.get_by_role("region", name="PyTorch", exact=True)).to_contain_text("largest difference")
    keep(page, "compare")
    nobody_shut_out(page)


def test_old_code_is_upgraded_with_a_difference_to_read(open_page, keep):
    page = open_page("/playground")
    write(page, OLD_CODE)
    page.get_by_role("button", name="Upgrade to Keras 3").click()
    expect(page.locator(".diff-old").first).to_be_visible()
    expect(page.locator(".diff-new", has_text="epochs=3")).to_be_visible()
    expect(page.locator(".changes").first).to_contain_text("Line")
    expect(page.locator("#source")).to_have_value(re.compile("epochs=3"))
    keep(page, "upgrade")
    nobody_shut_out(page)
    write(page, "print(1)")
    page.get_by_role("button", name="Upgrade to Keras 3").click()
    expect(page.get_by_text("This is Keras 3 code already")).to_be_visible()


def test_models_and_their_graphs_are_in_tabs(open_page, keep):
    page = open_page("/playground")
    write(
        page,
        "import keras\n"
        "one = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)], name='one')\n"
        "one.summary()\n"
        "two = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)], name='two')\n"
        "two.summary()\n",
    )
    page.get_by_text("Seed and input").click()
    page.get_by_label("Draw the models").check()
    run_in(page)
    finished(page, "ok")
    panels = page.locator(".tab-panel")
    expect(panels.nth(0)).to_be_visible()
    expect(panels.nth(1)).to_be_hidden()
    page.locator(".tab", has_text="two").click()
    expect(panels.nth(1)).to_be_visible()
    expect(panels.nth(0)).to_be_hidden()
    page.locator(".tab", has_text="model-1.png").click()
    drawn(page.locator(".tab-panel img").first, 50)
    keep(page, "tabs")
    nobody_shut_out(page)


def test_a_run_is_forked(open_page):
    page = open_page("/playground?start=layer")
    run_in(page)
    finished(page, "ok")
    page.get_by_role("link", name="Fork").click()
    expect(page).to_have_url(re.compile("/playground[?]from="))
    expect(page.locator("#source")).to_have_value(re.compile("class Scale"))


@pytest.mark.parametrize(
    ("language", "tag", "button"),
    [("Français", "fr", "Demander"), ("Español", "es", "Preguntar"), ("中文", "zh-Hans", "提问")],
)
def test_the_language_is_switched_and_stays(open_page, keep, language, tag, button):
    page = open_page("/faq?tag=shapes")
    page.get_by_role("link", name=language).first.click()
    page.locator(".languages").get_by_role("link", name=language).click()
    expect(page.locator("html")).to_have_attribute("lang", tag)
    expect(page).to_have_url(re.compile("tag=shapes"))
    page.goto("/")
    page.get_by_role("textbox").first.fill(QUESTION)
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator(".answer")).to_be_visible()
    keep(page, f"language-{tag}")
    nobody_shut_out(page)


def test_a_browser_that_wants_french_gets_it(open_page):
    page = open_page("/", locale="fr-FR")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Comment")


def test_the_board_shows_what_is_missing_and_begins_an_entry(open_page, keep):
    open_page("/?q=which stadium hosted the final of 1998")
    page = open_page("/board")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    keep(page, "board")
    nobody_shut_out(page)
    page.get_by_role("link", name="Make it a FAQ entry").first.click()
    expect(page.get_by_label("The entry’s file").or_(page.get_by_label("The entry's file"))).to_have_value(
        re.compile("^---")
    )
    page.get_by_role("button", name="Preview").click()
    keep(page, "board-draft")
    nobody_shut_out(page)


def test_the_widget_answers_in_a_frame_on_another_site(browser, server, tmp_path, screenshots):
    (tmp_path / "index.html").write_text(
        '<!doctype html><html lang="en"><title>Other</title><h1>Other site</h1>'
        f'<script src="{server}/widget.js"></script>'
    )
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        context = browser.new_context()
        page = context.new_page()
        # Another name for the same machine is another site.
        page.goto(f"http://localhost:{other.server_port}/")
        page.get_by_role("button", name="Ask about Keras").click()
        frame = page.frame_locator("iframe")
        frame.get_by_role("textbox").fill(QUESTION)
        frame.get_by_role("button", name="Ask").click()
        expect(frame.locator(".answer")).to_contain_text("EarlyStopping")
        page.screenshot(path=screenshots / "widget-embedded.png")
        page.keyboard.press("Escape")
        context.close()
        other.shutdown()


def test_no_other_page_may_be_framed(browser, server):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server}/healthz")
    page.set_content(f'<iframe src="{server}/playground"></iframe>')
    page.wait_for_timeout(500)
    assert "Playground" not in page.frames[-1].content()
    context.close()


def test_the_first_paint_comes_at_once(open_page):
    page = open_page("/")
    times = []
    for _ in range(5):
        page.reload()
        times.append(page.evaluate(FIRST_PAINT))
    print("first contentful paint, ms:", sorted(round(time) for time in times))
    assert times


LARGEST_PAGE_BYTES = 150 * 1024
WEIGHT = """performance.getEntries()
  .filter((one) => one.entryType === "navigation" || /[.](js|css)([?]|$)/.test(one.name))
  .reduce((sum, one) => sum + one.encodedBodySize, 0)"""


@pytest.mark.parametrize(
    "path", ["/", "/playground", "/learn/keras-basics", "/faq", "/docs", "/docs/keras.layers.LSTM"]
)
def test_a_page_weighs_little(open_page, path):
    """Its own text, styles and scripts as they travel; the two fonts are kept by the browser for good."""
    page = open_page(path)
    page.wait_for_load_state("networkidle")
    weight = page.evaluate(WEIGHT)
    print(f"{path}: {weight / 1024:.0f} KiB")
    assert 5_000 < weight <= LARGEST_PAGE_BYTES
