"""Whole pages that are the same for everyone, kept for a minute: what a crowd reads is made once."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from bot.channels.web.language import locale_of
from bot.channels.web.site import FRAGMENT_HEADER, Site

# A new build of the knowledge base is seen after this long.
KEPT_S = 60.0
MOST_PAGES = 512
LARGEST_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class _Page:
    until: float
    body: bytes
    headers: dict[str, str]


class Shelf:
    """The pages of one application. Belongs to one event loop."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._pages: OrderedDict[tuple[str, ...], _Page] = OrderedDict()

    async def serve(self, request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        """Answer from the shelf, or by the handler and put it there."""
        key = self._key(request)
        page = self._pages.get(key)
        if page is None or page.until < time.monotonic():
            response = await handler(request)
            if response.status_code != 200 or len(response.body) > LARGEST_BYTES or "set-cookie" in response.headers:
                return response
            page = self._keep(key, response)
        if request.headers.get("if-none-match") == page.headers["etag"]:
            return Response(status_code=304, headers={"ETag": page.headers["etag"]})
        response = Response(page.body)
        response.headers.update(page.headers)
        return response

    def _keep(self, key: tuple[str, ...], response: Response) -> _Page:
        body = bytes(response.body)
        etag = f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'
        page = self._pages[key] = _Page(time.monotonic() + KEPT_S, body, {**response.headers, "etag": etag})
        self._pages.move_to_end(key)
        while len(self._pages) > MOST_PAGES:
            self._pages.popitem(last=False)
        return page

    def _key(self, request: Request) -> tuple[str, ...]:
        """Return all that a page depends on."""
        fragment = request.headers.get(FRAGMENT_HEADER, "")
        return (
            request.url.path,
            request.url.query,
            self._site.base(request),
            locale_of(request),
            fragment and "part",
        )
