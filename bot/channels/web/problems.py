"""What can go wrong in a request, as a sentence, a remedy and a status (RFC 9457 for programs, a calm page for people).

A `Problem` is raised anywhere below a handler; the errors of both rooms are translated here, at one edge.
"""

from __future__ import annotations

import math
from typing import Any

from starlette.responses import Response

from bot.channels.web.plain_json import PlainJson
from kb import errors as knowledge
from runner import errors as running

# Every kind of problem, with its title; the API's description publishes them, and `type` points there.
KINDS: dict[str, str] = {
    "bad-question": "The question cannot be answered as it is",
    "bad-request": "The request is not well formed",
    "busy": "Lobby is busy",
    "cross-site": "The request came from another site",
    "internal": "Something went wrong on our side",
    "invalid-field": "A field is not allowed as it is",
    "knowledge-unavailable": "The knowledge base cannot be used",
    "method-not-allowed": "This address does not do that",
    "no-space": "Runs cannot be written down",
    "not-found": "There is nothing here",
    "not-logged-in": "Operators only",
    "queue-full": "The queue is full",
    "request-failed": "The request cannot be served",
    "runner-unavailable": "Snippets cannot be run here",
    "rate-limited": "Too many requests",
    "timeout": "The request took too long to arrive",
    "too-large": "The request is too large",
    "unknown-key": "The key is not known",
    "unknown-host": "Lobby has no such name",
    "unknown-run": "There is no such run",
    "unsupported-media-type": "The body is not JSON",
    "wrong-password": "The password is wrong",
}
TYPE_PREFIX = "/api/openapi.json#/components/x-problems/"


class Problem(Exception):
    """A request that cannot be served: `what` says why in a sentence, `remedy` what to do."""

    def __init__(self, status: int, kind: str, what: str, remedy: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(what)
        self.status = status
        self.kind = kind
        self.title = KINDS[kind]
        self.what = what
        self.remedy = remedy
        self.headers = headers or {}

    def to_dict(self) -> dict[str, Any]:
        """Return the members of an `application/problem+json` body."""
        return {
            "type": TYPE_PREFIX + self.kind,
            "title": self.title,
            "status": self.status,
            "detail": self.what,
            "remedy": self.remedy,
        }

    def response(self) -> Response:
        """Return the problem as programs get it."""
        return PlainJson(self.to_dict(), self.status, headers=self.headers, media_type="application/problem+json")


def invalid(what: str, remedy: str) -> Problem:
    """Return the problem of one field that is not allowed."""
    return Problem(422, "invalid-field", what, remedy)


def busy(what: str, retry_after_s: float) -> Problem:
    """Return the problem of a bound that was reached; `retry_after_s` says when to come back."""
    seconds = max(1, round(retry_after_s))
    remedy = f"Try again in {seconds} second{'s' if seconds != 1 else ''}."
    return Problem(503, "busy", what, remedy, {"Retry-After": str(seconds)})


def rate_limited(what: str, retry_after_s: float) -> Problem:
    """Return the problem of somebody who asks for more than their share; `retry_after_s` says when to come back."""
    seconds = max(1, math.ceil(retry_after_s))
    remedy = f"Try again in {seconds} second{'s' if seconds != 1 else ''}."
    return Problem(429, "rate-limited", what, remedy, {"Retry-After": str(seconds)})


def from_knowledge(error: knowledge.KnowledgeError) -> Problem:
    """Translate an error of the knowledge base."""
    if isinstance(error, knowledge.BadQuestion):
        return Problem(422, "bad-question", error.what, error.remedy)
    return Problem(503, "knowledge-unavailable", error.what, error.remedy)


def from_runner(error: running.RunnerError) -> Problem:
    """Translate an error of the runner."""
    if isinstance(error, running.UnknownRun):
        return Problem(404, "unknown-run", error.what, error.remedy)
    if isinstance(error, running.QueueFull):
        wait = str(max(1, round(error.retry_after_s)))
        return Problem(503, "queue-full", error.what, error.remedy, {"Retry-After": wait})
    if isinstance(error, running.NoSpace):
        return Problem(507, "no-space", error.what, error.remedy)
    return Problem(503, "runner-unavailable", error.what, error.remedy)


def from_status(status: int, method: str, headers: dict[str, str] | None = None) -> Problem:
    """Translate a bare HTTP status, as the router raises it."""
    if status == 404:
        return Problem(404, "not-found", "This address leads nowhere.", "Check it, or start again from the front page.")
    if status == 405:
        return Problem(
            405, "method-not-allowed", f"{method} is not possible here.", "See the API description.", headers
        )
    return Problem(
        status, "request-failed", f"The request was refused with status {status}.", "Check the request.", headers
    )


def internal(incident: str) -> Problem:
    """Return the problem of a fault of ours; `incident` finds it again in the log."""
    return Problem(
        500,
        "internal",
        "Something went wrong on our side; it was written down.",
        f"Try again; if it stays, report incident {incident}.",
    )
