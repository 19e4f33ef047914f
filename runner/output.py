"""What a snippet printed: bounded while it comes in, cleaned for reading when it goes out."""

from __future__ import annotations

import codecs
import re

# Escape sequences of terminals: CSI, OSC, other strings, two-character ones; C1 controls come as single characters.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)?|\x1b[PX^_][^\x1b]{0,4096}(?:\x1b\\)?"
    r"|\x1b[ -/]*[0-~]|\x9b[0-?]*[ -/]*[@-~]|\x1b"
)
_OVERWRITES = re.compile(r"[\r\b]")
_CONTROLS = re.compile(r"[\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Kept:
    """The head and the tail of a stream, at most `limit` bytes, and how many bytes there were."""

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._head = bytearray()
        self._tail = bytearray()
        self.total = 0

    def feed(self, data: bytes) -> None:
        self.total += len(data)
        room = self._half - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            self._tail += data[-self._half :]
            if len(self._tail) > 2 * self._half:
                del self._tail[: -self._half]

    @property
    def truncated(self) -> bool:
        return self.total > 2 * self._half

    def text(self) -> str:
        """Return what is kept, cleaned; a line tells how much was left out."""
        tail = bytes(self._tail[-self._half :])
        if not self.truncated:
            return clean(bytes(self._head) + tail)
        left_out = self.total - len(self._head) - len(tail)
        head = clean(bytes(self._head).decode("utf-8", "ignore").encode())
        return f"{head}\n[… {left_out:,} bytes left out …]\n{clean(tail.lstrip(_CONTINUATION))}"


_CONTINUATION = bytes(range(0x80, 0xC0))  # a cut may fall into the middle of a character


def clean(data: bytes) -> str:
    """Return text without terminal control: undecodable bytes become U+FFFD, overwritten parts of a line are gone."""
    return clean_text(data.decode("utf-8", "replace"))


def clean_text(text: str) -> str:
    """Remove terminal control from text; see `clean`."""
    text = _ESCAPES.sub("", text).replace("\r\n", "\n")
    if "\r" in text or "\b" in text:
        text = "\n".join(_overwrite(line) for line in text.split("\n"))
    return _CONTROLS.sub("", text)


def _overwrite(line: str) -> str:
    """Show a line as a terminal would after carriage returns and backspaces."""
    if "\r" not in line and "\b" not in line:
        return line
    shown: list[str] = []
    at = 0
    for character in line:
        if character == "\r":
            at = 0
        elif character == "\b":
            at = max(0, at - 1)
        else:
            if at < len(shown):
                shown[at] = character
            else:
                shown.append(character)
            at += 1
    return "".join(shown).rstrip(" ") if "\b" in line or "\r" in line else line


class Live:
    """Turns a stream into pieces of text for those who watch, up to a bound; the rest comes with the result.

    Who watches only ever adds to what is there. So a line that overwrites itself, as a progress bar does, is held back
    until it ends; if a part of it was told before that, the whole line is told again below.
    """

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._begun = False  # a part of the current line was told

    def feed(self, data: bytes) -> str:
        """Return what can be told now that `data` has come."""
        data, self._left = data[: self._left], max(0, self._left - len(data))
        if not data:
            return ""
        *lines, last = (self._held + self._decoder.decode(data)).replace("\r\n", "\n").split("\n")
        told = ""
        for line in lines:
            told += self._whole(line) + "\n"
            self._begun = False
        self._held = last if _OVERWRITES.search(last) else ""
        if not self._held:
            told += clean_text(last)
            self._begun = self._begun or bool(last)
        return told

    def end(self) -> str:
        """Return what was held back, now that nothing more comes."""
        held, self._held = self._held, ""
        return self._whole(held) if held else ""

    def _whole(self, line: str) -> str:
        again = self._begun and _OVERWRITES.search(line)
        return ("\n" if again else "") + clean_text(line)
