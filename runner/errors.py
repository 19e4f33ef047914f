"""What can go wrong in the runner itself.

A snippet that fails is a `Result`, never an exception. These are for the rest::

    RunnerError
    ├── Unavailable     this machine cannot isolate code; nothing was run
    ├── NoSpace         the folder of runs cannot be written to: disk full, read-only or not allowed
    ├── QueueFull       more runs are waiting than the bound allows
    └── UnknownRun      no run has that id

Every error carries `what` (one line: what is wrong) and `remedy` (one line: what to do).
"""

from __future__ import annotations


class RunnerError(Exception):
    """Base of all errors raised by the runner."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


class Unavailable(RunnerError):
    """This machine cannot isolate code, so nothing is run."""


class NoSpace(RunnerError):
    """The folder of runs cannot be written to: the disk is full, read-only, or belongs to somebody else."""


class QueueFull(RunnerError):
    """The bounded queue has no place left; `retry_after_s` says when to come back."""

    def __init__(self, what: str, remedy: str, retry_after_s: float) -> None:
        super().__init__(what, remedy)
        self.retry_after_s = retry_after_s


class UnknownRun(RunnerError):
    """No run has the id that was asked for."""
