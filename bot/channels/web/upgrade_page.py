"""Keras 1 and 2 code upgraded: what changed, why, and the new program to run."""

from __future__ import annotations

import difflib
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.channels.web import markup
from bot.channels.web.run_pages import form_values
from bot.channels.web.site import site_of
from bot.channels.web.wire import parse_run_form, read_form
from runner.upgrade import Upgrade

CONTEXT_LINES = 3


async def form(request: Request) -> Response:
    """`POST /upgrade`: the snippet form, rewritten for Keras 3; nothing is run. Who only comes by gets the editor."""
    if request.method == "GET":
        return RedirectResponse("/playground", 303)
    site = site_of(request)
    fields = await read_form(request)
    job = parse_run_form(fields)
    site.rates.use(request, "question")
    upgraded = await site.asking(site.assistant.upgrade, job.source)
    values: dict[str, Any] = {"upgraded": upgraded, "diff": await site.looking(diff_lines, upgraded)}
    form = form_values({**fields, "source": upgraded.source})
    return await site.page(request, "upgrade.html", form=form, **values)


def diff_lines(upgraded: Upgrade) -> list[tuple[str, Markup]]:
    """Return the difference line by line, highlighted as Python: (`same`, `old`, `new` or `gap`, the line)."""
    old, new = markup.highlighted_lines(upgraded.before), markup.highlighted_lines(upgraded.source)
    matcher = difflib.SequenceMatcher(None, upgraded.before.split("\n"), upgraded.source.split("\n"), autojunk=False)
    lines: list[tuple[str, Markup]] = []
    for group in matcher.get_grouped_opcodes(CONTEXT_LINES):
        if lines:
            lines.append(("gap", Markup("⋯")))
        for kind, start, end, low, high in group:
            if kind == "equal":
                lines += [("same", Markup("  ") + line) for line in old[start:end]]
                continue
            lines += [("old", Markup("− ") + line) for line in old[start:end]]
            lines += [("new", Markup("+ ") + line) for line in new[low:high]]
    return lines
