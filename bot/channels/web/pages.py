"""The pages for questions, and the documentation of each symbol."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.channels.web import markup
from bot.channels.web.feedback import REASONS
from bot.channels.web.problems import Problem, from_knowledge
from bot.channels.web.run_pages import empty_form, submit
from bot.channels.web.site import FRAGMENT_HEADER, MAX_SYMBOL, Site, site_of
from bot.channels.web.snippets import is_program
from bot.channels.web.views import answer_view
from bot.channels.web.wire import parse_ask, parse_run, read_form
from kb.errors import KnowledgeError
from kb.knowledge import KnowledgeBase
from kb.pages import Answer, Kind, Page
from runner.errors import NoSpace

log = logging.getLogger(__name__)

EXAMPLES = (
    "How do I stop training when val_loss stops improving?",
    "Freeze the layers of a pretrained model",
    "LSTM: expected ndim=3, found ndim=2",
    "Save a model with a custom layer",
)
# A longer question stays out of the address: some servers and logs cut those.
MAX_QUESTION_IN_ADDRESS = 500


async def home(request: Request) -> Response:
    """The front page; with `?q=`, also the answer."""
    question = request.query_params.get("q", "").strip()
    if not question:
        return await _home(request, "")
    return await _home_answering(request, question)


async def ask_form(request: Request) -> Response:
    """A posted question: a short one gets an address of its own, a long one an answer here, a program runs."""
    fields = await read_form(request)
    question = parse_ask({"question": fields.get("question", "")}).strip()
    site = site_of(request)
    if is_program(question):
        run_id = await submit(request, parse_run({"source": question}, wall_s=site.wall_clock["wall_s"]))
        if request.headers.get(FRAGMENT_HEADER):
            return await site.page(request, "_running.html", run_id=run_id)
        return RedirectResponse(f"/r/{quote(run_id, safe='')}", 303)
    if request.headers.get(FRAGMENT_HEADER):
        answer, answer_id = await ask(request, question)
        values: dict[str, Any] = {
            "answer": answer,
            "answer_id": answer_id,
            "view": await site.looking(answer_view, answer),
        }
        return await site.page(request, "_answer.html", reasons=REASONS, **values)
    if question and len(question) <= MAX_QUESTION_IN_ADDRESS:
        return RedirectResponse(f"/?q={quote(question, safe='')}", 303)
    return await _home_answering(request, question)


async def ask(request: Request, question: str, channel: str = "web") -> tuple[Answer, str]:
    """Answer a question, count it, and return the answer with the id by which it can be judged ("" when not kept).

    Raises:
        Problem: the address has asked too often, or too many are asking.
        KnowledgeError: the question or the knowledge base is not usable.
    """
    site = site_of(request)
    site.rates.use(request, "question")
    return await answered(site, question, channel)


async def answered(site: Site, question: str, channel: str) -> tuple[Answer, str]:
    """Answer a question that has been counted against somebody's share already; as `ask`."""
    answer = await site.asking(site.assistant.ask, question)
    site.metrics.questions.labels("answered" if answer.answered else "unanswered").inc()
    return answer, await site.looking(_note, site, answer, channel)


def _note(site: Site, answer: Answer, channel: str) -> str:
    try:
        return site.memory.note_answer(channel, answer)
    except NoSpace as error:
        log.warning("a question is not kept: %s", error.what)
        return ""


async def docs_index(request: Request) -> Response:
    """All symbols by module, narrowed down by `?q=`."""
    site = site_of(request)
    text = request.query_params.get("q", "").strip()[:MAX_SYMBOL]
    symbols = await site.looking(lambda: sorted(site.assistant.knowledge.symbols()))
    known = set(symbols)
    # Methods are on the page of their class; a filter finds them too.
    listed = [symbol for symbol in symbols if text or symbol.rpartition(".")[0] not in known]
    words = text.lower().split()
    found = [symbol for symbol in listed if all(word in symbol.lower() for word in words)]
    values: dict[str, Any] = {"filter": text, "shown": len(found), "total": len(listed), "packages": _by_package(found)}
    return await site.page(request, "docs_index.html", **values)


async def docs_symbol(request: Request) -> Response:
    """One symbol's page; an alias leads to it, a miss names what is nearest."""
    site = site_of(request)
    symbol = request.path_params["symbol"]
    if len(symbol) > MAX_SYMBOL:
        raise Problem(404, "not-found", "No symbol has a name that long.", "Shorten it.")
    knowledge = site.assistant.knowledge
    page = await site.looking(knowledge.page, symbol)
    if page is None or page.symbol is None:
        nearest = list(await site.looking(knowledge.nearest_symbols, symbol))
        problem = Problem(
            404, "not-found", f"The Keras installed here has no public {symbol}.", "Check its spelling, or ask."
        )
        return await site.problem_page(request, problem, nearest=nearest[:8])
    if page.symbol != symbol:
        return RedirectResponse(f"/docs/{quote(page.symbol, safe='')}", 301)
    values = await site.looking(_symbol_values, site, page)
    return await site.page(request, "docs_symbol.html", **values)


async def _home_answering(request: Request, question: str) -> Response:
    try:
        answer, answer_id = await ask(request, question)
    except KnowledgeError as error:
        return await _home(request, question, problem=from_knowledge(error))
    except Problem as problem:
        return await _home(request, question, problem=problem)
    return await _home(request, question, answer=answer, answer_id=answer_id)


async def _home(
    request: Request,
    question: str,
    *,
    answer: Answer | None = None,
    answer_id: str = "",
    problem: Problem | None = None,
) -> Response:
    site = site_of(request)
    values: dict[str, Any] = {
        "question": question,
        "examples": EXAMPLES,
        "answer": answer,
        "answer_id": answer_id,
        "reasons": REASONS,
        "thanks": "thanks" in request.query_params,
        "view": await site.looking(answer_view, answer) if answer is not None else None,
        "problem": problem,
        "form": empty_form(),
    }
    response = await site.page(request, "home.html", problem.status if problem else 200, **values)
    response.headers.update(problem.headers if problem else {})
    return response


def _by_package(symbols: Iterable[str]) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """Group symbols by package, and within it by its modules; what is nested deeper stays with its module."""
    packages: dict[str, dict[str, list[str]]] = {}
    for symbol in symbols:
        module = ".".join(symbol.rpartition(".")[0].split(".")[:2])
        packages.setdefault(module.partition(".")[0], {}).setdefault(module, []).append(symbol)
    return [(package, sorted(modules.items())) for package, modules in sorted(packages.items())]


def _symbol_values(site: Site, page: Page) -> dict[str, Any]:
    symbol = page.symbol or page.title
    known = set(site.assistant.knowledge.symbols())
    module, _, name = symbol.rpartition(".")
    sections = [
        {"number": number, "title": section.title, "blocks": markup.render(section.text, site.link)}
        for number, section in enumerate(page.sections, start=1)
    ]
    prose = page.sections[0].text if page.sections else ""
    links = [("keras.io", page.url)] if page.url.startswith("https://") else []
    if page.source_url and page.source_url.startswith("https://") and page.source_url != page.url:
        links.append(("Source", page.source_url))
    return {
        "page": page,
        "module": f"{module}." if module else "",
        "name": name,
        "signature": markup.highlighted(_wrapped(page.signature)) if page.signature else "",
        "summary": prose.strip().partition("\n")[0] or symbol,
        "sections": sections,
        "raises": [str(message) for message in page.meta.get("raises", ())][:20],
        "linked_from": site.kept("links", lambda: links_to_symbols(site.assistant.knowledge)).get(symbol, ())[:12],
        "links": links,
        "crumbs": _crumbs(module, known),
        "methods": sorted(other for other in known if other.rpartition(".")[0] == symbol),
    }


def links_to_symbols(knowledge: KnowledgeBase) -> dict[str, list[Page]]:
    """Return, for each symbol, the pages for people that explain it: entries, steps and examples."""
    found: dict[str, list[Page]] = {}
    kinds: tuple[Kind, ...] = ("faq", "guide", "example", "thread", "issue")
    for kind in kinds:
        for page in knowledge.pages(kind):
            for symbol in page.symbols:
                found.setdefault(symbol, []).append(page)
    return found


def _crumbs(module: str, known: set[str]) -> list[tuple[str, str]]:
    if not module:
        return []
    return [(module, f"/docs/{module}" if module in known else f"/docs?q={quote(module + '.', safe='')}")]


def _wrapped(signature: str) -> str:
    """Put each argument of a long signature on a line of its own."""
    head, bracket, rest = signature.partition("(")
    inside, closing, tail = rest.rpartition(")")
    if len(signature) <= 76 or not bracket or not closing:
        return signature
    arguments = _arguments(inside)
    return head + "(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")" + tail


def _arguments(text: str) -> list[str]:
    """Split at the commas that stand outside brackets and quotes."""
    parts, depth, quoted, current = [], 0, "", ""
    for character in text:
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character in "\"'":
            quoted = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(current.strip())
            current = ""
            continue
        current += character
    return [part for part in (*parts, current.strip()) if part]
