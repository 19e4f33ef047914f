"""HTML of posts (Stack Exchange, Discourse) → Markdown. Only what people write is known; the rest is left out."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from kb.sources.markup import fenced
from kb.sources.outside import Unreadable

LONGEST_HTML = 512 * 1024
# A post nobody wrote by hand: the parser would take long over it.
MOST_TAGS = 20_000

_BLOCKS = frozenset(
    ["p", "div", "section", "article", "table", "tr", "ul", "ol", "dl", "dt", "dd", "figure", "details", "summary"]
)
_DROPPED = frozenset(["script", "style", "svg", "noscript", "template", "iframe", "object"])
_EMPHASIS = {"strong": "**", "b": "**", "em": "*", "i": "*"}
_LOOSE = re.compile(r"<(?![/!A-Za-z][^<>]{0,2000}>)")
_ELSEWHERE = re.compile(r"https?://[^\s()<>]{1,500}")


def to_markdown(html: str) -> str:
    """Return the Markdown of a post.

    Raises:
        Unreadable: it is far longer than any post.
    """
    if len(html) > LONGEST_HTML or html.count("<") > MOST_TAGS:
        raise Unreadable("its HTML is far longer than any post")
    parser = _Writer()
    # The parser looks for each open tag's end to the end of the post: what is no whole tag is text.
    parser.feed(_LOOSE.sub("&lt;", html))
    parser.close()
    return parser.markdown()


class _Writer(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._code: list[str] | None = None
        self._language = ""
        self._inline = False
        self._dropped = 0
        self._in_title = 0
        self._lists: list[int] = []
        self._links: list[str] = []
        self._quotes: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "div" and (self._in_title or (self._quotes and "title" in given.get("class", "").split())):
            # The head of a quote names who said it.
            self._in_title += 1
        elif tag in _DROPPED:
            self._dropped += 1
        elif tag == "pre":
            self._code, self._language = [], _language(given.get("class", ""))
        elif self._code is not None:
            self._language = self._language or _language(given.get("class", "")) if tag == "code" else self._language
            if tag == "br":
                self._code.append("\n")
        elif tag == "code":
            self._inline = True
            self._out.append("`")
        elif tag in _EMPHASIS:
            self._out.append(_EMPHASIS[tag])
        elif tag == "a":
            self._links.append(given.get("href", ""))
            self._out.append("[")
        elif tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            # A heading within a post is no heading of the page.
            self._out.append("\n\n**")
        elif tag in {"ul", "ol"}:
            self._lists.append(1 if tag == "ol" else 0)
            self._out.append("\n\n")
        elif tag == "li":
            self._out.append("\n" + "  " * min(max(0, len(self._lists) - 1), 6) + self._bullet())
        elif tag in {"blockquote", "aside"}:
            self._quotes.append(len(self._out))
            self._out.append("\n\n")
        elif tag in {"br", "hr"}:
            self._out.append("\n" if tag == "br" else "\n\n")
        elif tag in _BLOCKS:
            self._out.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "div" and self._in_title:
            self._in_title -= 1
        elif tag in _DROPPED:
            self._dropped = max(0, self._dropped - 1)
        elif tag == "pre" and self._code is not None:
            code = "".join(self._code)
            self._out.append(f"\n\n{fenced(code, self._language)}\n\n" if code.strip() else "")
            self._code = None
        elif self._code is not None:
            return
        elif tag == "code" and self._inline:
            self._inline = False
            self._out.append("`")
        elif tag in _EMPHASIS:
            self._out.append(_EMPHASIS[tag])
        elif tag == "a" and self._links:
            href = self._links.pop()
            self._out.append(f"]({href})" if _ELSEWHERE.fullmatch(href) else "]()")
        elif tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            self._out.append("**\n\n")
        elif tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
            self._out.append("\n\n")
        elif tag in {"blockquote", "aside"} and self._quotes:
            start = self._quotes.pop()
            said = "".join(self._out[start:]).strip()
            del self._out[start:]
            # Deep quotes of quotes are cut: each level would copy all below it.
            if len(self._quotes) < 3 and said:
                self._out.append("\n\n" + "\n".join(f"> {line}" for line in said.split("\n")) + "\n\n")
        elif tag in _BLOCKS:
            self._out.append("\n\n")

    def handle_data(self, data: str) -> None:
        if self._dropped or self._in_title:
            return
        if self._code is not None:
            self._code.append(data)
        elif self._inline:
            self._out.append(" ".join(data.replace("`", "'").split()))
        else:
            self._out.append(re.sub(r"\s+", " ", data))

    def _bullet(self) -> str:
        if self._lists and self._lists[-1]:
            self._lists[-1] += 1
            return f"{self._lists[-1] - 1}. "
        return "- "

    def markdown(self) -> str:
        if self._code:
            self._out.append(f"\n\n{fenced(''.join(self._code), self._language)}\n")
        text = "".join(self._out)
        text = re.sub(r"\[([^\[\]]{0,1000})\]\(\)", r"\1", text)
        return re.sub(r"\n{3,}", "\n\n", re.sub(r"(?<![ \t])[ \t]{1,100}\n", "\n", text)).strip()


def _language(name: str) -> str:
    match = re.search(r"lang(?:uage)?-(?:auto|(\w{1,20}))", name)
    return match.group(1) or "" if match else ""
