"""The terminal as a chat: highlighted on a terminal, plain through a pipe.

Enter sends, except inside an open code fence or after a backslash at the end of a line; so a whole program can be typed
or piped. `:1` presses the first button under the last reply, `:file PATH …` sends a file along.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shlex
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.markdown import Markdown
from rich.status import Status
from rich.syntax import Syntax
from rich.text import Text
from ulid import ULID

from bot.desk import Desk
from bot.messages import OPERATOR, Action, Attachment, Author, Button, File, Intent, Message, Reply
from bot.redaction import BREAK
from bot.wording import locale_of, say

log = logging.getLogger(__name__)

NAME = "terminal"
# What was printed stays, and nobody can be called.
NOT_HERE = frozenset({Intent.DELETE, Intent.HUMAN})
QUIT = frozenset({":q", ":quit", ":exit"})
_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})", re.MULTILINE)
_PRESS = re.compile(r":(\d{1,2})\s*")
# Wide enough to see a curve, small enough to leave the talk on the screen; in character cells.
PICTURE_COLUMNS = 64


class NoFile(Exception):
    """The file that should be sent along cannot be read."""


def unfinished(text: str) -> bool:
    """True while a message goes on after this line: a fence is open, or the line ends with a backslash."""
    return len(_FENCE.findall(text)) % 2 == 1 or text.endswith("\\")


def whole(lines: list[str]) -> str:
    """Return the message that lines make; a backslash at a line's end only kept it open."""
    text, fence = [], False
    for line in lines:
        if _FENCE.match(line):
            fence = not fence
            line = line.removesuffix("\\")
        elif not fence:
            line = line.removesuffix("\\")
        text.append(line)
    return "\n".join(text).strip()


@dataclass
class Terminal:
    """A person at this machine. Implements `bot.channels.base.Channel`."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    pictures: bool = True
    name: str = NAME
    edit_every_s: float = 0.1
    buttons: list[Button] = field(default_factory=list)
    pressed_on: str | None = None
    _console: Console = field(init=False)
    _status: Status | None = None

    def __post_init__(self) -> None:
        tty = self.out.isatty()
        self._console = Console(file=self.out, highlight=False, emoji=False, markup=False, soft_wrap=not tty)

    @property
    def colours(self) -> bool:
        """True where there is somebody to see them."""
        return self._console.is_terminal and not self._console.is_dumb_terminal

    # -- what a person types ---------------------------------------------------------------------------------

    def message(self, text: str) -> Message:
        """Return a line of a person as a message: a button's number, a file to send along, or words.

        Raises:
            NoFile: there is no such file to send along.
        """
        locale = locale_of(os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "")
        person = Author("local", os.environ.get("USER", ""), roles=frozenset({OPERATOR}))
        # English is what a machine without a choice says; then the question's own language counts.
        spoken = "" if locale == "en" else locale
        message = Message(str(ULID()), NAME, NAME, person, text, direct=True, locale=spoken, sent_at=time.time())
        if (match := _PRESS.fullmatch(text)) and 1 <= int(match[1]) <= len(self.buttons):
            token = self.buttons[int(match[1]) - 1].token
            return replace(message, text="", button=token, reply_to=self.pressed_on)
        if text.startswith(":file "):
            return self._with_file(message, text.removeprefix(":file "))
        return message

    def _with_file(self, message: Message, rest: str) -> Message:
        try:
            name, *words = shlex.split(rest)
            path = Path(name).expanduser()
            content = path.read_bytes()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise NoFile(f"{rest.split(maxsplit=1)[0] if rest.split() else 'The file'}: {reason}") from None

        async def read() -> bytes:
            await asyncio.sleep(0)
            return content

        return replace(message, text=" ".join(words), attachments=(Attachment(path.name, len(content), read),))

    # -- what we say -----------------------------------------------------------------------------------------

    async def send(self, message: Message, reply: Reply) -> str:
        own_id = str(ULID())
        self._show(own_id, reply)
        return own_id

    async def edit(self, message: Message, own_id: str, reply: Reply) -> None:
        self._show(own_id, reply)

    async def act(self, message: Message, reply: Reply, action: Action) -> bool:
        return False  # a terminal has neither helpers nor threads, and what is printed stays

    def _show(self, own_id: str, reply: Reply) -> None:
        if reply.state == "progress":
            self._show_progress(reply)
            return
        self.quiet()
        self._print_text(reply.text.replace(BREAK, ""))
        if reply.output:
            self._print_output(reply.output.replace(BREAK, ""))
        if reply.code:
            self._print_code(reply.code)
        for link in reply.sources:
            self._print(f"  {link.title}" + (f"\n    {link.url}" if link.url else ""), "dim")
        for file in (*reply.pictures, *reply.files):
            self._print(f"  {file.name}: {file.path}", "dim")
        for picture in reply.pictures:
            self._draw(picture)
        if reply.permalink:
            self._print(f"  {reply.permalink}", "dim")
        shown = self._keep_buttons(own_id, reply)
        if shown:
            listed = "  ".join(f"[:{number}] {button.label}" for number, button in enumerate(shown, start=1))
            self._print(f"  {listed}", "cyan")
        self._console.print()
        self.out.flush()

    def _keep_buttons(self, own_id: str, reply: Reply) -> list[Button]:
        """Keep the buttons that mean something here, to be pressed by their number."""
        shown = [button for button in reply.buttons if button.intent not in NOT_HERE]
        if reply.slot == "main":
            self.buttons, self.pressed_on = shown, own_id
        return shown

    def _show_progress(self, reply: Reply) -> None:
        """Show how far a run is, in one line that goes away; through a pipe nothing is shown of it."""
        if not self.colours:
            return
        text = Text(reply.text.replace(BREAK, ""))
        if self._status is None:
            self._status = Status(text, console=self._console)
            self._status.start()
        else:
            self._status.update(text)

    def quiet(self) -> None:
        """Take the line of progress away."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _print(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=style))

    def _print_text(self, text: str) -> None:
        if not text:
            return
        if self.colours:
            self._console.print(Markdown(text))
        else:
            self._console.print(text)

    def _print_output(self, text: str) -> None:
        if self.colours:
            self._console.print(Syntax(text, "text", background_color="default", padding=(0, 2), word_wrap=True))
        else:
            self._console.print(text)

    def _print_code(self, code: str) -> None:
        if self.colours:
            self._console.print(Syntax(code, "python", background_color="default", padding=(0, 2)))
        else:
            self._console.print("\n".join(f"    {line}" if line else "" for line in code.splitlines()))

    def _draw(self, picture: File) -> None:
        """Draw a picture where the terminal can: by kitty's protocol, as sixels, else in half cells."""
        if not (self.colours and self.pictures and picture.path.is_file()):
            return
        try:
            # On import it asks the terminal what it can, which only makes sense on one.
            from textual_image.renderable import Image

            self._console.print(Image(picture.path, width=min(PICTURE_COLUMNS, self._console.width - 2)))
        except Exception as error:
            # Whatever a terminal says of itself, and whatever a snippet calls a picture: its path is shown already.
            log.info("%s could not be drawn: %s", picture.name, error)

    def greet(self, locale: str = "en") -> None:
        """Say hello to somebody who sees it."""
        if self.colours:
            self._print_text(f"{say('help.hello', locale)} `:help`, `:quit`")


async def cancel(desk: Desk, terminal: Terminal) -> None:
    """Stop the person's run, as Ctrl-C does."""
    message = replace(terminal.message(""), text=":cancel")
    async for _ in desk.handle(message):
        pass  # the run itself says that it was stopped
    await desk.finished(message)
