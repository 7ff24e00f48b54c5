"""Questions to the job store, answered on connections of their own, beside the writer."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from graphflow.errors import JobConflict, UnknownJob
from graphflow.jobs.events import StoredEvent
from graphflow.jobs.model import Attempt, Job, JobState, KeptArtifact
from graphflow.jobs.transaction import COLUMNS, JOB_BY_ID, read_job

PAGE = 100
EVENTS = 1000

_LIST = f"""SELECT {COLUMNS} FROM jobs
    WHERE (?1 IS NULL OR number < ?1) AND (?2 IS NULL OR client = ?2)
    AND (?3 IS NULL OR state IN (SELECT value FROM json_each(?3)))
    AND (?4 IS NULL OR EXISTS (SELECT 1 FROM json_each(labels) WHERE value = ?4))
    AND (?5 IS NULL OR name = ?5) AND (?6 IS NULL OR created >= ?6) AND (?7 IS NULL OR created < ?7)
    ORDER BY number DESC LIMIT ?8"""  # noqa: S608  a constant
_BY_KEY = "SELECT id, sha256 FROM jobs JOIN requests ON job = id WHERE client = ? AND idempotency_key = ?"
_WAITING = "SELECT coalesce(sum(waiting), 0) FROM clients WHERE client = ?"
_NEEDED = """SELECT EXISTS (SELECT 1 FROM artifacts WHERE sha256 = ?1) OR EXISTS (SELECT 1 FROM jobs
    JOIN requests ON job = id WHERE state IN ('queued', 'held', 'running') AND instr(body, ?1))"""
_EVENT = "SELECT seq, events.job, n, events.attempt, at, body, client FROM events"
_BEHIND = f"{_EVENT} WHERE seq > ?1 AND (?2 IS NULL OR client = ?2) ORDER BY seq LIMIT ?3"
_ARTIFACT = "SELECT job, attempt, node, name, purpose, sha256, media_type, size, width, height FROM artifacts"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which jobs are listed: all that agree with every field that is set. Times are seconds since 1970."""

    client: str | None = None
    states: Collection[JobState] | None = None
    label: str | None = None
    name: str | None = None
    created_from: float | None = None
    created_before: float | None = None


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs, newest first, and the `before` of the next page; None when there are no more."""

    jobs: tuple[Job, ...]
    before: int | None


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in order. `resync`: older events that were asked for are gone, so what the reader knows may be wrong."""

    events: tuple[StoredEvent, ...]
    resync: bool


def get(connection: sqlite3.Connection, id: str) -> Job:
    """Return a job; raise UnknownJob."""
    row = connection.execute(JOB_BY_ID, (id,)).fetchone()
    if row is None:
        raise UnknownJob(id)
    return read_job(row)


def submitted(connection: sqlite3.Connection, client: str, key: str, digest: str) -> Job | None:
    """Return the job that a client's idempotency key stands for; None when it stands for none.

    Raise JobConflict when the job was another request, whose fingerprint has another hash.
    """
    row = connection.execute(_BY_KEY, (client, key)).fetchone()
    if row is None:
        return None
    if row[1] != digest:
        raise JobConflict(
            f"the idempotency key {key!r} stands for job {row[0]}, which was another request",
            code="idempotency-conflict",
            hint="use a new key for a new request",
        )
    return get(connection, row[0])


def waiting(connection: sqlite3.Connection, client: str) -> int:
    """Return how many jobs of a client wait for their turn or are held."""
    return int(connection.execute(_WAITING, (client,)).fetchone()[0])


def body(connection: sqlite3.Connection, id: str) -> str:
    """Return a job's request as it came; raise UnknownJob."""
    row = connection.execute("SELECT body FROM requests WHERE job = ?", (id,)).fetchone()
    if row is None:
        raise UnknownJob(id)
    return str(row[0])


def list_jobs(connection: sqlite3.Connection, wanted: Filter, before: int | None, limit: int) -> JobPage:
    """Return a page of jobs, newest first. A page is stable: jobs that come meanwhile do not shift it."""
    states = None if wanted.states is None else json.dumps([each.value for each in wanted.states])
    facts = (wanted.client, states, wanted.label, wanted.name, wanted.created_from, wanted.created_before)
    rows = connection.execute(_LIST, (before, *facts, limit + 1)).fetchall()
    jobs = tuple(read_job(row) for row in rows[:limit])
    return JobPage(jobs, jobs[-1].number if len(rows) > limit else None)


def count(connection: sqlite3.Connection, client: str | None) -> dict[JobState, int]:
    """Return how many jobs there are in each state, of one client or of all."""
    rows = connection.execute(
        "SELECT state, count(*) FROM jobs WHERE ?1 IS NULL OR client = ?1 GROUP BY state", (client,)
    )
    found = {JobState(state): int(number) for state, number in rows}
    return {state: found.get(state, 0) for state in JobState}


def is_paused(connection: sqlite3.Connection) -> bool:
    """Return whether the queue is paused."""
    return bool(connection.execute("SELECT value FROM numbers WHERE name = 'paused'").fetchone()[0])


def events_after(connection: sqlite3.Connection, id: str, n: int, limit: int) -> tuple[StoredEvent, ...]:
    """Return a job's events behind its n-th; raise UnknownJob for a job of which nothing is left."""
    rows = connection.execute(f"{_EVENT} WHERE job = ? AND n > ? ORDER BY n LIMIT ?", (id, n, limit)).fetchall()
    if not rows and connection.execute("SELECT 1 FROM events WHERE job = ? LIMIT 1", (id,)).fetchone() is None:
        raise UnknownJob(id)
    return tuple(StoredEvent(*row) for row in rows)


def events_after_seq(connection: sqlite3.Connection, seq: int, limit: int, client: str | None) -> EventPage:
    """Return the events behind a number, of one client's jobs or of all."""
    connection.execute("BEGIN")  # both questions see one state
    try:
        forgotten = connection.execute("SELECT value FROM numbers WHERE name = 'forgotten'").fetchone()[0]
        rows = connection.execute(_BEHIND, (seq, client, limit)).fetchall()
    finally:
        connection.execute("COMMIT")
    return EventPage(tuple(StoredEvent(*row) for row in rows), resync=seq < forgotten)


def last_seq(connection: sqlite3.Connection) -> int:
    """Return the number of the last event that was stored; 0 when there was none."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
    return 0 if row is None else int(row[0])


def attempts(connection: sqlite3.Connection, id: str) -> tuple[Attempt, ...]:
    """Return a job's attempts in order."""
    rows = connection.execute(
        "SELECT job, number, worker, started, ended, ending FROM attempts WHERE job = ? ORDER BY number", (id,)
    )
    return tuple(Attempt(*row) for row in rows)


def artifacts_of(connection: sqlite3.Connection, id: str) -> tuple[KeptArtifact, ...]:
    """Return what a job's attempts kept, in order."""
    return tuple(KeptArtifact(*row) for row in connection.execute(f"{_ARTIFACT} WHERE job = ? ORDER BY rowid", (id,)))


def is_needed(connection: sqlite3.Connection, sha256: str) -> bool:
    """Return whether a job made these bytes, or one that has not ended names them in its request."""
    return bool(connection.execute(_NEEDED, (sha256,)).fetchone()[0])


def artifacts_under(connection: sqlite3.Connection, sha256: str) -> tuple[KeptArtifact, ...]:
    """Return every artifact with these bytes, whichever job made it."""
    return tuple(
        KeptArtifact(*row) for row in connection.execute(f"{_ARTIFACT} WHERE sha256 = ? ORDER BY rowid", (sha256,))
    )
