"""Upgrades for programs, and the page that lists the rules."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bot.channels.web.plain_json import PlainJson
from bot.channels.web.problems import invalid
from bot.channels.web.site import site_of
from bot.channels.web.wire import parse_source, read_json
from runner.upgrade import RULES, Rule
from runner.upgrade.proven import PROVEN


async def upgrade_source(request: Request) -> Response:
    """`POST /api/upgrade`: Keras 1 or 2 code rewritten for Keras 3; nothing is run."""
    site = site_of(request)
    source = parse_source(await read_json(request))
    site.rates.use(request, "question")
    upgraded = await site.asking(site.assistant.upgrade, source)
    if upgraded.problem is not None:
        raise invalid(f"The program cannot be upgraded: {upgraded.problem}", "Mend that first, or send a part of it.")
    return PlainJson({**upgraded.to_dict(), "run_before": None, "run_after": None})


async def rules_page(request: Request) -> Response:
    """`/docs/upgrade`: how many old programs run again, and every rule: what it matches, since when and why."""
    return await site_of(request).page(request, "upgrade_rules.html", groups=_groups(), proven=PROVEN)


def _groups() -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Return the rules in three groups: what computed something else, what stopped, what a run's error calls for."""
    groups: dict[str, list[dict[str, Any]]] = {"silent": [], "loud": [], "repair": []}
    for rule in RULES:
        kind = "repair" if rule.on_error else "silent" if rule.silent else "loud"
        groups[kind].append(_shown(rule))
    titles = {
        "silent": ("Silent changes", "The old code runs on Keras 3, and computes something else."),
        "loud": ("What stops old code", "Keras 3, Python 3 or NumPy refuse the old form, or will soon."),
        "repair": ("Tried when a run asks for it", "Only after a run failed with a message that calls for it."),
    }
    return [(*titles[kind], rules) for kind, rules in groups.items()]


def _shown(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "summary": (rule.__doc__ or "").strip().partition("\n")[0],
        "matches": rule.matches,
        "since": rule.since,
        "why": rule.why,
        "source": rule.source,
    }
