"""Operations on the queue: whose turn it is, in which order, and whether it moves at all.

Clients take turns: the one that was served longest ago comes next. Among the jobs of a client the highest priority
goes first, then the earliest place. So a client with a thousand jobs delays another's first by one at most.
"""

from __future__ import annotations

from typing import Any, Literal

from graphflow.errors import JobConflict
from graphflow.jobs.events import JobChanged
from graphflow.jobs.model import Claim, Job, JobState
from graphflow.jobs.transaction import COLUMNS, SPACING, Transaction, read_job, refuse

_STANDING = """SELECT (SELECT value FROM numbers WHERE name = 'paused'), count(*), coalesce(max(alone), 0),
    (SELECT min(number) FROM jobs INDEXED BY jobs_alone WHERE state = 'queued' AND alone = 1)
    FROM jobs WHERE state = 'running' AND worker = ?"""
"""The index is named because by itself SQLite would read all that are queued."""
_ASKED = f"SELECT {COLUMNS}, body FROM jobs JOIN requests ON job = id WHERE number = "  # noqa: S608  a constant
_IN_TURN = """(SELECT number FROM jobs WHERE state = 'queued' AND alone = 0 AND client =
    (SELECT client FROM clients AS c WHERE EXISTS
        (SELECT 1 FROM jobs WHERE state = 'queued' AND alone = 0 AND client = c.client) ORDER BY served, client LIMIT 1)
    ORDER BY priority DESC, place LIMIT 1)"""
_CLIENT = Job._fields.index("client")
_SERVED = "UPDATE clients SET served = (SELECT max(served) + 1 FROM clients) WHERE client = ?"


def claim(tx: Transaction, worker: str) -> Claim | None:
    """Give a worker the next job, as a new attempt; None when there is none for it now.

    A job that has to run alone goes first. While one waits, a busy worker gets nothing, so that it becomes idle.
    """
    paused, busy, alone, next_alone = tx.run(_STANDING, (worker,)).fetchone()
    if paused or alone or (busy and next_alone is not None):
        return None
    row = _in_turn(tx) if next_alone is None else tx.run(f"{_ASKED} ?", (next_alone,)).fetchone()
    if row is None:
        return None
    *facts, body = row
    job = read_job(facts)
    attempt = job.attempt + 1
    tx.run("INSERT INTO attempts VALUES (?, ?, ?, ?, NULL, NULL)", (job.id, attempt, worker, tx.now))
    return Claim(tx.move(job, JobState.RUNNING, attempt=attempt, worker=worker, started=tx.now), body)


def hold(tx: Transaction, id: str) -> Job:
    """Keep a queued job back; a held one stays held."""
    job = tx.job(id)
    return job if job.state is JobState.HELD else tx.move(job, JobState.HELD)


def release(tx: Transaction, id: str) -> Job:
    """Put a held job back to its place in the queue; a queued one stays there."""
    job = tx.job(id)
    if job.state is JobState.QUEUED:
        return job
    if job.state is not JobState.HELD:
        refuse(job, "only a held job can be released")
    return tx.move(job, JobState.QUEUED)


def prioritise(tx: Transaction, id: str, priority: int) -> Job:
    """Give a waiting job another priority."""
    return _place(tx, _waiting(tx, id), priority, None)


def reorder(tx: Transaction, id: str, before: str | None, end: Literal["front", "back"]) -> Job:
    """Put a waiting job before another of its client, or to an end of its client's jobs; it takes the priority there.

    Raise JobConflict for a job of another client: those take turns.
    """
    job = _waiting(tx, id)
    if before == id:
        return job
    if before is not None:
        target = _waiting(tx, before)
        if target.client != job.client:
            raise JobConflict(
                f"job {before} belongs to another client, and clients take turns",
                code="wrong-client",
                hint="name a job of the same client",
            )
        return _place(tx, job, target.priority, _room_before(tx, target))
    low, high, first = _ends(tx, job)
    return _place(tx, job, high, first - SPACING) if end == "front" else _place(tx, job, low, tx.next_place())


def pause(tx: Transaction, paused: bool) -> None:
    """Stop or let go the handing out of jobs. What runs goes on; a restart changes nothing."""
    tx.run("UPDATE numbers SET value = ? WHERE name = 'paused'", (paused,))
    tx.stirred = True


def _in_turn(tx: Transaction) -> tuple[Any, ...] | None:
    """Return the row of the next job of the client whose turn it is, and count the turn."""
    row: tuple[Any, ...] | None = tx.run(f"{_ASKED} {_IN_TURN}").fetchone()
    if row is not None:
        tx.run(_SERVED, (row[_CLIENT],))
    return row


def _waiting(tx: Transaction, id: str) -> Job:
    job = tx.job(id)
    if job.state not in (JobState.QUEUED, JobState.HELD):
        refuse(job, "it does not wait any more")
    return job


def _ends(tx: Transaction, job: Job) -> tuple[int, int, int]:
    """Return the lowest and the highest priority, and the first place, of a client's waiting jobs."""
    low, high, first = tx.run(
        "SELECT min(priority), max(priority), min(place) FROM jobs WHERE state IN ('queued', 'held') AND client = ?",
        (job.client,),
    ).fetchone()
    return low, high, first


def _room_before(tx: Transaction, target: Job) -> int:
    """Return a free place right before a job; where there is none, space out all of its client's first."""
    before = tx.run(
        "SELECT max(place) FROM jobs WHERE state IN ('queued', 'held') AND client = ? AND place < ?",
        (target.client, target.place),
    ).fetchone()[0]
    if before is None:
        return target.place - SPACING
    if target.place - before >= 2:
        return int(before + target.place) // 2
    rows = tx.run(
        "SELECT number FROM jobs WHERE state IN ('queued', 'held') AND client = ? ORDER BY place, number",
        (target.client,),
    ).fetchall()
    for (number,) in rows:
        tx.run("UPDATE jobs SET place = ? WHERE number = ?", (tx.next_place(), number))
    return _room_before(tx, tx.job(target.id))


def _place(tx: Transaction, job: Job, priority: int, place: int | None) -> Job:
    job = job._replace(priority=priority, place=job.place if place is None else place)
    return tx.tell(job, JobChanged(state=job.state, attempt=job.attempt))
