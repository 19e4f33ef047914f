"""Keys for programs that ask and run more often than an address may. Lobby keeps their hashes, never the keys."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable

from starlette.requests import Request

from bot.channels.web.problems import Problem

PREFIX = "lobby_"
# 32 bytes from the system: nobody guesses one, so that a plain hash is enough, where a password needs a slow one.
KEY_BYTES = 32
LINE = re.compile(r"[A-Za-z0-9][\w.-]{0,39}:[0-9a-f]{64}")


def made() -> str:
    """Return a new key."""
    return PREFIX + secrets.token_urlsafe(KEY_BYTES)


def line_of(name: str, key: str) -> str:
    """Return what the setting `api_keys` holds of a key: whose it is and its hash."""
    return f"{name}:{_hash(key)}"


class Keys:
    """The keys that are good here."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._names = {digest: name for name, _, digest in (line.rpartition(":") for line in lines)}

    def name_of(self, request: Request) -> str | None:
        """Return whose key a request carries, None when it carries none.

        Raises:
            Problem: it carries one that is not good here (401).
        """
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        # Found by its hash: how long that takes tells nothing of the key.
        name = self._names.get(_hash(key.strip()))
        if name is None:
            raise Problem(
                401,
                "unknown-key",
                "The key in the header Authorization is not known here.",
                "Ask an operator for one (`lobby keys new`), or send none.",
                {"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        return name


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
