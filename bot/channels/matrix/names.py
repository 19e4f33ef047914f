"""Names that several parts of the channel share."""

from __future__ import annotations

NAME = "matrix"
# In a message of ours: what a reaction to it means, sign → token. Reverse domain, as the specification asks for.
SIGNS = "io.keras.lobby.signs"
