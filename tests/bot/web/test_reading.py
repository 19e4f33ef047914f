"""What is read rather than asked: errors, entries, feeds, and the pages in four languages."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest

from bot.channels.web import markup
from bot.channels.web.catalogue import Catalogue
from bot.channels.web.language import preferred
from bot.channels.web.reading import connected, similar, title_in
from bot.channels.web.snippets import standing_on
from runner.job import Job, Limits
from tests.bot.web.test_pages import check_page

ENTRY = "/faq/error-expected-ndim-3-lstm"
PASTED = (
    'Traceback (most recent call last):\n  File "train.py", line 12, in <module>\n    model.fit(x, y)\n'
    "ValueError: Argument `validation_split` is only supported for tensors or NumPy arrays."
    'Found incompatible type in the input: [<class "dict">]'
)


@pytest.mark.parametrize(
    "path",
    [
        "/errors",
        "/errors?in=keras.layers",
        "/errors?in=nowhere",
        "/errors?q=dimension",
        "/cheatsheet",
        "/glossary",
        "/resources",
        "/releases",
        "/privacy",
        "/faq?tag=errors",
        "/faq?in=zh",
        "/faq?tag=nothing",
        "/widget",
        ENTRY,
    ],
)
def test_pages_to_read_are_well_formed_and_light(client, path):
    check_page(client.get(path))


def test_a_pasted_traceback_leads_to_the_message_who_raises_it_and_what_explains_it(client):
    text = check_page(client.get("/errors", params={"q": PASTED}))
    assert "only supported for tensors or NumPy arrays" in text
    assert 'href="/docs/keras.Model.fit"' in text or 'href="/docs/keras.Model"' in text
    assert 'href="/faq/error-validation-split-only-arrays"' in text


def test_every_message_is_found_by_itself(knowledge):
    catalogue = Catalogue(knowledge.pages("api"))
    long_enough = [entry for entry in catalogue.entries if len(entry.words) >= 6]
    assert len(long_enough) > 400
    sample = long_enough[:: len(long_enough) // 60]
    missed = [
        entry.message for entry in sample if entry.message not in {one.message for one in catalogue.find(entry.message)}
    ]
    assert missed == []


@pytest.mark.parametrize("pasted", ["", "   ", "\x00\x00", "hello", "x" * 9000, "\ud800", "中文错误"])
def test_a_paste_that_is_no_error_gets_a_page(client, pasted):
    check_page(client.get("/errors", params={"q": pasted.encode("utf-8", "surrogatepass")}))


def test_an_entry_tells_search_engines_what_it_is(client):
    text = check_page(client.get(ENTRY))
    assert f'<link rel="canonical" href="http://localhost{ENTRY}">' in text
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)[1])
    assert data["@type"] == "QAPage" and data["mainEntity"]["acceptedAnswer"]["text"].startswith("Recurrent layers")
    assert 'property="og:title"' in text and 'property="og:image"' in text


def test_an_entry_leads_on_to_similar_ones_and_its_tags(client, knowledge):
    text = check_page(client.get(ENTRY))
    assert 'href="/faq?tag=shapes"' in text and 'id="similar"' in text
    page = knowledge.page("faq:error-expected-ndim-3-lstm")
    near = similar(page, knowledge.pages("faq"))
    assert near and page.id not in {other.id for other in near}
    assert "keras.layers.LSTM" in near[0].symbols


def test_an_entry_is_also_plain_markdown(client):
    response = client.get(f"{ENTRY}.md")
    assert response.headers["content-type"].startswith("text/markdown")
    assert (
        response.text.startswith("# ") and "```python" in response.text and f"http://localhost{ENTRY}" in response.text
    )
    assert client.get("/faq/no-such-entry.md").status_code == 404


@pytest.mark.parametrize("suffix", ["", ".md"])
def test_an_address_that_was_given_away_leads_on(client, suffix):
    response = client.get(f"/faq/error-loss-is-nan{suffix}", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (301, f"/faq/loss-becomes-nan{suffix}")


def test_a_question_is_shown_in_the_wording_of_the_reader(client, knowledge):
    page = knowledge.page("faq:error-expected-ndim-3-lstm")
    assert "报错" in title_in(page, "zh") and title_in(page, "en") == page.title
    assert title_in(page, "xx") == page.title
    assert "报错 expected ndim=3" in client.get("/faq?in=zh").text


def test_the_feeds_are_what_their_formats_want(client):
    def parsed(path, media_type):
        response = client.get(path)
        assert response.headers["content-type"].startswith(media_type)
        return ElementTree.fromstring(response.content)

    addresses = {node.text for node in parsed("/sitemap.xml", "application/xml").findall("{*}url/{*}loc")}
    assert {
        f"http://localhost{path}" for path in (ENTRY, "/docs/keras.layers.LSTM", "/learn/first_model", "/")
    } <= addresses
    feed = parsed("/feed.xml", "application/atom+xml")
    entries = feed.findall("{*}entry")
    assert 10 <= len(entries) <= 50
    for entry in entries:
        assert all(entry.find("{*}" + name) is not None for name in ("id", "title", "updated", "link"))
    search = parsed("/opensearch.xml", "application/opensearchdescription+xml")
    assert search.find("{*}Url").get("template") == "http://localhost/?q={searchTerms}"
    plain = client.get("/llms.txt").text
    assert plain.startswith("# Lobby\n") and f"http://localhost{ENTRY}.md" in plain
    assert "Sitemap: http://localhost/sitemap.xml" in client.get("/robots.txt").text


def test_every_address_in_the_site_map_leads_to_a_page(client):
    tree = ElementTree.fromstring(client.get("/sitemap.xml").content)
    addresses = [node.text.removeprefix("http://localhost") for node in tree.findall("{*}url/{*}loc")]
    for address in addresses[:: len(addresses) // 25]:
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("de, es;q=0.5", "es"),
        ("de", "en"),
        ("zh-Hans-CN", "zh"),
        ("en;q=0.1, fr;q=0.2", "fr"),
        ("fr;q=abc, ;;,,es;q=", "en"),
        ("," * 10_000, "en"),
    ],
)
def test_the_browsers_wish_chooses_the_language(header, language):
    assert preferred(header) == language


@pytest.mark.parametrize(("language", "heading"), [("fr", "Comment"), ("es", "¿"), ("zh", "Keras")])
def test_pages_speak_four_languages(client, language, heading):
    for path in ("/", "/faq", "/docs", "/errors", "/playground", "/learn", "/privacy", "/cheatsheet"):
        text = check_page(client.get(path, headers={"Accept-Language": language}))
        assert f'<html lang="{"zh-Hans" if language == "zh" else language}">' in text
    home = check_page(client.get("/", headers={"Accept-Language": language}))
    assert heading in re.search(r"<h1[^>]*>(.*?)</h1>", home)[1]


def test_a_choice_of_language_is_kept_and_leads_back(client):
    response = client.get("/language", params={"to": "fr", "back": "/faq?tag=errors"})
    assert response.status_code == 303 and response.headers["location"] == "/faq?tag=errors"
    cookie = response.headers["set-cookie"]
    assert "lobby_language=fr" in cookie and "HttpOnly" in cookie
    assert '<html lang="fr">' in client.get("/faq", headers={"Cookie": "lobby_language=fr"}).text
    client.cookies.clear()


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/\r\nX: y", ""])
def test_a_choice_of_language_leads_nowhere_else(client, back):
    response = client.get("/language", params={"to": "es", "back": back})
    assert response.headers["location"] == "/"
    client.cookies.clear()
    assert client.get("/language", params={"to": "xx"}).status_code == 422


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "entry", ["error-concatenate-matching-shapes", "transfer-learning-two-phases", "freeze-layers"]
)
def test_every_block_of_an_entry_runs_by_itself(app, entry):
    """As its page's button sends it: with those above it that it stands on, and failing only where it means to."""
    assistant = app.state.site.assistant
    page = assistant.knowledge.page(f"faq:{entry}")
    sections = connected([markup.render(section.text) for section in page.sections])
    blocks = [block for blocks in sections for block in blocks if isinstance(block, markup.Code) and block.runnable]
    assert len(blocks) >= 1
    for block in blocks:
        result = assistant.runner.run(Job(block.runnable, limits=Limits(wall_s=60)))
        assert result.status == ("error" if block.fails else "ok"), (block.source, result.error)
        assert result.error is None or result.error.type != "NameError"


def test_a_block_takes_along_what_it_stands_on_and_no_more():
    before = ["a = 1", "b = 2", "a += b", "unrelated = 3", "def f():\n    return a"]
    assert standing_on("print(f())", before) == "a = 1\n\nb = 2\n\na += b\n\ndef f():\n    return a\n\nprint(f())\n"
    assert standing_on("print(4)", before) == "print(4)\n"
    assert standing_on("not python at all", before) is None
    assert standing_on("print(a)", ["a = ("]) == "print(a)\n"


def test_the_index_is_narrowed_by_version_and_tells_machines_what_it_lists(client):
    old, new, odd = (client.get(f"/faq?keras={version}").text for version in ("3.0", "3.15", "not-a-version"))
    assert 'href="/faq/' in old and new.count('href="/faq/') > old.count('href="/faq/')
    assert odd.count('href="/faq/') == new.count('href="/faq/')
    listed = client.get("/faq?tag=transfer-learning").text
    told = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', listed, re.DOTALL)[1])
    assert told["@type"] == "FAQPage" and 1 < len(told["mainEntity"]) <= 60
    assert all(one["name"] and one["acceptedAnswer"]["text"] for one in told["mainEntity"])
    assert "ld+json" not in client.get("/faq").text
