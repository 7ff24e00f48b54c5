"""What operations do inside the writer's transaction: read and change jobs, and tell what happened."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NoReturn, TypeAlias

from graphflow.errors import JobConflict, Problem, StaleAttempt, UnknownJob
from graphflow.jobs.events import JobChanged, StoredEvent, StoreEvent, WorkerEvent
from graphflow.jobs.model import ENDED, TRANSITIONS, WAITING, Job, JobState

Values: TypeAlias = Sequence[Any] | dict[str, Any]

SPACING = 2**20
"""Between the places of two jobs in a row, so that most moves change one row."""
COLUMNS = ", ".join(Job._fields)
JOB_BY_ID = f"SELECT {COLUMNS} FROM jobs WHERE id = ?"  # noqa: S608  a constant
_CHANGING = (
    *("state", "priority", "place", "started", "finished", "attempt", "worker"),
    *("alone", "deaths_alone", "cancelling", "events"),
)
_changing = itemgetter(*map(Job._fields.index, _CHANGING))
_SAVE = f"UPDATE jobs SET {', '.join(f'{each} = ?' for each in _CHANGING)}, problem = ?, outputs = ? WHERE number = ?"  # noqa: S608  a constant


class Transaction:
    """One open transaction, which happens at one moment, `now`. `told` holds the events that it has stored so far.

    `stirred` says that something happened for which an idle worker may have waited.
    """

    def __init__(self, connection: sqlite3.Connection, now: float) -> None:
        self.connection = connection
        self.now = now
        self.told: list[StoredEvent] = []
        self.stirred = False

    def run(self, sql: str, values: Values = ()) -> sqlite3.Cursor:
        """Execute one statement."""
        return self.connection.execute(sql, values)

    def number(self, sql: str, values: Values = ()) -> int:
        """Return the one number that a query finds."""
        return int(self.connection.execute(sql, values).fetchone()[0])

    def next_place(self) -> int:
        """Return a place behind all that were given out."""
        return self.number("UPDATE numbers SET value = value + ? WHERE name = 'place' RETURNING value", (SPACING,))

    def job(self, id: str) -> Job:
        """Return a job; raise UnknownJob."""
        row = self.connection.execute(JOB_BY_ID, (id,)).fetchone()
        if row is None:
            raise UnknownJob(id)
        return read_job(row)

    def running(self, id: str, attempt: int) -> Job:
        """Return a job whose running attempt is this one; raise StaleAttempt when that is over."""
        return self.still(self.job(id), attempt)

    def still(self, job: Job, attempt: int) -> Job:
        """Return a job if this attempt of it runs; raise StaleAttempt when that is over."""
        if job.state is not JobState.RUNNING or job.attempt != attempt:
            raise StaleAttempt(job.id, attempt)
        return job

    def save(self, job: Job) -> Job:
        """Write what can change of a job."""
        problem = None if job.problem is None else json.dumps(job.problem.to_json())
        outputs = None if job.outputs is None else json.dumps(job.outputs)
        self.run(_SAVE, (*_changing(job), problem, outputs, job.number))
        return job

    def move(self, job: Job, state: JobState, **changes: Any) -> Job:
        """Bring a job into a state, with other changes, and tell it; raise JobConflict where that cannot follow."""
        if state not in TRANSITIONS[job.state]:
            refuse(job, f"it cannot become {state}")
        if more := (state in WAITING) - (job.state in WAITING):
            self.run("UPDATE clients SET waiting = waiting + ? WHERE client = ?", (more, job.client))
        worker = job.worker if state is JobState.RUNNING else None
        finished = self.now if state in ENDED else None
        usual = {"state": state, "worker": worker, "finished": finished, "cancelling": False, "events": job.events + 1}
        job = job._replace(**{**usual, **changes})
        self.record(job, JobChanged(state=state, attempt=job.attempt, problem=job.problem))
        return self.save(job)

    def tell(self, job: Job, event: StoreEvent) -> Job:
        """Store an event of the store itself, and the job with it."""
        return self.save(self.append(job, [event]))

    def append(self, job: Job, events: Sequence[WorkerEvent | StoreEvent]) -> Job:
        """Store events under the job's next numbers. The caller saves the job that is returned."""
        for n, event in enumerate(events, job.events + 1):
            self.record(job, event, n)
        return job._replace(events=job.events + len(events))

    def record(self, job: Job, event: WorkerEvent | StoreEvent, n: int | None = None) -> None:
        """Store an event under a number, by default that of the one that the job counted last."""
        n = job.events if n is None else n
        body = event.model_dump_json(exclude_none=True)
        self.stirred = self.stirred or event.kind == "job.state"
        cursor = self.run(
            "INSERT INTO events (job, n, attempt, at, kind, body, client) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (job.id, n, job.attempt, self.now, event.kind, body, job.client),
        )
        seq = int(cursor.lastrowid or 0)
        self.told.append(StoredEvent(seq, job.id, n, job.attempt, self.now, body, job.client))


def refuse(job: Job, why: str) -> NoReturn:
    """Raise the JobConflict of a job whose state does not allow what was asked."""
    raise JobConflict(f"job {job.id} is {job.state}: {why}", code="wrong-state")


def read_job(row: Sequence[Any]) -> Job:
    """Return the job of a row of COLUMNS."""
    facts = list(row)
    for place, read in _READ:
        facts[place] = read(facts[place])
    return Job._make(facts)


def _read_labels(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(json.loads(text))


def _read_problem(text: str | None) -> Problem | None:
    return None if text is None else Problem(**json.loads(text))


def _read_outputs(text: str | None) -> Any:
    return None if text is None else json.loads(text)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "state": {each.value: each for each in JobState}.__getitem__,
    "labels": _read_labels,
    "alone": bool,
    "cancelling": bool,
    "problem": _read_problem,
    "outputs": _read_outputs,
}
_READ = tuple((Job._fields.index(name), read) for name, read in _READERS.items())
"""Where in a row something stands that SQLite does not know, and what reads it."""
