"""Operations of those who run jobs: append events, end an attempt, and what becomes of a dead worker's jobs.

Each names the attempt that it speaks for, and an attempt that is over can change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphflow.errors import Problem
from graphflow.jobs.events import LASTING, ArtifactKept, WorkerEvent
from graphflow.jobs.model import Job, JobState
from graphflow.jobs.transaction import COLUMNS, Transaction, read_job

DEATHS = 3
"""A job that ended so many workers, each time alone, has failed."""


def append(tx: Transaction, id: str, attempt: int, events: Sequence[WorkerEvent]) -> Job:
    """Store what a worker reports, with a row for each artifact; raise StaleAttempt when the attempt is over."""
    return tx.save(_add(tx, tx.running(id, attempt), events))


def end(
    tx: Transaction,
    id: str,
    attempt: int,
    state: JobState,
    events: Sequence[WorkerEvent] = (),
    *,
    problem: Problem | None = None,
    outputs: Mapping[str, Any] | None = None,
) -> Job:
    """End an attempt, and its job, in a state, after its last events. The same end said again changes nothing."""
    job = tx.job(id)
    if job.state is state and job.attempt == attempt:
        return job
    job = _add(tx, tx.still(job, attempt), events)
    _close(tx, job, state)
    return tx.move(job, state, problem=problem, outputs=outputs)


def give_back(tx: Transaction, id: str, attempt: int, events: Sequence[WorkerEvent] = ()) -> Job:
    """Queue a running job again at its old place, with no blame: its worker was stopped on purpose.

    One that somebody wanted to stop is cancelled.
    """
    return _lose(tx, _add(tx, tx.running(id, attempt), events), blame=False, was_alone=False)


def worker_died(tx: Transaction, worker: str, blame: bool) -> tuple[Job, ...]:
    """Decide about the jobs that a worker had in flight when it died, and return them.

    Each is queued again, after a death with several in flight to be run alone. Only a death alone counts against a job,
    and the third makes it fail. A job that somebody wanted to stop is cancelled. Without `blame`, when the worker was
    ended on purpose, nothing counts.
    """
    rows = tx.run(f"SELECT {COLUMNS} FROM jobs WHERE state = 'running' AND worker = ?", (worker,))  # noqa: S608  a constant
    jobs = [read_job(row) for row in rows.fetchall()]
    return tuple(_lose(tx, job, blame=blame, was_alone=len(jobs) == 1) for job in jobs)


def recover(tx: Transaction) -> tuple[Job, ...]:
    """Queue again what ran when the last server ended: its workers ended with it, and none of them is to blame."""
    workers = tx.run("SELECT DISTINCT worker FROM jobs WHERE state = 'running'").fetchall()
    return tuple(job for (worker,) in workers for job in worker_died(tx, worker, blame=False))


def _lose(tx: Transaction, job: Job, *, blame: bool, was_alone: bool) -> Job:
    if job.cancelling:
        _close(tx, job, JobState.CANCELLED)
        return tx.move(job, JobState.CANCELLED)
    if not blame:
        return _requeue(tx, job, "returned")
    deaths = job.deaths_alone + was_alone
    if deaths < DEATHS:
        return _requeue(tx, job, "lost", alone=True, deaths_alone=deaths)
    _close(tx, job, "lost")
    node = _open_node(tx, job)
    problem = Problem(
        "worker_lost",
        f"the worker died {deaths} times while it ran this job alone",
        node=node,
        hint="it may need more memory than there is: try smaller pictures or batches, and look into the worker's log",
    )
    return tx.move(job, JobState.FAILED, deaths_alone=deaths, problem=problem)


def _add(tx: Transaction, job: Job, events: Sequence[WorkerEvent]) -> Job:
    """Store events of a job, with a row for each artifact. The caller saves the job that is returned."""
    for event in events:
        if isinstance(event, ArtifactKept):
            _keep(tx, job, event)
    return tx.append(job, events) if events else job


def _requeue(tx: Transaction, job: Job, ending: str, **changes: Any) -> Job:
    _close(tx, job, ending)
    return tx.move(job, JobState.QUEUED, **changes)


def _close(tx: Transaction, job: Job, ending: str) -> None:
    tx.run(
        "UPDATE attempts SET ended = ?, ending = ? WHERE job = ? AND number = ?",
        (tx.now, ending, job.id, job.attempt),
    )


def _open_node(tx: Transaction, job: Job) -> str | None:
    """Return the node that this attempt started last and did not finish."""
    rows = tx.run(
        "SELECT body FROM events WHERE job = ? AND attempt = ? AND kind IN ('node.started', 'node.finished') ORDER BY n",
        (job.id, job.attempt),
    )
    running: dict[str, None] = {}
    for (body,) in rows:
        event = LASTING.validate_json(body)
        if event.kind == "node.started":
            running[event.node] = None
        elif event.kind == "node.finished":
            running.pop(event.node, None)
    return next(reversed(running), None)


def _keep(tx: Transaction, job: Job, event: ArtifactKept) -> None:
    facts = {**event.model_dump(), "job": job.id, "attempt": job.attempt, "created": tx.now}
    tx.run(
        "INSERT INTO artifacts VALUES "
        "(:job, :attempt, :node, :name, :purpose, :sha256, :media_type, :size, :width, :height, :created)",
        facts,
    )
