"""Who is logged in as an operator: sessions that end by themselves, each with a token against forged forms."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from starlette.requests import Request
from starlette.responses import Response

COOKIE = "lobby_board"
PATH = "/board"
# A working day; after it the password is asked for again.
LASTS_S = 8 * 3600
MOST_SESSIONS = 100


@dataclass(frozen=True, slots=True)
class Session:
    """One login: until when it holds (seconds of the monotonic clock), and what its forms must bring along."""

    until: float
    form_token: str


class Sessions:
    """The logins of this process. Of the cookie's token only a hash is kept."""

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure
        self._kept: dict[bytes, Session] = {}

    def open(self, response: Response) -> None:
        """Begin a session and give its cookie to a response."""
        now = time.monotonic()
        self._kept = {mark: one for mark, one in self._kept.items() if one.until > now}
        while len(self._kept) >= MOST_SESSIONS:
            del self._kept[next(iter(self._kept))]
        token = secrets.token_urlsafe(32)
        self._kept[_mark(token)] = Session(now + LASTS_S, secrets.token_urlsafe(24))
        response.set_cookie(
            COOKIE, token, max_age=LASTS_S, path=PATH, secure=self._secure, httponly=True, samesite="strict"
        )

    def of(self, request: Request) -> Session | None:
        """Return the session that a request belongs to, None when it belongs to none."""
        session = self._kept.get(_mark(request.cookies.get(COOKIE, "")))
        return session if session is not None and session.until > time.monotonic() else None

    def close(self, request: Request, response: Response) -> None:
        """End the session of a request."""
        self._kept.pop(_mark(request.cookies.get(COOKIE, "")), None)
        response.delete_cookie(COOKIE, path=PATH)


def same(one: str, other: str) -> bool:
    """Compare two tokens without telling by the time it takes how far they agree."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def hashed(password: str) -> str:
    """Return what is kept of a password (argon2id with the library's recommended cost)."""
    return PasswordHasher().hash(password)


def fits(password: str, kept: str) -> bool:
    """Say whether a password is the one that a hash was made of. Takes some 50 ms, on purpose."""
    try:
        return PasswordHasher().verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def _mark(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
