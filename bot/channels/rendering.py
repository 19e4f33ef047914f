"""What replies look like in every chat that shows Markdown: progress bars, blocks of code, addresses, files to send.

Plain functions on replies: nothing is sent from here. Each channel fits their results into its own limits.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.messages import File, Progress, Reply
from bot.redaction import disarm, fenced

BAR_CELLS = 10
ANSWER_NAME = "whole-answer.md"


@dataclass(frozen=True, slots=True)
class Inline:
    """A file made from a reply's own text, because it does not fit."""

    name: str
    content: bytes


def bar(progress: Progress) -> str:
    """Draw how many epochs are done; "" where that is not known."""
    if not progress.epoch or not progress.epochs:
        return ""
    done = min(BAR_CELLS, round(BAR_CELLS * progress.epoch / progress.epochs))
    return "▰" * done + "▱" * (BAR_CELLS - done)


def code_block(language: str, text: str) -> str:
    """Return a text as a block of code that it cannot end by itself, "" where there is nothing to show."""
    return f"```{language}\n{fenced(disarm(text)).rstrip()}\n```" if text.strip() else ""


def web_address(url: str) -> str:
    """Return an address so that it does not end a Markdown link too early, "" for what is no page on the web."""
    if not url.startswith(("http://", "https://")):
        return ""
    return url.replace("(", "%28").replace(")", "%29").replace(" ", "%20")


def chosen_files(reply: Reply, most: int, file_bytes: int) -> tuple[tuple[File, ...], tuple[str, ...]]:
    """Choose the files to send: what a person sees first comes first.

    Args:
        reply: what the desk says.
        most: how many files there may be.
        file_bytes: how large each may be.

    Returns:
        The files, and the names of those left out.
    """
    chosen: list[File] = []
    left_out: list[str] = []
    for file in (*reply.pictures, *reply.files):
        if file.size <= file_bytes and len(chosen) < most and file.path.is_file():
            chosen.append(file)
        else:
            left_out.append(file.name)
    return tuple(chosen), tuple(left_out)
