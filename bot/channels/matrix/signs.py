"""Reactions as buttons: each button of a reply has a sign, and who reacts with it presses the button.

What a sign means is in our message itself, so that it works after a restart. A token is no secret: what it may do is
decided by who presses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.messages import Button, Reply
from bot.redaction import disarm

VOTES = {"👍": "up", "👎": "down"}
SOLVED = "✅"
SOLVED_SIGNS = frozenset({SOLVED, "☑", "✔"})
_VARIATION, _KEYCAP = "\ufe0f", "\u20e3"
_SKIN_TONES = {chr(code) for code in range(0x1F3FB, 0x1F400)}
# Discord shows more buttons than anybody would want reactions.
MOST_SIGNS = 9
LABEL_CHARACTERS = 60


def signs_of(buttons: Sequence[Button]) -> dict[str, Button]:
    """Give each button a sign: its own, else the next of 1️⃣ 2️⃣ 3️⃣ …, in the order of the buttons."""
    signs: dict[str, Button] = {}
    number = 0
    for button in buttons[:MOST_SIGNS]:
        sign = button.emoji
        if not sign or plain(sign) in map(plain, signs):
            number += 1
            sign = f"{number}{_VARIATION}{_KEYCAP}"
        signs[sign] = button
    return signs


def plain(sign: str) -> str:
    """Return a sign without its presentation and skin tone: clients differ in those."""
    return "".join(part for part in sign if part != _VARIATION and part not in _SKIN_TONES)


def signed(reply: Reply) -> tuple[str, str]:
    """Return a reply's text, and what says what the signs under it do: in its list where it has one, else a line."""
    text, rest = reply.text, []
    for sign, button in signs_of(reply.buttons).items():
        entry = re.compile(rf"^- (`{re.escape(button.label)}`)$", re.MULTILINE)
        if entry.search(text):
            text = entry.sub(rf"- {sign} \1", text, count=1)
        else:
            rest.append(f"{sign} {disarm(button.label)[:LABEL_CHARACTERS]}")
    return text, " · ".join(rest)


def tokens(reply: Reply) -> dict[str, str]:
    """Return what to keep in a message: plain sign → token."""
    return {plain(sign): button.token for sign, button in signs_of(reply.buttons).items() if button.token}
