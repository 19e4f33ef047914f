"""The operators' board: what people asked without an answer, what they thought, how the runs went. Behind a login."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot import verify
from bot.channels.web import figures, markup
from bot.channels.web.plain_json import PlainJson
from bot.channels.web.problems import Problem
from bot.channels.web.sessions import Session, fits, same
from bot.channels.web.site import Site, site_of
from bot.channels.web.wire import read_form
from bot.commands.faq import TEMPLATE, quoted, slug
from bot.memory import Asked
from bot.verify import Verdict
from runner.job import BACKENDS

LONGEST_DRAFT = 64 * 1024
NO_STORE = {"Cache-Control": "no-store"}


async def overview(request: Request) -> Response:
    """`/board`."""
    site = site_of(request)
    session = site.sessions.of(request)
    if session is None:
        return RedirectResponse("/board/login", 303)
    found = await site.looking(figures.collect, site.assistant, site.memory)
    values: dict[str, Any] = {"figures": found, "form_token": session.form_token, "now": datetime.now(UTC)}
    return _private(await site.page(request, "board.html", **values))


async def login(request: Request) -> Response:
    """`/board/login`: the form, and what it sends."""
    site = site_of(request)
    kept = site.settings.board_password_hash.get_secret_value()
    if not kept:
        raise Problem(
            404,
            "not-found",
            "The board is closed: no operator has set a password.",
            "Set one: `lobby board password` prints the line for lobby.toml.",
        )
    if request.method == "GET":
        return _private(await site.page(request, "board_login.html", problem=None))
    site.rates.check_login(request)
    fields = await read_form(request)
    if not await site.asking(fits, fields.get("password", "")[:1024], kept):
        site.rates.login_failed(request)
        problem = Problem(403, "wrong-password", "That is not the password.", "Try again.")
        return _private(await site.page(request, "board_login.html", 403, problem=problem))
    response = RedirectResponse("/board", 303, headers=NO_STORE)
    site.sessions.open(response)
    return response


async def logout(request: Request) -> Response:
    """`POST /board/logout`."""
    site = site_of(request)
    _checked(await read_form(request), _session(site, request))
    response = RedirectResponse("/board/login", 303, headers=NO_STORE)
    site.sessions.close(request, response)
    return response


async def export(request: Request) -> Response:
    """`/board/TABLE.csv` and `/board/TABLE.json`."""
    site = site_of(request)
    _session(site, request)
    name, form = request.path_params["table"], request.path_params["form"]
    found = await site.looking(figures.collect, site.assistant, site.memory)
    rows = found.table(name)
    if rows is None or form not in {"csv", "json"}:
        raise Problem(404, "not-found", "There is no such table.", f"The tables are {', '.join(figures.TABLES)}.")
    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="lobby-{name}.{form}"'}
    if form == "json":
        return PlainJson([dict(row) for row in rows], headers=headers)
    body = figures.as_csv(rows).encode("utf-8", "replace")
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)


async def draft(request: Request) -> Response:
    """`/board/draft?question=ID`: a FAQ entry begun from a question; posted, it is shown, verified or downloaded."""
    site = site_of(request)
    session = _session(site, request)
    if request.method == "GET":
        asked = await site.looking(site.memory.question, request.query_params.get("question", ""))
        if asked is None:
            raise Problem(404, "not-found", "That question is not kept any more.", "Choose another on the board.")
        text = await site.looking(_begun, site, asked)
        return await _draft_page(request, session, text)
    fields = await read_form(request)
    _checked(fields, session)
    text = fields.get("text", "")[:LONGEST_DRAFT]
    if fields.get("action") == "download":
        name = _file_name(text)
        headers = {**NO_STORE, "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
        return Response(text.encode("utf-8", "replace"), media_type="text/markdown; charset=utf-8", headers=headers)
    if fields.get("action") == "verify":
        try:
            verdicts = await site.asking(_verified, site, text)
        except ValueError as error:
            problem = Problem(422, "invalid-field", f"{error}.".capitalize(), "Mend the front matter.")
            return await _draft_page(request, session, text, problem=problem)
        return await _draft_page(request, session, text, verdicts=verdicts)
    return await _draft_page(request, session, text)


async def _draft_page(
    request: Request,
    session: Session,
    text: str,
    *,
    verdicts: list[Verdict] | None = None,
    problem: Problem | None = None,
) -> Response:
    site = site_of(request)

    def preview() -> tuple[str, list[markup.Block]]:
        try:
            front, body, _ = verify.split_front_matter(text.replace("\r\n", "\n"))
        except ValueError:
            return "", []
        return str(front.get("title", "")), markup.render(body, site.link)

    title, blocks = await site.looking(preview)
    values: dict[str, Any] = {
        "text": text,
        "title": title,
        "blocks_of_text": blocks,
        "verdicts": verdicts,
        "problem": problem,
    }
    status = problem.status if problem else 200
    return _private(await site.page(request, "board_draft.html", status, form_token=session.form_token, **values))


def _begun(site: Site, asked: Asked) -> str:
    """Begin an entry: the template with the question as its title, and the symbols that came closest."""
    title = " ".join(asked.subject.split())[:150]
    symbols = [name.removeprefix("api:") for name in asked.sources if name.startswith("api:")][:3]
    text = TEMPLATE.format(
        id=slug(title) or "question", title=quoted(title), today=datetime.now(UTC).date().isoformat()
    )
    return text.replace("symbols: []", f"symbols: [{', '.join(symbols)}]")


def _verified(site: Site, text: str) -> list[Verdict]:
    """Run the draft's code on every backend that it speaks of.

    Raises:
        ValueError: its front matter cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="lobby-draft-") as folder:
        path = Path(folder) / _file_name(text)
        path.write_text(text, encoding="utf-8", errors="replace")
        document = verify.read_markdown(path)
    verdicts = []
    for backend in BACKENDS:
        if backend in document.backends and document.blocks:
            job, marker = verify.compose(document, backend)
            verdicts.append(verify.judge(document, backend, site.assistant.runner.run(job), marker))
    return verdicts


def _file_name(text: str) -> str:
    try:
        front, _, _ = verify.split_front_matter(text)
    except ValueError:
        front = {}
    return f"{slug(str(front.get('id') or front.get('title') or '')) or 'draft'}.md"


def _session(site: Site, request: Request) -> Session:
    """Return the operator's session.

    Raises:
        Problem: nobody is logged in (403).
    """
    session = site.sessions.of(request)
    if session is None:
        raise Problem(403, "not-logged-in", "This is for operators.", "Log in at /board/login.")
    return session


def _checked(fields: dict[str, str], session: Session) -> None:
    """Refuse a form that our own page did not make.

    Raises:
        Problem: its token is not the session's (403).
    """
    if not same(fields.get("form_token", ""), session.form_token):
        raise Problem(403, "cross-site", "This form is not one of ours, or too old.", "Open the board and try again.")


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
