"""Markdown and code → safe HTML.

Raw HTML in Markdown is shown as text, pictures are left out (they would be fetched from elsewhere), and what comes out
is cleaned once more against a short list of tags.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

from bot.channels.web.snippets import is_session, runnable
from bot.exercises import role_of
from kb.normalize import words

# Turns the name of a symbol into the address of its page, or None when there is no such page.
Linker = Callable[[str], str | None]

PYTHON_NAMES = frozenset({"", "python", "py", "python3", "pycon", "ipython", "ipython3"})
# Longer code is shown plain: highlighting takes about a second a megabyte.
MAX_HIGHLIGHTED = 128 * 1024
HIGHEST_HEADING = 3

_TEXT_TAGS = {"a", "abbr", "b", "br", "code", "del", "em", "i", "kbd", "s", "span", "strong", "sub", "sup"}
_BLOCK_TAGS = {"blockquote", "dd", "dl", "dt", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "ul"}
_TABLE_TAGS = {"table", "tbody", "td", "th", "thead", "tr"}
_CLEANER = nh3.Cleaner(
    tags=_TEXT_TAGS | _BLOCK_TAGS | _TABLE_TAGS,
    attributes={"a": {"href", "title"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}, "table": {"tabindex"}},
    allowed_classes={"span": {name for name in STANDARD_TYPES.values() if name}, "code": {"hl"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow ugc",
)
_FORMATTER = HtmlFormatter(nowrap=True)


@dataclass(frozen=True, slots=True)
class Prose:
    """A stretch of rendered Markdown."""

    html: Markup
    is_code = False


@dataclass(frozen=True, slots=True)
class Code:
    """A code block: as written, highlighted, and as a program (None when it is not one that runs).

    `role` is the part of an exercise that it is, "" for any other; `fails` says that it raises on purpose.
    """

    source: str
    html: Markup
    language: str
    runnable: str | None
    role: str = ""
    fails: bool = False
    is_code = True


Block = Prose | Code


def render(text: str, link: Linker | None = None) -> list[Block]:
    """Render Markdown as blocks, in order, so that each code block can get its buttons."""
    parser = _parser()
    env: dict[str, Any] = {"link": link}
    blocks: list[Block] = []
    for part in _split_at_code(parser.parse(text, env)):
        if isinstance(part, Token):
            block = code_block(part.content, part.info.strip().partition(" ")[0].lower())
            blocks.append(replace(block, role=role_of(part.info), fails="raises=" in part.info))
            continue
        html = parser.renderer.render(part, parser.options, env)
        blocks.append(Prose(Markup(_CLEANER.clean(html))))  # noqa: S704 - cleaned in this very line
    return blocks


def inline(text: str, link: Linker | None = None) -> Markup:
    """Render one line of Markdown without a paragraph around it."""
    html = _parser().renderInline(text, {"link": link})
    return Markup(_CLEANER.clean(html))  # noqa: S704 - cleaned in this very line


def marked(text: str, said: str) -> Markup:
    """Return plain text with the words that a question shares with it marked."""
    wanted = set(words(said))
    parts = re.split(r"(\w+)", text)
    # A mark in the middle of a long name would cut it in two for the eye; whole words only.
    return Markup("").join(
        Markup("<mark>{}</mark>").format(part) if part and wanted.intersection(words(part)) else part for part in parts
    )


def code_block(source: str, language: str = "python") -> Code:
    """Highlight a code block and find out whether it runs; a block that names no language is taken for Python."""
    source = source.rstrip("\n")
    program = runnable(source) if language in PYTHON_NAMES else None
    if not language:
        language = "python" if program else "text"
    if language in PYTHON_NAMES and is_session(source):
        language = "pycon"
    return Code(source, highlighted(source, language), language, program)


@lru_cache(maxsize=256)
def highlighted(source: str, language: str = "python") -> Markup:
    """Return the code as highlighted HTML, every line complete in itself."""
    lexer = _lexer(language)
    if lexer is None or len(source) > MAX_HIGHLIGHTED:
        return Markup(escape(source))  # noqa: S704 - escaped in this very line
    return Markup(highlight(source, lexer, _FORMATTER).rstrip("\n"))  # noqa: S704 - the formatter escapes


def highlighted_lines(source: str) -> list[Markup]:
    """Return the lines of a Python source as highlighted HTML."""
    return [Markup(line) for line in highlighted(source).split("\n")]  # noqa: S704 - split at newlines only


def _lexer(language: str) -> Lexer | None:
    if language in {"text", "plain"}:
        return None
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=True)
    except ClassNotFound:
        return None


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("gfm-like", {"html": False, "linkify": True})
    parser.disable("image")
    parser.add_render_rule("code_inline", _code_inline)
    parser.add_render_rule("fence", _nested_fence)
    parser.add_render_rule("code_block", _nested_fence)
    # A wide table is scrolled, which must be possible without a mouse.
    parser.add_render_rule("table_open", lambda *_: '<table tabindex="0">\n')
    parser.core.ruler.push("lower_headings", _lower_headings)
    return parser


def _split_at_code(tokens: Sequence[Token]) -> Iterator[Token | list[Token]]:
    """Yield code blocks of the top level alone, and everything between them in runs."""
    run: list[Token] = []
    for token in tokens:
        if token.type in {"fence", "code_block"} and token.level == 0:
            if run:
                yield run
            yield token
            run = []
        else:
            run.append(token)
    if run:
        yield run


def _code_inline(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    content = tokens[index].content
    inner = f"<code>{escape(content)}</code>"
    link: Linker | None = env.get("link")
    address = None
    if link is not None and not _inside_link(tokens, index):
        address = link(content.removesuffix("()"))
    return f'<a href="{escape(address)}">{inner}</a>' if address else inner


def _inside_link(tokens: Sequence[Token], index: int) -> bool:
    depth = sum((token.type == "link_open") - (token.type == "link_close") for token in tokens[:index])
    return depth > 0


def _nested_fence(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    language = token.info.strip().partition(" ")[0].lower()
    return f'<pre><code class="hl">{code_block(token.content, language).html}</code></pre>\n'


def _lower_headings(state: Any) -> None:
    """Keep a text's headings below those of the page around it."""
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + HIGHEST_HEADING - 1)}"
