"""What may be stored and shown: secrets are recognised, mentions and fences disarmed, paths of this machine removed.

Plain functions on text. What people type is redacted before it is stored; what anybody wrote or printed is disarmed
before it is shown.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.settings import CHECKOUT

REDACTED = "[removed: {kind}]"
_REMOVED = re.compile(r"\[removed: [^\]\n]{1,40}\]")
# Between two characters it is not seen, and keeps a platform from reading them as one thing.
BREAK = "\u200b"

# Each provider's own form, as its documentation or GitHub's list of scanned secrets gives it. Only forms with a fixed
# prefix or a fixed structure are here: a rule for "long random words" would hit hashes and run ids.
_SECRETS: tuple[tuple[str, re.Pattern[str]], ...] = (
    # The first part is the account's number in base64, which begins with M, N or O for ids of 17 to 20 digits.
    ("Discord token", re.compile(r"\b[MNO][A-Za-z\d_-]{22,27}\.[A-Za-z\d_-]{6}\.[A-Za-z\d_-]{27,45}(?![\w-])")),
    ("Discord token", re.compile(r"\bmfa\.[A-Za-z\d_-]{80,95}\b")),
    ("Discord webhook", re.compile(r"https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d{17,20}/[\w-]{60,}")),
    ("Matrix token", re.compile(r"\bsyt_[A-Za-z\d+/=]{4,}_[A-Za-z]{20}_[A-Za-z\d]{6}\b")),
    (
        "OpenAI key",
        re.compile(r"\bsk-(?:proj-|svcacct-|admin-)[\w-]{40,}\b|\bsk-[A-Za-z\d]{20}T3BlbkFJ[A-Za-z\d]{20}\b"),
    ),
    ("Anthropic key", re.compile(r"\bsk-ant-[a-z]+\d{2}-[\w-]{80,}")),
    ("GitHub token", re.compile(r"\bgh[pousr]_[A-Za-z\d]{36,}\b|\bgithub_pat_[A-Za-z\d]{22}_[A-Za-z\d]{59}\b")),
    ("GitLab token", re.compile(r"\bglpat-[\w-]{20,}\b")),
    ("Hugging Face token", re.compile(r"\bhf_[A-Za-z]{34}\b")),
    ("AWS key", re.compile(r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b")),
    ("Google key", re.compile(r"\bAIza[\w-]{35}(?![\w-])")),
    ("Slack token", re.compile(r"\bxox[abeoprs]-\d{8,}-[\w-]{10,}\b")),
    ("Stripe key", re.compile(r"\b[rs]k_live_[A-Za-z\d]{20,}\b")),
    ("Telegram token", re.compile(r"\b\d{8,10}:AA[\w-]{33}(?![\w-])")),
    ("npm token", re.compile(r"\bnpm_[A-Za-z\d]{36}\b")),
    ("PyPI token", re.compile(r"\bpypi-AgE[\w-]{50,}")),
    ("Weights & Biases key", re.compile(r"(?<=wandb\.login\(key=[\"'])[a-f\d]{40}\b|(?<=WANDB_API_KEY=)[a-f\d]{40}\b")),
    ("Kaggle key", re.compile(r"(?<=\"key\":\")[a-f\d]{32}(?=\")|(?<=KAGGLE_KEY=)[a-f\d]{32}\b")),
    (
        "private key",
        re.compile(
            r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END).)*"
            r"(?:-----END (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----|\Z)",
            re.DOTALL,
        ),
    ),
)
# Examples in documentation are made of one character or of a word for nothing.
_PLACEHOLDER = re.compile(r"(.)\1{9}|x{6}|X{6}|EXAMPLE|your[-_]", re.IGNORECASE)

_MENTIONS: tuple[re.Pattern[str], ...] = (
    re.compile(r"(?<=@)(?=(?:everyone|here|room|channel)\b)", re.IGNORECASE),
    re.compile(r"(?<=<)(?=(?:@[!&]?|#|/[\w -]+:|id:)\w)"),  # Discord: people, roles, channels, commands
    re.compile(r"(?<=[@!#])(?=[\w.=/+-]+:[\w-]+(?:\.[\w-]+|:\d+)|[\w.=/+-]+:localhost\b)"),  # Matrix: people, rooms
    re.compile(r"(?<=https://matrix)(?=\.to/#)"),
)
_HOME = Path.home()


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that somebody pasted: what it is, and where it stands in the text."""

    kind: str
    start: int
    end: int


def secrets_in(text: str) -> list[Secret]:
    """Return the secrets in a text, in their order; documentation's placeholders are none."""
    found = [
        Secret(kind, match.start(), match.end())
        for kind, pattern in _SECRETS
        for match in pattern.finditer(text)
        if not _PLACEHOLDER.search(match.group()[:400])
    ]
    return sorted(found, key=lambda secret: secret.start)


def redact(text: str) -> str:
    """Return the text with every secret replaced by what it was."""
    pieces, at = [], 0
    for secret in secrets_in(text):
        if secret.start >= at:
            pieces += [text[at : secret.start], REDACTED.format(kind=secret.kind)]
        at = max(at, secret.end)
    return "".join([*pieces, text[at:]])


def without_removed(text: str) -> str:
    """Return a redacted text without the marks of what was removed: they say nothing of the question."""
    return _REMOVED.sub("", text)


def disarm(text: str) -> str:
    """Return the text with mentions that ping nobody."""
    for pattern in _MENTIONS:
        text = pattern.sub(BREAK, text)
    return text


def fenced(text: str) -> str:
    """Return a text that can stand in a fenced block without ending it."""
    return re.sub(r"([`~])(?=\1\1)", rf"\1{BREAK}", text)


def inline(text: str, longest: int = 200) -> str:
    """Return somebody's words as one line of inline code; nothing in it is Markdown, a mention or a path."""
    line = re.sub("`{2,}", "`", " ".join(redact(text).split()))
    line = disarm(without_paths(line if len(line) <= longest else line[: longest - 1] + "…"))
    if "`" in line:
        return f"`` {line} ``"
    return f"`{line}`" if line else ""


def without_paths(text: str, folders: Iterable[Path] = ()) -> str:
    """Return the text without the names of this machine's own folders."""
    for folder in (*folders, Path(sys.prefix), CHECKOUT, Path(sys.base_prefix) / "lib", _HOME):
        name = str(folder)
        if len(name) > 3 and name not in {"/usr/lib", "/home"}:
            text = text.replace(name + "/", "…/").replace(name, "…")
    return text


def shown(text: str) -> str:
    """Return what somebody printed or wrote, safe to show in a fenced block."""
    return fenced(disarm(without_paths(redact(text))))
