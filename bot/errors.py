"""What can go wrong at the front door, and how every error of the house becomes an exit status.

::

    FrontDoorError
    ├── BadCall          the command or its arguments are wrong            exit 2
    ├── BadSetting       a key of lobby.toml or the environment is wrong   exit 2
    └── CannotServe      the address cannot be listened on                 exit 3

Errors of the other rooms (`kb.errors`, `runner.errors`) have the same two fields, `what` and `remedy`, and are
translated by `exit_status`.
"""

from __future__ import annotations

from kb.errors import BadQuestion, BadSource, KnowledgeError
from runner.errors import QueueFull, RunnerError, UnknownRun

DONE = 0
FAILED = 1
WRONG_CALL = 2
CANNOT = 3


class FrontDoorError(Exception):
    """Base of all errors raised by `bot`."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


class BadCall(FrontDoorError):
    """The command or its arguments are wrong."""


class BadSetting(FrontDoorError):
    """A setting has an unknown name or a value that is not allowed."""


class CannotServe(FrontDoorError):
    """The address cannot be listened on."""


HouseError = FrontDoorError | KnowledgeError | RunnerError
HOUSE_ERRORS = (FrontDoorError, KnowledgeError, RunnerError)


def exit_status(error: HouseError) -> int:
    """Return the exit status that the command ends with after `error`."""
    if isinstance(error, BadCall | BadSetting | BadQuestion | BadSource | UnknownRun):
        return WRONG_CALL
    if isinstance(error, QueueFull):
        return FAILED
    return CANNOT
