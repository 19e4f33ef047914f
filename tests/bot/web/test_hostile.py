"""A hundred hostile texts in every place where a page shows what somebody else wrote."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from bot.channels.web import markup
from tests.bot.web.payloads import PAYLOADS
from tests.bot.web.test_browser import finished, run_in, write
from tests.bot.web.test_pages import check_page

FORBIDDEN = {"script", "iframe", "img", "svg", "style", "link", "base", "meta", "input", "form", "math"}
INTRUDERS = "iframe, object, embed, base, math, main style, main script, img[src=x], [onerror], [onload], [onfocus]"


def test_there_are_a_hundred_and_all_differ():
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 100


@pytest.mark.parametrize("path", ["/?q=", "/errors?q=", "/faq?q=", "/faq?tag=", "/docs/", "/faq/", "/r/", "/learn/"])
def test_an_address_with_hostile_text_gives_a_sound_page(client, path):
    for payload in PAYLOADS:
        response = client.get(path + quote(payload, safe=""))
        assert response.status_code in {200, 404}, payload
        check_page(response, response.status_code)


def test_markdown_holds_nothing_that_acts():
    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            assert tag not in {
                "script",
                "iframe",
                "img",
                "svg",
                "style",
                "link",
                "base",
                "meta",
                "input",
                "form",
                "math",
            }
            for name, value in attrs:
                assert not name.startswith("on") and name != "style"
                assert name != "href" or str(value).startswith(("http://", "https://", "mailto:", "/"))

    for payload in PAYLOADS:
        for text in (payload, f"> {payload}", f"- a\n- {payload}", f"| a |\n|---|\n| {payload} |", f"**{payload}**"):
            html = "".join(str(block.html) for block in markup.render(text)) + str(markup.inline(text))
            Reader().feed(html)


@pytest.mark.browser
def test_a_hostile_question_stays_text(open_page):
    page = open_page("/")
    for payload in PAYLOADS:
        asked = f"{payload} keras"
        page.goto("/?q=" + quote(asked, safe=""))
        expect(page.locator("#answer > *").first).to_be_visible()
        assert page.title() != "owned", payload
        assert page.locator(INTRUDERS).count() == 0, payload
        # A text area has newlines where the text has other ends of lines.
        assert page.get_by_label("Your question").input_value().split() == asked.strip().split(), payload


@pytest.mark.browser
@pytest.mark.sandbox
def test_hostile_output_errors_and_file_names_stay_text(open_page, keep):
    source = f"""\
import sys, keras
payloads = {PAYLOADS!r}
for i, payload in enumerate(payloads):
    print(payload, flush=True)
    print(payload, file=sys.stderr)
    open(payload.replace("/", "_")[:60] + str(i) + ".html", "w").write(payload) if i < 8 else None
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, name="dense")], name="model")
model.name = payloads[1]
raise type(payloads[0], (Exception,), {{}})(" ".join(payloads))
"""
    page = open_page("/playground")
    write(page, source)
    run_in(page)
    finished(page, "error")
    assert page.title().startswith("Playground")
    keep(page, "hostile")
    page.get_by_role("link", name="Permalink").click()
    expect(page.locator("[data-result]")).to_be_visible()
    assert "owned" not in page.title()
    assert page.locator(INTRUDERS).count() == 0
    expect(page.locator("#run .output").first).to_contain_text(PAYLOADS[0])
