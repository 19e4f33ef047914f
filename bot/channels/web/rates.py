"""How often one address, or one key, may ask and run, in a window that moves with the clock."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import time

from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request

from bot.channels.web.keys import Keys
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
        self._keys = Keys(settings.api_keys)
        self._of_address = _items(settings.web_runs_per_minute, settings.web_questions_per_minute)
        self._of_key = _items(settings.api_runs_per_minute, settings.api_questions_per_minute)
        self._salt = secrets.token_bytes(16)

    def use(self, request: Request, kind: str, cost: int = 1) -> None:
        """Count a `run`, a `question` or a `search`; whoever sits at this machine, without a key, is not counted.

        Raises:
            Problem: the address or the key has had its share (429), or the key is not known (401).
        """
        key = self._keys.name_of(request)
        who = address_of(request) if key is None else f"key {key}"
        if who is None:
            return
        item = (self._of_address if key is None else self._of_key)[kind]
        if not self._limiter.hit(item, kind, who, cost=cost):
            done = "started" if kind == "run" else "sent"
            one = "address" if key is None else "key"
            raise rate_limited(
                f"This {one} has {done} {item.amount} {kind}s within a minute; no more for now.",
                self._wait_s(item, kind, who),
            )

    def account_of(self, request: Request) -> str:
        """Return whose quota of GPU seconds a run uses: a key's, an address', and one for all at this machine.

        An address is written down nowhere; what stands for it holds until the service ends.

        Raises:
            Problem: the key is not known (401).
        """
        if key := self._keys.name_of(request):
            return f"key:{key}"
        address = address_of(request)
        return f"web:{hashlib.blake2b(address.encode(), key=self._salt, digest_size=8).hexdigest()}" if address else ""

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


def _items(runs: int, questions: int) -> dict[str, RateLimitItem]:
    return {
        "run": RateLimitItemPerMinute(runs),
        "question": RateLimitItemPerMinute(questions),
        "search": RateLimitItemPerMinute(questions * SEARCHES_PER_QUESTION),
    }


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
