"""The widget that other sites embed: one script tag puts a button on a page that opens a small Lobby in a frame."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from bot.channels.web.feedback import REASONS
from bot.channels.web.security import CONTENT_SECURITY_POLICY, MAY_BE_FRAMED
from bot.channels.web.site import STATIC, site_of

# The frame may stand anywhere; all the rest of the policy holds.
FRAMED_POLICY = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")


async def script(request: Request) -> Response:
    """`/widget.js`, with the address that it came from written in."""
    text = (STATIC / "widget.js").read_text(encoding="utf-8")
    return Response(
        text.replace("__LOBBY__", site_of(request).base(request)),
        media_type="text/javascript; charset=utf-8",
        headers={"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "public, max-age=3600"},
    )


async def frame(request: Request) -> Response:
    """`/widget`: what the frame shows."""
    response = await site_of(request).page(request, "widget.html", reasons=REASONS)
    response.headers["Content-Security-Policy"] = FRAMED_POLICY
    response.headers["X-Frame-Options"] = MAY_BE_FRAMED
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
