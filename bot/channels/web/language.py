"""The language that the pages speak: the person's choice, else what their browser asks for."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.channels.web.problems import invalid
from bot.wording import DEFAULT_LOCALE, LOCALES

COOKIE = "lobby_language"
KEPT_S = 365 * 86_400
# Each language's name in itself, in the order of the switch.
NAMES = {"en": "English", "zh": "中文", "fr": "Français", "es": "Español"}
HTML_TAGS = {"en": "en", "zh": "zh-Hans", "fr": "fr", "es": "es"}


def locale_of(request: Request) -> str:
    """Return the language to speak in an answer to a request."""
    asked = request.query_params.get("lang") or request.cookies.get(COOKIE)
    if asked in LOCALES:
        return asked
    return preferred(request.headers.get("accept-language", ""))


def preferred(header: str) -> str:
    """Return the language of ours that an `Accept-Language` header wants most."""
    best, weight = DEFAULT_LOCALE, 0.0
    for part in header[:500].split(","):
        name, _, parameters = part.strip().partition(";")
        language = name.partition("-")[0].strip().lower()
        quality = parameters.strip().removeprefix("q=") if parameters else "1"
        try:
            wanted = float(quality)
        except ValueError:
            continue
        if language in LOCALES and wanted > weight:
            best, weight = language, wanted
    return best


async def choose(request: Request) -> Response:
    """`GET /language?to=fr&back=/faq`: remember a choice and go back."""
    chosen = request.query_params.get("to", "")
    if chosen not in LOCALES:
        raise invalid(f"There is no language {chosen[:20]!r} here.", f"Choose one of {', '.join(LOCALES)}.")
    response = RedirectResponse(_own_path(request.query_params.get("back", "/")), 303)
    response.set_cookie(COOKIE, chosen, max_age=KEPT_S, httponly=True, samesite="lax")
    return response


def _own_path(path: str) -> str:
    """Return a path of this site; anything that might lead elsewhere becomes the front page."""
    plain = path.isprintable() and path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if plain else "/"
