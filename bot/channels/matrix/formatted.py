"""HTML that people's clients send → the text that the desk reads, with code in fences."""

from __future__ import annotations

from html.parser import HTMLParser

import nh3

LONGEST_HTML = 65_536
_BLOCKS = frozenset({"p", "div", "br", "li", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "tr"})
_LANGUAGE = "language-"
# Python's parser takes minutes for some broken HTML; what comes from here is whole.
_CLEANER = nh3.Cleaner(
    tags={"code", "pre", *_BLOCKS},
    clean_content_tags={"mx-reply", "script", "style"},
    attributes={"code": {"class"}},
    link_rel=None,
)


class _Reader(HTMLParser):
    """Collects text; `<pre>` becomes a fence."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._in_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre":
            self._in_code = True
            self.pieces.append("\n```")
        elif tag == "code":
            classes = (dict(attrs).get("class") or "").split()
            language = next((name.removeprefix(_LANGUAGE) for name in classes if name.startswith(_LANGUAGE)), "")
            self.pieces.append(f"{language}\n" if self._in_code else "`")
        elif tag in _BLOCKS and not self._in_code:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._in_code = False
            self.pieces.append("\n```\n")
        elif tag == "code" and not self._in_code:
            self.pieces.append("`")

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


def text_of(html: str) -> str:
    """Return the text of what a client formatted, without the quotation of the message that it answers."""
    reader = _Reader()
    reader.feed(_CLEANER.clean(html[:LONGEST_HTML]))
    reader.close()
    return "".join(reader.pieces).strip()
