"""Discourse topics → threads, from the JSON of each topic (`/t/SLUG/ID.json`).

A topic does not say on which forum it stands; a folder named after the host (`discuss.ai.google.dev/`) does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kb.pages import Page, Section
from kb.sources import jsonfiles
from kb.sources.finish import make_page
from kb.sources.html_text import to_markdown
from kb.sources.markup import plain_markdown
from kb.sources.outside import (
    Found,
    Resolve,
    Unreadable,
    as_dict,
    as_list,
    as_text,
    label,
    shown,
    unresolved,
)

LEAST_LIKES = 1
_HOST = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}")
_QUOTE = re.compile(r"\[/?quote[^\[\]\n]{0,300}\]")
_LIKE = 2  # the number of "like" among a post's actions


def load(location: Path | str, resolve: Resolve = unresolved) -> Iterator[Found]:
    """Yield a page for each topic that has a solution or an answer that someone liked.

    Args:
        location: a JSON file, or a folder of them.
        resolve: a name → its canonical symbol, or None.
    """

    def parts(path: Path, value: Any) -> list[jsonfiles.Part]:
        host = next((part for part in reversed(path.parts[:-1]) if _HOST.fullmatch(part)), "")
        read = partial(page, host=host, name=label(path.parent), resolve=resolve)
        return [(shown(path), partial(read, topic)) for topic in (value if isinstance(value, list) else [value])]

    return jsonfiles.documents(location, parts)


def page(topic: Any, *, host: str, name: str, resolve: Resolve) -> Page | None:
    """Return the page of a topic, or None when nothing in it was found helpful.

    Args:
        topic: as the forum returns it.
        host: of the forum, or "".
        name: what its local address is made of where the host is not known.
        resolve: a name → its canonical symbol, or None.

    Raises:
        Unreadable: it is no topic.
    """
    data = as_dict(topic)
    posts = [as_dict(post) for post in as_list(as_dict(data.get("post_stream")).get("posts"))]
    number, slug = as_text(data.get("id")), as_text(data.get("slug"))
    if not posts or not re.fullmatch(r"\d{1,12}", number):
        raise Unreadable("it is no topic of a Discourse forum")
    accepted = as_dict(data.get("accepted_answer")).get("post_number")
    asked, replies = posts[0], [post for post in posts[1:] if as_text(post.get("post_type") or 1) == "1"]
    solved = [p for p in replies if p.get("accepted_answer") is True or (accepted and p.get("post_number") == accepted)]
    liked = sorted((p for p in replies if _likes(p) >= LEAST_LIKES), key=_likes, reverse=True)
    answers = list({id(post): post for post in [*solved, *liked]}.values())[:2]
    if not answers:
        return None
    slug = slug if re.fullmatch(r"[\w-]{1,200}", slug) else "-"
    return make_page(
        identity=f"thread:{host or name}/{number}",
        kind="thread",
        title=as_text(data.get("title")) or as_text(data.get("fancy_title")),
        url=f"https://{host}/t/{quote(slug)}/{number}" if host else f"/sources/{quote(name)}/{number}",
        sections=[
            Section("", _text(asked)),
            *(Section("Answer" if place == 0 else "Another answer", _text(p)) for place, p in enumerate(answers)),
        ],
        resolve=resolve,
        date=as_text(data.get("created_at")) or as_text(asked.get("created_at")),
        meta={
            "format": "discourse",
            "solved": bool(solved),
            "tags": tuple(as_text(tag) or as_text(as_dict(tag).get("name")) for tag in as_list(data.get("tags"))[:10]),
            "authors": tuple(
                dict.fromkeys(
                    f"https://{host}/u/{quote(user)}"
                    for post in (asked, *answers)
                    if (user := as_text(post.get("username")))
                )
            )
            if host
            else (),
        },
    )


def _text(post: dict[str, Any]) -> str:
    raw = as_text(post.get("raw"))
    if raw:
        return plain_markdown(_QUOTE.sub("\n", raw.replace("\r\n", "\n")))
    return to_markdown(as_text(post.get("cooked")))


def _likes(post: dict[str, Any]) -> int:
    count = post.get("like_count")
    for action in map(as_dict, as_list(post.get("actions_summary"))):
        if action.get("id") == _LIKE:
            count = action.get("count")
    return count if isinstance(count, int) else 0
