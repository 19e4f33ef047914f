"""Which names the service answers to, so that no foreign name can be pointed at it (DNS rebinding).

A page on a hostile site may let its own name lead to 127.0.0.1, and would then be of one origin with us. It cannot do
that with an address in figures, nor with a name that the operator has not named.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.channels.web.problems import Problem
from bot.settings import Settings

LOOPBACK_NAMES = ("localhost", "ip6-localhost")
ANY = "*"


class HostCheck:
    """Refuses requests whose `Host` header is none of ours."""

    def __init__(self, app: ASGIApp, allowed: Collection[str]) -> None:
        self.app = app
        self.allowed = frozenset(name.lower() for name in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            name = host_name(Headers(scope=scope).get("host", ""))
            if not is_allowed(name, self.allowed):
                problem = Problem(
                    421,
                    "unknown-host",
                    f"This service is not known as {name[:100] or 'nothing'}.",
                    "Open it by its own address; its operator can add this name to the setting allowed_hosts.",
                )
                await problem.response()(scope, receive, send)
                return
        await self.app(scope, receive, send)


def allowed_names(settings: Settings) -> frozenset[str]:
    """Return the names that the settings give the service."""
    names = {*LOOPBACK_NAMES, settings.host, host_name(urlsplit(settings.public_url).netloc), *settings.allowed_hosts}
    if not _is_loopback(settings.host):
        names.add(socket.gethostname())
    return frozenset(name.lower() for name in names if name)


def is_allowed(name: str, allowed: Collection[str]) -> bool:
    """Say whether a request for a host is one for us."""
    return ANY in allowed or _address(name) is not None or name in allowed


def host_name(header: str) -> str:
    """Return the name in a `Host` header, without the port and without the brackets of IPv6; "" where it is none."""
    try:
        return (urlsplit(f"//{header}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _is_loopback(name: str) -> bool:
    address = _address(name)
    return name in LOOPBACK_NAMES or (address is not None and address.is_loopback)
