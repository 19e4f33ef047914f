"""The database of the chats: its tables, its migrations, and whose process has it open."""

from __future__ import annotations

import hashlib
from pathlib import Path

from runner import sqlite
from runner.disk import writing_to
from runner.store import Owner

_SCHEMA = """
create table conversation (
    id text primary key,
    channel text not null, server text not null, room text not null, thread text not null,
    asker text not null,           -- the person who began it
    subject text not null,         -- what the last question was about, redacted; answers follow-ups
    sources text not null,         -- JSON: the last answer's pages
    locale text not null,
    url text not null,
    state text not null check (state in ('open', 'solved', 'closed')),
    updated real not null,         -- seconds since 1970
    reminded real
) without rowid;
create index conversation_by_state on conversation (channel, state, updated);
create table handled (
    channel text not null, message text not null, revision text not null,
    room text not null, author text not null, conversation text not null,
    owner text not null,           -- the process that answers it
    state text not null check (state in ('claimed', 'answered')),
    body text,                     -- JSON of the message, kept only until it is answered
    run text,                      -- the run it started
    at real not null,
    primary key (channel, message, revision)
) without rowid;
create index handled_by_state on handled (state, channel);
create index handled_by_author on handled (channel, author);
create table reply (
    channel text not null, id text not null,
    message text not null, slot text not null, conversation text not null, author text not null,
    kind text not null, run text not null, at real not null,
    primary key (channel, id)
) without rowid;
create index reply_by_message on reply (channel, message);
create index reply_by_conversation on reply (conversation, at);
create index reply_by_author on reply (channel, author);
create table seen (
    channel text not null, room text not null, message text not null, at real not null,
    primary key (channel, room)
) without rowid;
create table button (
    token text primary key,
    channel text not null, conversation text not null, author text not null,
    label text not null, intent text not null, arguments text not null, at real not null
) without rowid;
create index button_by_age on button (at);
create table feedback (
    channel text not null, reply text not null, author text not null,
    vote text not null, subject text not null, sources text not null, at real not null,
    primary key (channel, reply, author)
) without rowid;
create table usage (channel text not null, server text not null, author text not null, kind text not null,
    at real not null);
create index usage_by_author on usage (channel, author, kind, at);
create index usage_by_server on usage (channel, server, kind, at);
create table standing (
    person text primary key,       -- a hash: that somebody misbehaved outlives being forgotten, who it was does not
    score real not null, scored real not null,
    blocked_until real not null, reason text not null
) without rowid;
create table choice (
    channel text not null, place text not null, name text not null, value text not null,
    primary key (channel, place, name)
) without rowid;
create virtual table solved using fts5 (subject, conversation unindexed, server unindexed, url unindexed,
    tokenize = 'porter unicode61');
pragma user_version = 1;
"""
# Steps from one version to the next; append only.
_MIGRATIONS: tuple[str, ...] = (
    """
create table question (
    id text primary key,           -- the answer's id; who votes names it
    at real not null, channel text not null,
    subject text not null,         -- redacted
    language text not null,
    answered integer not null, confidence real not null,
    sources text not null,         -- JSON: ids of the pages shown
    seconds real not null
);
create index question_by_age on question (at);
alter table feedback add column reason text not null default '';
create index feedback_by_age on feedback (at);
pragma user_version = 2;
""",
    """
alter table question add column author text not null default '';
create index question_by_author on question (channel, author) where author != '';
pragma user_version = 3;
""",
    """
create table learned (
    page text primary key,         -- in the knowledge base
    conversation text not null unique,
    channel text not null, room text not null, at real not null,
    body text                      -- JSON of the page, until a build has taken it up
) without rowid;
create index learned_by_room on learned (channel, room);
create table unlearned (
    page text primary key,         -- that is to go, until a build was without it
    at real not null
) without rowid;
create table taught (page text not null, person text not null, primary key (page, person)) without rowid;
create index taught_by_person on taught (person);
create table kept_out (person text primary key) without rowid;
pragma user_version = 4;
""",
)


def hashed(channel: str, person: str) -> str:
    """Return a name for somebody that does not say who it is."""
    return hashlib.blake2b(f"{channel}/{person}".encode(), digest_size=16).hexdigest()


class Database(sqlite.Database):
    """One SQLite file and the mark of the process that uses it. Thread-safe; processes may share the file."""

    def __init__(self, folder: Path) -> None:
        """Open or make the memory.

        Raises:
            NoSpace: the folder cannot be written to.
        """
        # What is forgotten shall not be found in the file any more.
        super().__init__(folder / "memory.sqlite3", (_SCHEMA, *_MIGRATIONS), "secure_delete = on")
        with writing_to(folder):
            self.owner = Owner(folder / "owners")
        self._sweep_marks()

    def _sweep_marks(self) -> None:
        """Remove the marks of processes that are gone, once nothing unfinished bears their name."""
        held = {row[0] for row in self.rows("select distinct owner from handled where state = 'claimed'")}
        for name in self.owner.dead():
            if name not in held:
                self.owner.forget(name)

    def close(self) -> bool:
        """Close the file; what was claimed and not answered can be claimed by the next process."""
        closed = super().close()
        if closed:
            self.owner.close()
        return closed
