"""What can go wrong in the knowledge base.

::

    KnowledgeError
    ├── BadQuestion      the question is empty, too long or not text
    ├── NotBuilt         there is no knowledge base in the data directory yet
    ├── OutOfDate        it was built from other package versions or by another model
    ├── Damaged          a file of it cannot be read; what is derived can be rebuilt
    ├── Busy             another process is building it
    ├── NoSpace          the disk is full or the folder cannot be written
    └── BadSource        a source to add cannot be read

Every error carries `what` (one line: what is wrong) and `remedy` (one line: what to do).
"""

from __future__ import annotations


class KnowledgeError(Exception):
    """Base of all errors raised by the knowledge base."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


class BadQuestion(KnowledgeError):
    """The question is empty, too long or not text."""


class NotBuilt(KnowledgeError):
    """There is no knowledge base yet."""


class OutOfDate(KnowledgeError):
    """The knowledge base speaks of other versions than are installed."""


class Damaged(KnowledgeError):
    """A file of the knowledge base cannot be read."""


class Busy(KnowledgeError):
    """Another process is building the knowledge base."""


class NoSpace(KnowledgeError):
    """The disk is full or the data directory cannot be written."""


class BadSource(KnowledgeError):
    """A source to add cannot be read."""
