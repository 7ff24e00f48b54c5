"""Operations on jobs as a client has them: submit, cancel, try again, delete."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Sequence
from hashlib import sha256

from graphflow.errors import QueueFull, UnknownArtifact
from graphflow.jobs import reading
from graphflow.jobs.events import ArtifactDeleted, JobCancelling, JobChanged, JobDeleted
from graphflow.jobs.model import ENDED, WAITING, Deleted, Job, JobState, NewJob, QueueLimits
from graphflow.jobs.transaction import Transaction, refuse

_INSERT = """INSERT INTO jobs (id, client, state, priority, place, labels, time_limit, created, idempotency_key, name,
    events) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)"""

# By itself SQLite looks for the greatest number from the end of all events on, and mostly finds none.
_NEWEST_TRACE = """SELECT max(seq) FROM events INDEXED BY events_of_the_deleted
    WHERE kind = 'job.deleted' AND at < ?"""


def submit(tx: Transaction, new: NewJob, limits: QueueLimits) -> tuple[Job, bool]:
    """Store a job and return it with True; with False the job that the same key and the same request made before.

    Raise JobConflict when the key stands for another request, and QueueFull when no more jobs may wait.
    """
    digest = fingerprint_of(new)
    if new.idempotency_key is not None and (job := _same(tx, new, digest)):
        return job, False
    state = JobState.HELD if new.held else JobState.QUEUED
    _check_room(tx, new.client, limits)
    tx.run("INSERT INTO clients VALUES (?, 0, 1) ON CONFLICT DO UPDATE SET waiting = waiting + 1", (new.client,))
    id, place = _new_id(), tx.next_place()
    who = (id, new.client, state, new.priority, place)
    made = tx.run(_INSERT, (*who, json.dumps(new.labels), new.time_limit, tx.now, new.idempotency_key, new.name))
    job = Job(int(made.lastrowid or 0), *who, new.labels, new.time_limit, tx.now, events=1, name=new.name)
    tx.run("INSERT INTO requests VALUES (?, ?, ?)", (id, digest, new.body))
    tx.record(job, JobChanged(state=state, attempt=0))
    return job, True


def cancel(tx: Transaction, id: str) -> Job:
    """Cancel a waiting job, and ask a running one to stop. One that has ended, or was asked, stays as it is."""
    job = tx.job(id)
    if job.state in WAITING:
        return tx.move(job, JobState.CANCELLED)
    if job.state is JobState.RUNNING and not job.cancelling:
        return tx.tell(job._replace(cancelling=True), JobCancelling())
    return job


def cancel_all(tx: Transaction, client: str | None) -> tuple[Job, ...]:
    """Cancel every job that has not ended, of one client or of all."""
    rows = tx.run(
        "SELECT id FROM jobs WHERE state IN ('queued', 'held', 'running') AND (?1 IS NULL OR client = ?1)", (client,)
    )
    return tuple(cancel(tx, id) for (id,) in rows.fetchall())


def retry(tx: Transaction, id: str) -> Job:
    """Queue a failed or cancelled job again, behind the others, with its deaths forgotten."""
    job = tx.job(id)
    if job.state not in (JobState.FAILED, JobState.CANCELLED):
        refuse(job, "only a failed or a cancelled job can be tried again")
    return tx.move(job, JobState.QUEUED, place=tx.next_place(), problem=None, alone=False, deaths_alone=0)


def delete(tx: Transaction, id: str) -> Deleted:
    """Delete a job that has ended, with its events."""
    job = tx.job(id)
    if job.state not in ENDED:
        refuse(job, "cancel it before it is deleted")
    return _delete(tx, [id])


def delete_artifact(tx: Transaction, id: str, sha256: str) -> Deleted:
    """Delete a file of a job that has ended; raise UnknownArtifact. The job and its outputs stay as they are."""
    job = tx.job(id)
    if job.state not in ENDED:
        refuse(job, "its files can be deleted when it has ended")
    if tx.run("DELETE FROM artifacts WHERE job = ? AND sha256 = ?", (id, sha256)).rowcount == 0:
        raise UnknownArtifact(sha256)
    tx.tell(job, ArtifactDeleted(sha256=sha256))
    return Deleted((), _orphans(tx, {sha256}))


def clear(tx: Transaction, client: str | None) -> Deleted:
    """Delete every job that has ended, of one client or of all."""
    rows = tx.run(
        "SELECT id FROM jobs WHERE state IN ('done', 'failed', 'cancelled') AND (?1 IS NULL OR client = ?1)", (client,)
    )
    return _delete(tx, [id for (id,) in rows.fetchall()])


def retain(tx: Transaction, seconds: float, most: int, limit: int) -> Deleted:
    """Delete jobs that ended longer ago than this, and the oldest beyond `most` that have ended, at most `limit`.

    Traces of jobs deleted longer ago than this go as well; who asks for events from before them has to start anew.
    """
    ended = tx.number("SELECT count(*) FROM jobs WHERE finished IS NOT NULL")
    past = tx.number("SELECT count(*) FROM jobs WHERE finished < ?", (tx.now - seconds,))
    rows = tx.run(
        "SELECT id FROM jobs WHERE finished IS NOT NULL ORDER BY finished, number LIMIT ?",
        (min(limit, max(past, ended - most, 0)),),
    )
    deleted = _delete(tx, [id for (id,) in rows.fetchall()])
    old = tx.run(_NEWEST_TRACE, (tx.now - seconds,)).fetchone()[0]
    if old is not None:
        tx.run("UPDATE numbers SET value = max(value, ?) WHERE name = 'forgotten'", (old,))
        tx.run("DELETE FROM events WHERE kind = 'job.deleted' AND seq <= ?", (old,))
    return deleted


def discard(tx: Transaction, ids: Sequence[str]) -> Deleted:
    """Delete those of these jobs that are there and have ended: one may have been tried again meanwhile."""
    marks = ", ".join("?" * len(ids))
    ended = f"SELECT id FROM jobs WHERE id IN ({marks}) AND state IN ('done', 'failed', 'cancelled')"  # noqa: S608  marks
    return _delete(tx, [id for (id,) in tx.run(ended, tuple(ids)).fetchall()])


def fingerprint_of(new: NewJob) -> str:
    """Return the hash by which requests with the same idempotency key are told apart."""
    return sha256((new.body if new.fingerprint is None else new.fingerprint).encode()).hexdigest()


def _check_room(tx: Transaction, client: str, limits: QueueLimits) -> None:
    for most, whose, condition in ((limits.each, "of yours ", "client = ?"), (limits.all, "", "? IS NOT NULL")):
        if most is None:
            continue
        waiting = tx.number(f"SELECT coalesce(sum(waiting), 0) FROM clients WHERE {condition}", (client,))  # noqa: S608  constants
        if waiting >= most:
            raise QueueFull(f"{waiting:,} jobs {whose}wait already, and {most:,} may")


def _same(tx: Transaction, new: NewJob, digest: str) -> Job | None:
    return reading.submitted(tx.connection, new.client, str(new.idempotency_key), digest)


def _new_id() -> str:
    """Return an id that nobody guesses; ids of later jobs sort behind, which keeps the index on them compact."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(6)}"


def _delete(tx: Transaction, ids: Sequence[str]) -> Deleted:
    hashes: set[str] = set()
    for id in ids:
        job = tx.job(id)
        tx.run("DELETE FROM events WHERE job = ?", (id,))
        tx.append(job, [JobDeleted()])
        hashes.update(each for (each,) in tx.run("SELECT sha256 FROM artifacts WHERE job = ?", (id,)))
        tx.run("DELETE FROM artifacts WHERE job = ?", (id,))
        tx.run("DELETE FROM attempts WHERE job = ?", (id,))
        tx.run("DELETE FROM requests WHERE job = ?", (id,))
        tx.run("DELETE FROM jobs WHERE id = ?", (id,))
    return Deleted(tuple(ids), _orphans(tx, hashes))


def _orphans(tx: Transaction, hashes: Iterable[str]) -> frozenset[str]:
    """Return those that no job has."""
    used = "SELECT EXISTS (SELECT 1 FROM artifacts WHERE sha256 = ?)"
    return frozenset(each for each in hashes if not tx.number(used, (each,)))
