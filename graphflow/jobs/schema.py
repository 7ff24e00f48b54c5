"""The tables of the job store, and the steps from each version of them to the next."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from graphflow.errors import StorageError

APPLICATION = 0x47464A42
"""Marks a database as ours in SQLite's header ("GFJB")."""

VERSION_1 = """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    client TEXT NOT NULL,
    state TEXT NOT NULL,
    priority INTEGER NOT NULL,
    place INTEGER NOT NULL,
    labels TEXT NOT NULL,
    time_limit REAL,
    created REAL NOT NULL,
    started REAL,
    finished REAL,
    attempt INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    alone INTEGER NOT NULL DEFAULT 0,
    deaths_alone INTEGER NOT NULL DEFAULT 0,
    cancelling INTEGER NOT NULL DEFAULT 0,
    events INTEGER NOT NULL DEFAULT 0,
    problem TEXT,
    outputs TEXT,
    idempotency_key TEXT
);
CREATE UNIQUE INDEX jobs_by_key ON jobs (client, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX jobs_by_state ON jobs (state, number);
CREATE INDEX jobs_by_client ON jobs (client, number);
CREATE INDEX jobs_queued ON jobs (client, priority DESC, place) WHERE state = 'queued' AND alone = 0;
CREATE INDEX jobs_alone ON jobs (number) WHERE state = 'queued' AND alone = 1;
CREATE INDEX jobs_running ON jobs (worker) WHERE state = 'running';

CREATE TABLE requests (
    job TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    body TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE attempts (
    job TEXT NOT NULL,
    number INTEGER NOT NULL,
    worker TEXT NOT NULL,
    started REAL NOT NULL,
    ended REAL,
    ending TEXT,
    PRIMARY KEY (job, number)
) WITHOUT ROWID;

CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL,
    n INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX events_by_job ON events (job, n);
CREATE INDEX events_of_the_deleted ON events (at) WHERE kind = 'job.deleted';

CREATE TABLE artifacts (
    job TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    node TEXT NOT NULL,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    width INTEGER,
    height INTEGER
);
CREATE INDEX artifacts_by_job ON artifacts (job);
CREATE INDEX artifacts_by_hash ON artifacts (sha256);

CREATE TABLE clients (
    client TEXT PRIMARY KEY,
    served INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE numbers (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO numbers VALUES ('paused', 0), ('turn', 0), ('place', 0), ('forgotten', 0);
"""

VERSION_2 = """
ALTER TABLE jobs ADD COLUMN name TEXT;
ALTER TABLE artifacts ADD COLUMN created REAL NOT NULL DEFAULT 0;
UPDATE artifacts SET created = coalesce(
    (SELECT started FROM attempts WHERE attempts.job = artifacts.job AND attempts.number = artifacts.attempt), 0);
"""
"""Names of jobs, and when an artifact was kept; of older ones, when their attempt began."""

VERSION_3 = """
ALTER TABLE events ADD COLUMN client TEXT NOT NULL DEFAULT '';
UPDATE events SET client = coalesce((SELECT client FROM jobs WHERE id = job), '');
ALTER TABLE clients ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0;
UPDATE clients SET waiting =
    (SELECT count(*) FROM jobs WHERE jobs.client = clients.client AND state IN ('queued', 'held'));
"""
"""Events name their client, which outlasts the job; and how many jobs of a client wait is known without counting."""

VERSION_4 = """
CREATE INDEX jobs_ended ON jobs (finished) WHERE finished IS NOT NULL;
"""
"""The oldest that has ended is found without reading and sorting all jobs."""

MIGRATIONS: tuple[str, ...] = (VERSION_1, VERSION_2, VERSION_3, VERSION_4)
"""Step n makes version n + 1 of version n. A step that was released never changes."""

_MAGIC = b"SQLite format 3\0"
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
_HEADER = 100
RESTORE = "graphflow jobs restore BACKUP"


def check_header(path: Path, newest: int) -> None:
    """Refuse a file that is no job store of ours, or one of a newer program, from its first bytes; touch nothing.

    Raise StorageError. An absent or an empty file is fine.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(f"cannot read the job store {path}: {error.strerror or error}") from error
    if not header:
        return
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        if _is_undone(path):
            return
        raise damaged(path, "its header is destroyed")
    check_version(path, int.from_bytes(header[60:64], "big"), int.from_bytes(header[68:72], "big"), newest)


def _is_undone(path: Path) -> bool:
    """Say whether SQLite puts the file back when it opens it: its very first write was cut short by a power cut.

    Only that one has a journal beside the file; all others go to the log.
    """
    try:
        with path.with_name(f"{path.name}-journal").open("rb") as file:
            return file.read(len(_JOURNAL_MAGIC)) == _JOURNAL_MAGIC
    except OSError:
        return False


def check_version(path: Path, version: int, application: int, newest: int) -> None:
    """Raise StorageError when a database is another program's or a newer program's."""
    if application not in (0, APPLICATION) or (application == 0 and version != 0):
        raise StorageError(
            f"{path} is a database of another program, not a job store",
            hint="move it away, or choose another home with --home",
        )
    if version > newest:
        raise StorageError(
            f"the job store {path} has version {version}, and this program knows versions up to {newest}; "
            "nothing was changed",
            hint="install the newer GraphFlow that wrote it, or choose another home with --home",
        )


def damaged(path: Path, what: str) -> StorageError:
    """Return the error for a database that cannot be read, which names the way back."""
    return StorageError(
        f"the job store {path} is damaged: {what}; nothing was overwritten",
        hint=f"put a backup in its place with `{RESTORE}`; it keeps the damaged file beside it",
    )


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of an open database; 0 is an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, steps: Sequence[str] = MIGRATIONS) -> None:
    """Bring a database up to date in one transaction, all steps or none."""
    version = version_of(connection)
    if version == len(steps):
        return
    script = "\n".join(steps[version:])
    try:
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{script}\n"
            f"PRAGMA application_id = {APPLICATION};\nPRAGMA user_version = {len(steps)};\nCOMMIT;"
        )
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # so that the header itself says the version
