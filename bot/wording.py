"""Every sentence that Lobby says in more than one channel, in one place.

The sentences are in `translations/*.toml`, one file a language, those of the web pages in `translations/web/*.toml`,
those of Discord's commands in `translations/discord/*.toml`, Matrix' own in `translations/matrix/*.toml`; `say` picks
the person's. What has no translation is said in English.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from runner.job import Backend, Result

BACKEND_NAMES: dict[Backend, str] = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
LOCALES = ("en", "fr", "zh", "es")
DEFAULT_LOCALE = "en"

_FOLDER = Path(__file__).resolve().parent / "translations"


@cache
def sentences(locale: str) -> dict[str, str]:
    """Return all sentences of a language by their name: `group.name`, or `web.group.name` for those of the pages."""
    file = f"{locale}.toml"
    own = _read(_FOLDER / "discord" / file) | _read(_FOLDER / "matrix" / file)
    return _read(_FOLDER / file) | _read(_FOLDER / "web" / file, "web.") | own


def _read(path: Path, prefix: str = "") -> dict[str, str]:
    if not path.exists():
        return {}
    groups = tomllib.loads(path.read_text(encoding="utf-8"))
    return {f"{prefix}{group}.{name}": text.strip() for group, named in groups.items() for name, text in named.items()}


def locale_of(name: str) -> str:
    """Return the language of ours for a locale such as `pt-BR` or `zh_Hans`; English for what we do not speak."""
    language = name.replace("_", "-").partition("-")[0].lower()
    return language if language in LOCALES else DEFAULT_LOCALE


def say(sentence: str, locale: str = DEFAULT_LOCALE, /, **values: object) -> str:
    """Return a sentence in a language.

    Args:
        sentence: which one, as `run.queued`.
        locale: one of `LOCALES`, or any locale's name.
        values: what its places are filled with.

    Raises:
        KeyError: there is no such sentence, or a place has no value.
    """
    spoken = sentences(locale_of(locale))
    text = spoken[sentence] if sentence in spoken else sentences(DEFAULT_LOCALE)[sentence]
    return text.format(**values) if values else text


def wait_words(seconds: float, locale: str = DEFAULT_LOCALE) -> str:
    """Say how long to wait, rounded up."""
    if seconds < 60:
        return say("manners.seconds", locale, count=max(1, round(seconds)))
    if seconds < 5400:
        return say("manners.minutes", locale, count=-(-int(seconds) // 60))
    return say("manners.hours", locale, count=-(-int(seconds) // 3600))


def run_sentence(result: Result, locale: str = DEFAULT_LOCALE) -> str:
    """Say in one short sentence how a run ended."""
    sentence = say(f"ending.{result.status}", locale)
    if result.status == "error" and result.error is None:
        return say("ending.exit", locale, code=result.exit_code)
    if result.status == "killed" and result.signal:
        return f"{sentence} ({result.signal})"
    if result.status in {"rejected", "limit", "unavailable"} and result.error is not None:
        return f"{sentence}: {result.error.message}"
    return sentence


def run_card(result: Result) -> str:
    """Say what a run was made of: how long, on what."""
    parts = [f"{result.duration_s:.2f} s", BACKEND_NAMES[result.backend]]
    if result.keras_version:
        parts.append(f"Keras {result.keras_version}")
    parts.append(result.device.upper())
    if result.gpu is not None:
        held = result.gpu.peak_memory_bytes
        memory = f", {held / 2**20:.0f} MiB of it" if held is not None else ""
        parts[-1] += f" ({result.gpu.name}, {result.gpu.seconds:.1f} s{memory})"
    if result.peak_memory_bytes:
        parts.append(f"{result.peak_memory_bytes / 2**20:.0f} MiB")
    if result.cached:
        parts.append("from the cache")
    return " · ".join(parts)


def confidence_words(confidence: float) -> str:
    """Say a calibrated confidence (0 to 1) in words."""
    return {"high": "quite sure", "middle": "fairly sure", "low": "not sure"}[confidence_level(confidence)]


def confidence_level(confidence: float) -> str:
    """Return `high`, `middle` or `low` for a calibrated confidence (0 to 1)."""
    return "high" if confidence >= 0.8 else "middle" if confidence >= 0.5 else "low"


CLOSEST_PAGES = "These pages came closest:"
SOURCES = "Sources"
LOOKS_LIKE = "This looks like"
