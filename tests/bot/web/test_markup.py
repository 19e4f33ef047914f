from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.web import markup

ALLOWED = markup._TEXT_TAGS | markup._BLOCK_TAGS | markup._TABLE_TAGS

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](  javascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    "![x](https://evil.example/pixel.png)",
    '![x](x" onerror="alert(1))',
    '[x](https://a.example "t\\" onmouseover=alert(1) x=\\"")',
    '<https://a.example/"onmouseover=alert(1)>',
    "`<script>alert(1)</script>`",
    "```\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "```python\n</code></pre><script>alert(1)</script>\n```",
    "    </code><img src=x onerror=alert(1)>",
    "<style>body{display:none}</style>",
    "<div style='position:fixed;inset:0'>x</div>",
    "<form action=https://evil.example><input name=q></form>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "| a | b |\n|---|---|\n| <b onclick=alert(1)>x</b> | y |",
    "# <u onmouseover=alert(1)>x</u>",
    "- [x]: javascript:alert(1)\n\n[x]: javascript:alert(1)\n[x]",
    "www.evil.example/<script>",
    "keras.layers.`<svg onload=alert(1)>`",
    "\u202e<script>\u0000alert(1)</script>",
]


class Collector(HTMLParser):
    """Notes every tag, attribute and address of a piece of HTML."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.addresses = set(), set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name in {"href", "src"}:
                self.addresses.append(value or "")


def html_of(text, link=None):
    return "".join(str(block.html) for block in markup.render(text, link))


def check_harmless(html):
    seen = Collector()
    seen.feed(html)
    assert seen.tags <= ALLOWED
    assert seen.attributes <= {"href", "title", "rel", "class", "start", "align", "tabindex"}
    for address in seen.addresses:
        assert re.match(r"(https?://|mailto:|/|#|[^:]*$)", address), address


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markdown_becomes_text(text):
    check_harmless(html_of(text))
    check_harmless(str(markup.inline(text)))


@given(st.text(alphabet=st.sampled_from("<>&\"'`[]()!*_#-|=/\\:;\n\t ajsx1\u0000\u202e"), max_size=80))
def test_no_text_at_all_makes_harmful_html(text):
    check_harmless(html_of(text))


@given(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=200),
    st.sampled_from(["", "python", "pycon", "json", 'x"y']),
)
def test_code_of_any_kind_is_escaped(source, language):
    html = str(markup.code_block(source, language).html)
    seen = Collector()
    seen.feed(html)
    assert seen.tags <= {"span"}
    assert seen.attributes <= {"class"}


def test_code_blocks_come_alone_and_in_order():
    blocks = markup.render("Before\n\n```python\nimport keras\nprint(keras)\n```\n\nAfter")
    assert [block.is_code for block in blocks] == [False, True, False]
    assert blocks[1].runnable == "import keras\nprint(keras)\n"
    assert "Before" in blocks[0].html and "After" in blocks[2].html


def test_a_code_block_of_another_language_has_no_program():
    (block,) = markup.render("```json\n[1]\n```")
    assert block.runnable is None


def test_symbols_in_code_marks_become_links_but_never_links_in_links():
    def link(name):
        return f"/docs/{name}" if name == "keras.Model.fit" else None

    html = html_of("Call `keras.Model.fit()` or [`keras.Model.fit`](https://keras.io), not `fit`.", link)
    assert html.count('href="/docs/keras.Model.fit"') == 1
    assert html.count("<a ") == 2


def test_headings_stay_below_those_of_the_page():
    html = html_of("# One\n\n#### Four")
    assert "<h3>One</h3>" in html
    assert "<h6>Four</h6>" in html


def test_every_highlighted_line_is_complete_in_itself():
    lines = markup.highlighted_lines('x = """one\ntwo\nthree"""\ny = 1')
    assert len(lines) == 4
    for line in lines:
        assert line.count("<span") == line.count("</span>")


def test_very_long_code_is_shown_plain_and_quickly():
    source = "x = 1\n" * 40_000
    assert "<span" not in markup.highlighted(source)
