"""What Matrix accepts. Source: spec.matrix.org, "Size limits" of the client-server API, unless said otherwise."""

from __future__ import annotations

EVENT_BYTES = 65_536  # of a whole event, as canonical JSON
# Of what we write: an edit repeats some of it, and encryption makes four bytes of three.
CONTENT_BYTES = 32_000
FALLBACK_CHARACTERS = 500  # of an edit's text for clients that know no edits
FILES = 10
# Of a file where the homeserver does not say; Synapse's own default is 50 MiB.
FILE_BYTES = 50 * 2**20
OPERATOR_LEVEL = 50  # of power, from which one may redact and kick by default
