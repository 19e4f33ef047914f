"""GitHub issues and discussions → issues and threads, from what its API returns: REST pages, GraphQL, or `gh --json`.

Comments are found within their issue, or in files of their own (`…/issues/comments`), which name the issue's address.
Pull requests and robots are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kb.pages import Page, Section
from kb.sources import jsonfiles
from kb.sources.finish import make_page
from kb.sources.markup import plain_markdown
from kb.sources.outside import (
    Found,
    Problem,
    Resolve,
    Unreadable,
    as_dict,
    as_list,
    as_text,
    guarded,
    shown,
    unresolved,
)
from kb.sources.spool import Spool

LONGEST_BODY = 100_000
# How deep an API wraps its lists: data → repository → discussions → nodes.
DEEPEST_ENVELOPE = 6
ANSWERS = 2

_ADDRESS = re.compile(
    r"https://(?:api\.)?github\.com/(?:repos/)?([\w.-]{1,100}/[\w.-]{1,100})/(issues|discussions)/(\d{1,9})\b"
)
_TEAM = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
_ROBOTS = frozenset({"google-ml-butler", "github-actions", "stale", "mergify", "codecov", "copybara-service"})
_DETAILS = re.compile(r"</?(?:details|summary)>", re.IGNORECASE)
# Templates ask the same of everyone.
_TEMPLATE = re.compile(
    r"^(?:\*\*)?(?:System information|Please go to|If you open a GitHub issue|Before submitting)[^\n]{0,500}$",
    re.MULTILINE,
)


def load(location: Path | str, resolve: Resolve = unresolved) -> Iterator[Found]:
    """Yield a page for each issue that is open or was answered, and for each answered discussion.

    Args:
        location: a JSON file, or a folder of them.
        resolve: a name → its canonical symbol, or None.
    """
    with Spool() as spool:
        for path in jsonfiles.files(location):
            if isinstance(path, Problem):
                yield path
                continue
            kept = 0
            broken = False
            for value in jsonfiles.values(path):
                if isinstance(value, Problem):
                    broken = True
                    yield value
                else:
                    try:
                        kept += _keep(value, spool, 0)
                    except RecursionError:
                        broken = True
                        yield Problem(shown(path), "it is nested too deeply")
            if not kept and not broken:
                yield Problem(shown(path), "it holds no issues, discussions or comments of GitHub")
        for entry in spool.starting("entry"):
            comments = [*_comments(entry), *spool.under(f"of {_key(entry)}")]
            yield from guarded(_key(entry) or "a GitHub entry", _reading(entry, comments, resolve))


def _reading(entry: dict[str, Any], comments: list[dict[str, Any]], resolve: Resolve) -> Callable[[], Page | None]:
    return lambda: page(entry, comments, resolve)


def _keep(value: Any, spool: Spool, depth: int) -> int:
    """Keep all entries and comments that a JSON value holds; return how many."""
    if depth > DEEPEST_ENVELOPE:
        return 0
    if isinstance(value, list):
        return sum(_keep(one, spool, depth) for one in value if isinstance(one, dict))
    data = as_dict(value)
    if "title" in data and "number" in data:
        if "pull_request" not in data:
            spool.add(f"entry {_key(data)}", data)
        return 1
    parent = as_text(data.get("issue_url")) or as_text(data.get("discussion_url"))
    if parent and "body" in data:
        match = _ADDRESS.match(parent)
        if match:
            spool.add(f"of {match.group(1)}#{match.group(3)}", data)
        return 1
    return sum(_keep(below, spool, depth + 1) for below in data.values() if isinstance(below, dict | list))


def _key(entry: dict[str, Any]) -> str:
    match = _match(entry)
    return f"{match.group(1)}#{match.group(3)}" if match else ""


def _match(entry: dict[str, Any]) -> re.Match[str] | None:
    return _ADDRESS.match(as_text(entry.get("html_url"))) or _ADDRESS.match(as_text(entry.get("url")))


def _comments(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the comments that an entry brings along; in REST's lists `comments` is only their number."""
    found: list[dict[str, Any]] = []
    for name in ("answer", "comments", "comments_data"):
        value = entry.get(name)
        rows = as_list(as_dict(value).get("nodes")) if isinstance(value, dict) and "nodes" in value else as_list(value)
        for row in map(as_dict, rows):
            found.append(row)
            found.extend(map(as_dict, as_list(as_dict(row.get("replies")).get("nodes"))))
    answer = as_dict(entry.get("answer"))
    if as_text(answer.get("body")):
        found.insert(0, {**answer, "isAnswer": True})
    return found


def page(entry: dict[str, Any], comments: list[dict[str, Any]], resolve: Resolve) -> Page | None:
    """Return the page of an issue or discussion, or None when it teaches nothing: closed without an answer.

    Args:
        entry: as the API returns it.
        comments: likewise.
        resolve: a name → its canonical symbol, or None.

    Raises:
        Unreadable: it names no address on GitHub.
    """
    match = _match(entry)
    if match is None:
        raise Unreadable("it names no address on GitHub")
    repository, sort, number = match.groups()
    discussion = sort == "discussions"
    answers = _best(comments, _login(entry))
    state = as_text(entry.get("state")).lower() or ("closed" if entry.get("closed") is True else "open")
    answered = bool(answers) and (state == "closed" or any(map(_is_answer, answers)))
    if not answers and (state == "closed" or discussion):
        return None
    parts = [Section("", _body(as_text(entry.get("body"))) or as_text(entry.get("title")))]
    parts += [
        Section("Answer" if place == 0 else "Another answer", _body(as_text(one.get("body"))))
        for place, one in enumerate(answers)
    ]
    kind = "thread" if discussion else "issue"
    labels = [as_text(one) or as_text(as_dict(one).get("name")) for one in _rows(entry.get("labels"))]
    return make_page(
        identity=f"{kind}:{repository}#{number}",
        kind="thread" if discussion else "issue",
        title=as_text(entry.get("title")),
        url=f"https://github.com/{repository}/{sort}/{number}",
        sections=parts,
        resolve=resolve,
        date=as_text(entry.get("created_at")) or as_text(entry.get("createdAt")),
        meta={
            "format": "github",
            "state": state,
            "solved": answered,
            "tags": tuple(name for name in labels if name)[:10],
            "authors": tuple(dict.fromkeys(name for name in map(_login, (entry, *answers)) if name)),
        },
    )


def _rows(value: Any) -> list[Any]:
    return as_list(as_dict(value).get("nodes")) if isinstance(value, dict) else as_list(value)


def _best(comments: list[dict[str, Any]], asker: str) -> list[dict[str, Any]]:
    """Return the comments that answer, best first: marked, then the team's, then the most liked."""
    telling = [
        (worth, -place, one)
        for place, one in enumerate(comments)
        if not _is_robot(one) and len(as_text(one.get("body")).strip()) >= 20 and (worth := _worth(one, asker)) > 0
    ]
    ranked = sorted(telling, key=lambda item: item[:2], reverse=True)
    # The answer of a discussion stands among its comments, too.
    best: dict[str, dict[str, Any]] = {}
    for _, _, one in ranked:
        best.setdefault(as_text(one.get("body")), one)
    return list(best.values())[:ANSWERS]


def _worth(comment: dict[str, Any], asker: str) -> int:
    likes = _likes(comment)
    team = (as_text(comment.get("author_association")) or as_text(comment.get("authorAssociation"))).upper() in _TEAM
    own = _login(comment) == asker and asker != ""
    # What an asker adds is mostly more of the question, unless others liked it.
    return 1000 * _is_answer(comment) + 10 * team + 3 * likes + (0 if own else 1)


def _likes(comment: dict[str, Any]) -> int:
    reactions = as_dict(comment.get("reactions"))
    counts = [reactions.get("+1"), reactions.get("heart"), reactions.get("hooray"), comment.get("upvoteCount")]
    for group in map(as_dict, as_list(comment.get("reactionGroups"))):
        if as_text(group.get("content")) in {"THUMBS_UP", "HEART", "HOORAY"}:
            counts.append(as_dict(group.get("users") or group.get("reactors")).get("totalCount"))
    return sum(count for count in counts if isinstance(count, int) and 0 <= count < 10**6)


def _is_answer(comment: dict[str, Any]) -> bool:
    return comment.get("isAnswer") is True or comment.get("is_answer") is True


def _login(entry: dict[str, Any]) -> str:
    return as_text(as_dict(entry.get("user") or entry.get("author")).get("login"))


def _is_robot(entry: dict[str, Any]) -> bool:
    user = as_dict(entry.get("user") or entry.get("author"))
    login = as_text(user.get("login"))
    return user.get("type") == "Bot" or user.get("is_bot") is True or login.endswith("[bot]") or login in _ROBOTS


def _body(text: str) -> str:
    if len(text) > LONGEST_BODY:
        text = text[:LONGEST_BODY] + "\n…"
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _TEMPLATE.sub("", plain_markdown(_DETAILS.sub("", text))).strip()
