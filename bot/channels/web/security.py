"""What guards every request: headers, one origin, and bounds on what a body may weigh and how long it may take."""

from __future__ import annotations

from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.channels.web.problems import Problem

MAX_BODY_BYTES = 1024 * 1024
# A megabyte over a slow phone line takes a few seconds; a connection that trickles longer only holds a place.
BODY_TIMEOUT_S = 20.0

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with it, browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# A handler that sets this as `X-Frame-Options` lets other sites show its page in a frame.
MAY_BE_FRAMED = ""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class SecurityHeaders:
    """Puts the headers on every response; what a handler has set itself stays."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if headers["X-Frame-Options"] == MAY_BE_FRAMED:
                    del headers["X-Frame-Options"]
            await send(message)

        await self.app(scope, receive, send_with_headers)


class BodyLimit:
    """Ends requests whose body is larger than `MAX_BODY_BYTES` or takes longer than `BODY_TIMEOUT_S` to arrive.

    The problem is raised where the handler reads the body, so that it is answered like any other.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        seen = 0
        complete = False
        deadline = anyio.current_time() + BODY_TIMEOUT_S

        async def bounded_receive() -> Message:
            nonlocal seen, complete
            if complete:
                return await receive()
            if declared.isdecimal() and int(declared) > MAX_BODY_BYTES:
                raise too_large()
            try:
                with anyio.fail_after(max(0.0, deadline - anyio.current_time())):
                    message = await receive()
            except TimeoutError:
                raise Problem(408, "timeout", "The request's body did not arrive in time.", "Send it again.") from None
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                complete = not message.get("more_body", False)
                if seen > MAX_BODY_BYTES:
                    raise too_large()
            return message

        await self.app(scope, bounded_receive, send)


def too_large() -> Problem:
    """Return the problem of a body past the bound."""
    return Problem(
        413,
        "too-large",
        f"The request is larger than {MAX_BODY_BYTES // 1024} KiB.",
        "Shorten it; a snippet rarely needs more than a few KiB.",
    )


def check_same_origin(method: str, headers: Headers, public_url: str) -> None:
    """Refuse a changing request that another site made a browser send.

    Browsers say where a request comes from in `Sec-Fetch-Site`, older ones in `Origin`; a program that sends neither
    carries nobody's rights and is let through.

    Raises:
        Problem: the request is cross-site (403).
    """
    if method in SAFE_METHODS:
        return
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site in {"same-origin", "none"}:
            return
    else:
        origin = headers.get("origin")
        if origin is None:
            return
        allowed = {headers.get("host", "").lower(), urlsplit(public_url).netloc.lower()} - {""}
        if urlsplit(origin).netloc.lower() in allowed:
            return
    raise Problem(
        403, "cross-site", "This request was sent by another site.", "Open Lobby itself and send it from there."
    )
