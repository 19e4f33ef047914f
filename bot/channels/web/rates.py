"""How often one address may ask and run, in a window that moves with the clock."""

from __future__ import annotations

import ipaddress
import time

from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request

from bot.channels.web.problems import rate_limited
from bot.settings import Settings

# As many letters as one types a minute; the page asks less often than that.
SEARCHES_PER_QUESTION = 5
# A few slips of the finger are human; a list of passwords is not.
FAILED_LOGINS = parse("5 per 15 minutes")
# All addresses together: a crowd that guesses is as bad as one that does.
FAILED_LOGINS_OF_ALL = parse("50 per 15 minutes")
# Whoever has an IPv6 address has a whole network of this many bits of prefix.
IPV6_PREFIX = 64


class Rates:
    """Counts in memory; a restart forgets."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        questions = settings.web_questions_per_minute
        self._items: dict[str, RateLimitItem] = {
            "run": RateLimitItemPerMinute(settings.web_runs_per_minute),
            "question": RateLimitItemPerMinute(questions),
            "search": RateLimitItemPerMinute(questions * SEARCHES_PER_QUESTION),
        }

    def use(self, request: Request, kind: str, cost: int = 1) -> None:
        """Count a `run`, a `question` or a `search`; whoever sits at this machine is not counted.

        Raises:
            Problem: the address has had its share (429).
        """
        address = address_of(request)
        if address is None:
            return
        item = self._items[kind]
        if not self._limiter.hit(item, kind, address, cost=cost):
            raise rate_limited(
                f"This address has started {item.amount} {kind}s within a minute; no more for now."
                if kind == "run"
                else f"This address has sent {item.amount} {kind}s within a minute; no more for now.",
                self._wait_s(item, kind, address),
            )

    def check_login(self, request: Request) -> None:
        """Refuse a login from where too many have failed.

        Raises:
            Problem: it is locked out (429).
        """
        address = address_of(request) or "here"
        for item, key in ((FAILED_LOGINS, address), (FAILED_LOGINS_OF_ALL, "all")):
            if not self._limiter.test(item, "login", key):
                raise rate_limited("Too many logins have failed.", self._wait_s(item, "login", key))

    def login_failed(self, request: Request) -> None:
        """Count a login that failed; those at this machine count as well."""
        self._limiter.hit(FAILED_LOGINS, "login", address_of(request) or "here")
        self._limiter.hit(FAILED_LOGINS_OF_ALL, "login", "all")

    def _wait_s(self, item: RateLimitItem, kind: str, address: str) -> float:
        return max(1.0, self._limiter.get_window_stats(item, kind, address).reset_time - time.time())


def address_of(request: Request) -> str | None:
    """Return whose share a request counts against, or None for this machine itself."""
    if request.client is None:
        return None
    try:
        address = ipaddress.ip_address(request.client.host)
    except ValueError:
        return request.client.host
    if address.is_loopback:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)
