"""What a reply looks like on Matrix: Markdown as the plain text, clean HTML beside it, all within an event's size.

Plain functions on replies: nothing is sent from here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

import nh3
from markdown_it import MarkdownIt

from bot.channels.matrix import limits
from bot.channels.matrix.names import SIGNS
from bot.channels.matrix.signs import signed, tokens
from bot.channels.rendering import ANSWER_NAME, Inline, bar, chosen_files, code_block, web_address
from bot.messages import File, Link, Reply
from bot.redaction import disarm
from bot.wording import say

FORMAT = "org.matrix.custom.html"
# Of the tags that the specification allows in a message, those that Markdown makes.
_TAGS = {
    *("a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre"),
    *("strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
_ENDING = "\n```\n…"
_SPECIAL = re.compile(r"([][*_~|`<>])")


@dataclass(frozen=True, slots=True)
class Rendered:
    """What to send: a message's content without what it refers to, and the files that come after it."""

    content: dict[str, Any]
    files: tuple[File | Inline, ...]


def render(reply: Reply, *, file_bytes: int = limits.FILE_BYTES) -> Rendered:
    """Fit a reply into one message and its files.

    Args:
        reply: what the desk says.
        file_bytes: the largest file that the homeserver accepts.
    """
    files, left_out = chosen_files(reply, limits.FILES, file_bytes)
    body = _markdown(reply, left_out)
    short = fitting(body)
    extra = (Inline(ANSWER_NAME, body.encode("utf-8", "replace")),) if short != body else ()
    content = {**text_content(short), SIGNS: tokens(reply)}
    return Rendered(content, (*extra, *files)[: limits.FILES])


def text_content(body: str) -> dict[str, Any]:
    """Return the content of a message that shows Markdown and pings nobody."""
    return {
        # What bots say: other bots leave it alone.
        "msgtype": "m.notice",
        "body": body,
        "format": FORMAT,
        "formatted_body": to_html(body),
        "m.mentions": {},
    }


def to_html(markdown: str) -> str:
    """Return Markdown as HTML of the tags that Matrix allows; HTML in it is shown as text."""
    return str(_cleaner().clean(_parser().render(markdown))).strip()


def fitting(body: str) -> str:
    """Cut a text until it fits into an event together with its HTML."""
    shown = body
    while _bytes(shown) + _bytes(to_html(shown)) > limits.CONTENT_BYTES:
        shown = cut(body, len(shown) // 2)
    return shown


def cut(text: str, longest: int) -> str:
    """Cut a text at a line, closing a fence that is open there."""
    kept = text[: max(0, longest - len(_ENDING))]
    line = kept.rfind("\n")
    kept = kept[:line] if line > len(kept) // 2 else kept
    return kept + (_ENDING if kept.count("```") % 2 else "\n…")


def _markdown(reply: Reply, left_out: Sequence[str]) -> str:
    text, legend = signed(reply)
    parts = [text]
    if reply.progress is not None:
        parts.append(bar(reply.progress))
    parts += [code_block("text", reply.output), code_block("python", reply.code), _sources(reply.sources, reply.locale)]
    if reply.permalink.startswith(("http://", "https://")):
        parts.append(_link(say("matrix.full", reply.locale), reply.permalink))
    if left_out:
        names = ", ".join(re.sub(r"[`*_~|<>@\[\]]", "", name)[:40] for name in left_out[:10])
        parts.append(say("matrix.left_out", reply.locale, names=names))
    parts.append(legend)
    return "\n\n".join(part for part in parts if part.strip())


def _sources(links: Sequence[Link], locale: str) -> str:
    if not links:
        return ""
    titles = [_SPECIAL.sub(r"\\\1", disarm(link.title))[:200] for link in links]
    lines = [f"- {_link(title, link.url)}" for title, link in zip(titles, links, strict=True)]
    return "\n".join([f"**{say('matrix.sources_title', locale)}**", "", *lines])


def _link(title: str, url: str) -> str:
    address = web_address(url)
    return f"[{title}]({address})" if address else title


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


@cache
def _parser() -> MarkdownIt:
    # Pictures from elsewhere would tell their server who reads here.
    return (
        MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"]).disable(["image"])
    )


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        allowed_classes={"code": {"language-python", "language-text", "language-diff"}},
        url_schemes={"http", "https", "mailto"},
        attribute_filter=_harmless,
        link_rel=None,
    )


def _harmless(tag: str, attribute: str, value: str) -> str | None:
    """Drop links that clients show as the mention of a person."""
    if tag == "a" and attribute == "href":
        parts = urlsplit(value)
        if (parts.hostname or "").lower().endswith("matrix.to") and unquote(parts.fragment).lstrip("/").startswith("@"):
            return None
    return value


def edited(content: Mapping[str, Any], own_id: str) -> dict[str, Any]:
    """Return the content of an event that lets our message show another content."""
    body = str(content["body"])[: limits.FALLBACK_CHARACTERS]
    return {
        "msgtype": content["msgtype"],
        "body": f"* {body}",
        "m.mentions": {},
        "m.new_content": dict(content),
        "m.relates_to": {"rel_type": "m.replace", "event_id": own_id},
    }
