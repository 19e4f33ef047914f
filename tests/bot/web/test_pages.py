"""The pages as a browser without JavaScript meets them."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest

from bot.channels.web.site import FRAGMENT_HEADER
from bot.channels.web.starters import STARTERS

pytestmark = pytest.mark.sandbox

QUESTION = "how do I stop training when the validation loss stops improving?"
MAX_PAGE_BYTES = 150 * 1024
VOID = {"meta", "link", "input", "br", "hr", "img", "wbr", "path", "circle", "rect"}


class Page(HTMLParser):
    """A page taken apart: is it well formed, and what does it point to?"""

    def __init__(self, html):
        super().__init__()
        self.open, self.ids, self.labels, self.controls, self.problems = [], [], [], [], []
        self.addresses, self.inline, self.headings = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "label" and "for" in attributes:
            self.labels.append(attributes["for"])
        if tag == "img" and not attributes.get("alt"):
            self.problems.append("a picture without words")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if attributes.get("rel") != "canonical":
            self.addresses += [(tag, attributes[name]) for name in ("href", "src", "action") if name in attributes]
        self.inline += [name for name in attributes if name == "style" or name.startswith("on")]
        runs = tag == "script" and "src" not in attributes and attributes.get("type") != "application/ld+json"
        self.inline += [tag] if tag == "style" or runs else []

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.problems.append(f"</{tag}> closes {self.open[-1] if self.open else 'nothing'}")
        else:
            self.open.pop()


def check_page(response, status=200):
    """Hold a page to what every page must be."""
    assert response.status_code == status
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    page = Page(response.text)
    assert page.problems == [] and page.open == []
    assert page.inline == []
    assert len(page.ids) == len(set(page.ids))
    assert set(page.labels) <= set(page.ids)
    assert page.headings.count(1) == 1
    for tag, address in page.addresses:
        if tag in {"link", "script", "img", "form"}:
            assert address.startswith("/"), f"{tag} fetches {address}"
    assert len(response.content) <= MAX_PAGE_BYTES
    return response.text


def finish(client, address, timeout_s=60):
    deadline = time.monotonic() + timeout_s
    while "data-result" not in (page := client.get(address)).text:
        assert time.monotonic() < deadline
        assert '<meta http-equiv="refresh" content="2">' in page.text
        time.sleep(0.2)
    return page


@pytest.mark.parametrize(
    "path",
    ["/", f"/?q={QUESTION}", "/?q=asdf+qwer+zxcv", "/playground", "/docs", "/docs?q=dense", "/docs?q=nosuchthing"]
    + [f"/playground?start={starter.name}" for starter in STARTERS]
    + ["/faq", "/faq?q=ndim", "/faq?q=nosuchthing", "/faq/stop-training-early", "/learn", "/learn/first_model"]
    + ["/docs/keras.layers.LSTM", "/docs/keras.Model", "/docs/keras.Model.fit", "/docs/keras.callbacks.EarlyStopping"],
)
def test_every_page_is_well_formed_light_and_fetches_from_here_only(client, path):
    check_page(client.get(path))


@pytest.mark.parametrize("path", ["/", "/docs", "/nope", "/static/lobby.js", "/api/ask", "/healthz", "/r/nope"])
def test_every_response_carries_the_guarding_headers(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"


def test_a_posted_question_gets_an_address_and_an_answer(client):
    response = client.post("/ask", data={"question": QUESTION})
    assert response.status_code == 303
    text = check_page(client.get(response.headers["location"]))
    assert 'href="/docs/keras.callbacks.EarlyStopping"' in text
    assert "We are " in text
    assert QUESTION in text


def test_a_long_question_is_answered_where_it_was_asked(client):
    question = QUESTION + " " + "I tried many things. " * 40
    text = check_page(client.post("/ask", data={"question": question}))
    assert "answer-title" in text


def test_a_script_gets_the_answer_alone(client):
    response = client.post("/ask", data={"question": QUESTION}, headers={FRAGMENT_HEADER: "answer"})
    assert response.status_code == 200
    assert "<html" not in response.text and "EarlyStopping" in response.text
    assert FRAGMENT_HEADER in response.headers["vary"]


def test_a_question_that_no_page_answers_shows_the_closest(client):
    text = check_page(client.get("/?q=which+stadium+hosted+the+1998+final"))
    assert "We don’t know" in text


def test_an_empty_question_leads_back_to_the_page_with_a_sentence(client):
    response = client.post("/ask", data={"question": "   "})
    text = check_page(response, 422)
    assert 'role="alert"' in text


def test_a_question_is_shown_as_text_whatever_it_holds(client):
    payload = "</textarea><script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    text = check_page(client.get("/", params={"q": payload}))
    assert "<script>alert" not in text and "<img src=x" not in text


def test_a_snippet_runs_without_any_script(client):
    response = client.post("/run", data={"source": "print('calm')\r\nprint('desk')", "backend": "tensorflow"})
    assert response.status_code == 303
    address = response.headers["location"]
    assert address.startswith("/r/")
    text = check_page(finish(client, address))
    assert "calm\ndesk" in text
    assert f"/playground?from={address.removeprefix('/r/')}" in text


def test_a_snippet_that_fails_shows_its_line_and_what_may_explain_it(client):
    source = STARTERS[2].source
    address = client.post("/run", data={"source": source}).headers["location"]
    text = check_page(finish(client, address))
    assert "ValueError" in text
    assert "This looks like" in text
    assert re.search(r'row-failed"><span class="row-number" aria-hidden="true">11<', text)


def test_a_run_that_is_going_can_be_stopped_without_any_script(client):
    address = client.post("/run", data={"source": "while True: pass"}).headers["location"]
    check_page(client.get(address))
    response = client.post(f"{address}/stop")
    assert (response.status_code, response.headers["location"]) == (303, address)
    assert 'data-status="cancelled"' in finish(client, address).text


def test_a_copy_of_a_run_opens_in_the_editor_with_its_choices(client):
    address = client.post(
        "/run", data={"source": "print(input())", "backend": "jax", "seed": "7", "stdin": "typed"}
    ).headers["location"]
    finish(client, address)
    text = check_page(client.get(f"/playground?from={address.removeprefix('/r/')}"))
    assert "print(input())</textarea>" in text
    assert 'value="jax" checked' in text
    assert 'value="7"' in text
    assert "typed</textarea>" in text


@pytest.mark.parametrize("field", [{"seed": "many"}, {"backend": "theano"}])
def test_a_bad_choice_keeps_the_code_and_says_what_is_wrong(client, field):
    response = client.post("/run", data={"source": "print('mine')", **field})
    text = check_page(response, 422)
    assert "print(&#39;mine&#39;)" in text
    assert 'role="alert"' in text


@pytest.mark.parametrize("starter", STARTERS, ids=lambda starter: starter.name)
def test_every_starting_program_runs_as_its_title_says(run_snippet, starter):
    run = run_snippet(starter.source)
    assert run["status"] == ("error" if starter.name == "shapes" else "ok"), run["error"]
    assert len(max(starter.source.splitlines(), key=len)) <= 72


def test_a_fit_is_drawn_with_its_figures(client):
    address = client.post("/run", data={"source": STARTERS[0].source}).headers["location"]
    text = check_page(finish(client, address))
    assert text.count('<svg viewBox="0 0 256 154" role="img"') == 2
    assert "val_accuracy over 5 epochs" in text
    assert "Total params" in text


# -- docs -------------------------------------------------------------------------------------------------------------


def test_a_symbol_has_its_signature_sections_and_links(client):
    text = check_page(client.get("/docs/keras.callbacks.EarlyStopping"))
    assert "monitor" in text and "patience" in text
    assert "https://keras.io/" in text
    assert "Run this" in text


def test_an_alias_leads_to_the_canonical_page(client, knowledge):
    symbol, alias = next(
        (page.symbol, page.aliases[0]) for name in knowledge.symbols() if (page := knowledge.page(name)).aliases
    )
    response = client.get(f"/docs/{alias}")
    assert (response.status_code, response.headers["location"]) == (301, f"/docs/{symbol}")


def test_a_symbol_that_is_not_there_names_what_is_nearest(client):
    text = check_page(client.get("/docs/keras.layers.Dens"), 404)
    assert "/docs/keras.layers.Dense" in text


@pytest.mark.parametrize("symbol", ["x" * 5000, "%00", "<script>alert(1)</script>", "%ff%fe", "../etc/passwd", "キー"])
def test_odd_symbols_are_not_found(client, symbol):
    response = client.get(f"/docs/{symbol}")
    assert response.status_code == 404
    assert "<script>alert" not in response.text


def test_the_index_finds_methods_when_asked(client):
    assert "/docs/keras.Model.fit" in client.get("/docs?q=model.fit").text


# -- FAQ and examples -------------------------------------------------------------------------------------------------


def test_an_entry_has_its_answer_its_code_and_its_symbols(client):
    text = check_page(client.get("/faq/stop-training-early"))
    assert "restore_best_weights" in text
    assert "Run this" in text
    assert 'href="/docs/keras.callbacks.EarlyStopping"' in text


def test_every_entry_and_example_that_is_listed_has_a_page(client, knowledge):
    pages = [*knowledge.pages("faq"), *knowledge.pages("guide"), *knowledge.pages("example")]
    assert len(pages) > 100
    for number, page in enumerate(pages):
        kind, _, name = page.id.partition(":")
        address = f"/faq/{name}" if kind == "faq" else f"/learn/{name}"
        assert address in client.get("/faq" if kind == "faq" else "/learn").text
        if number % 5 == 0:
            check_page(client.get(address))


def test_the_places_that_answers_point_to_are_there(client, knowledge):
    text = client.get("/learn").text
    assert 'id="example-first_model"' in text
    for guide in knowledge.pages("guide"):
        assert f'id="{guide.url.partition("#")[2]}"' in text


# -- odds and ends ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/nope", "/r/nope", "/playground?from=nope", "/playground?start=nope", "/docs/a/b", "/faq/nope", "/learn/nope"],
)
def test_a_miss_is_a_page_of_the_house(client, path):
    text = check_page(client.get(path), 404)
    assert "Ask a question" in text


def test_a_method_that_is_not_for_a_page_is_a_page_too(client):
    check_page(client.get("/run"), 405)


def test_static_files_named_with_their_mark_are_kept_for_good(client):
    address = re.search(r"/static/lobby\.css\?v=\w+", client.get("/").text).group()
    assert "immutable" in client.get(address).headers["cache-control"]
    assert client.get("/static/lobby.css").headers["cache-control"] == "no-cache"


def test_pages_are_sent_compressed(client):
    response = client.get("/docs", headers={"Accept-Encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"
