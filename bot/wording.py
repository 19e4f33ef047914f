"""Every sentence that Lobby says in more than one channel, in one place, ready for translation."""

from __future__ import annotations

from runner.job import Backend, Result

BACKEND_NAMES: dict[Backend, str] = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}

_ENDINGS = {
    "ok": "Ran without a complaint",
    "error": "Your code raised an error",
    "timeout": "Stopped: the time limit ran out",
    "memory": "Stopped: it used more memory than a run may",
    "killed": "Ended by a signal",
    "limit": "Stopped: it went past a limit",
    "rejected": "Not started",
    "unavailable": "Not started: this machine cannot isolate code",
    "cancelled": "Stopped on request",
    "interrupted": "Interrupted: the service stopped while it ran",
}


def run_sentence(result: Result) -> str:
    """Say in one short sentence how a run ended."""
    sentence = _ENDINGS[result.status]
    if result.status == "error" and result.error is None:
        return f"Your code ended with exit code {result.exit_code}"
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
    if result.peak_memory_bytes:
        parts.append(f"{result.peak_memory_bytes / 2**20:.0f} MiB")
    if result.cached:
        parts.append("from the cache")
    return " · ".join(parts)


def confidence_words(confidence: float) -> str:
    """Say a calibrated confidence (0 to 1) in words."""
    if confidence >= 0.8:
        return "quite sure"
    if confidence >= 0.5:
        return "fairly sure"
    return "not sure"


CLOSEST_PAGES = "These pages came closest:"
SOURCES = "Sources"
LOOKS_LIKE = "This looks like"
