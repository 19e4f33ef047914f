"""What Discord accepts in one message. Source: discord.com/developers/docs, resources "Message" and "Component"."""

from __future__ import annotations

CONTENT = 2_000  # characters of a message's text
EMBED_DESCRIPTION = 4_096
EMBED_FIELD = 1_024
EMBED_TOTAL = 6_000  # of all texts of all embeds of a message together
FILES = 10
FILE_BYTES = 8 * 2**20  # what every server accepts; more with boosts only
BUTTONS = 25
BUTTON_LABEL = 80
CHOICES = 25  # of an autocompletion or a select menu
CHOICE = 100
TOKEN = 40  # characters of a button's token, in a custom id of at most 100
INTERACTION_S = 900.0  # an interaction can be answered this long
