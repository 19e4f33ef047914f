"""Where things lie inside a cell. Both sides of the wall need these names; nothing here depends on the host."""

from __future__ import annotations

WORK = "/work"
TMP = "/tmp"  # noqa: S108 - the cell's own, in memory, gone with the run
SHM = "/dev/shm"  # noqa: S108 - the same
HOME = "/home/user"
SNIPPET_FOLDER = "/snippet"
SNIPPET = "/snippet/snippet.py"
PYTHON = "/opt/python"
VENV = "/opt/venv"
LOBBY = "/opt/lobby"
DATASETS = "/opt/datasets"
SCRATCH = "/scratch"
EMPTY_FILE = "/opt/empty/file"
EMPTY_FOLDER = "/opt/empty/folder"
SYSCTL = "/opt/sysctl"
DRIVER_FACTS = "/opt/driver/facts"
DRIVER_LIBRARIES = "/opt/driver/lib"

# What the snippet may write to; all of it is one tmpfs, so one cap on bytes and one on files cover all.
WRITABLE = {"work": WORK, "tmp": TMP, "shm": SHM, "home": HOME, "snippet": SNIPPET_FOLDER}

INSIDE_ID = 65534
