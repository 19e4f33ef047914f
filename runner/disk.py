"""The edge between the runner and its folder: what cannot be written there is one plain error, whoever tried."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from runner.errors import NoSpace

_FULL_CODES = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE)
_CLOSED_CODES = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
_FULL_NUMBERS = (errno.ENOSPC, errno.EDQUOT)
_CLOSED_NUMBERS = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST)


@contextlib.contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turn what happens where `folder` cannot be written to into one plain error; the edge for disk and database.

    Raises:
        NoSpace: the disk is full, read-only, or the folder is not ours to write to.
    """
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        full, closed = False, False
        if isinstance(error, sqlite3.Error):
            code = getattr(error, "sqlite_errorcode", 0)  # extended: the low byte is the family
            full = code in _FULL_CODES
            closed = code & 0xFF in _CLOSED_CODES
        else:
            full, closed = error.errno in _FULL_NUMBERS, error.errno in _CLOSED_NUMBERS
        if full:
            raise NoSpace(
                f"The disk is full: a run cannot be written down in {folder}.",
                "Free some space there, or choose another --data-dir.",
            ) from error
        if closed:
            raise NoSpace(
                f"Nothing can be written in {folder}: {_reason(error)}.",
                "Make it writable for this user, or choose another --data-dir.",
            ) from error
        raise


def _reason(error: Exception) -> str:
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return text[:1].lower() + text[1:]
