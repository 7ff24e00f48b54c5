"""The durable job store: what was asked, what happened, in order, in one SQLite database per home."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, TypeAlias, TypeVar

from graphflow.errors import Problem, StorageError
from graphflow.home import make_folder
from graphflow.jobs import attempting, gallery, positions, queueing, reading, submitting, surplus
from graphflow.jobs.database import FILE, connect, open_database
from graphflow.jobs.events import StoredEvent, WorkerEvent
from graphflow.jobs.gallery import Gallery, Shown, Wanted
from graphflow.jobs.lock import LOCK, HomeLock
from graphflow.jobs.model import Attempt, Claim, Deleted, Job, JobState, KeptArtifact, NewJob, QueueLimits
from graphflow.jobs.reading import EVENTS, PAGE, EventPage, Filter, JobPage
from graphflow.jobs.schema import MIGRATIONS
from graphflow.jobs.transaction import Transaction
from graphflow.jobs.writer import Announce, Deliver, Writer, at_once

P = ParamSpec("P")
T = TypeVar("T")
_ALL = Filter()
_NO_LIMITS = QueueLimits()
Events: TypeAlias = Sequence[WorkerEvent]


def _ignore(events: Sequence[StoredEvent]) -> None:
    """Listen to nothing."""


class JobStore:
    """Hold the jobs of a home folder; one store at a time, from any thread.

    Each change returns a future that is done when the change is on disk, and raises a JobError when it is refused or a
    StorageError when the disk fails: `store.submit(new).result()`, or `await heard(store.submit(new))` on a loop.
    Questions are answered at once. `announce` gets the events of each commit, in order. `deliver` says where the futures
    of a commit are done and its events announced: `loop.call_soon_threadsafe` wakes a loop once for all of them.

    Raise StorageError when another process has the home, or when the database is damaged or of a newer program. Jobs
    that ran when the last store ended are queued again.
    """

    def __init__(
        self,
        folder: Path,
        announce: Announce = _ignore,
        migrations: Sequence[str] = MIGRATIONS,
        limits: QueueLimits = _NO_LIMITS,
        deliver: Deliver = at_once,
    ) -> None:
        make_folder(folder)
        self._path = folder / FILE
        self._limits = limits
        self._lock = HomeLock(folder / LOCK)
        try:
            connection = open_database(self._path, migrations)
        except BaseException:
            self._lock.close()
            raise
        self._connection = connection
        self._idle: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self._closed = False
        self._writer = Writer(connection, announce)
        self._do(attempting.recover).result()
        self._writer.deliver = deliver  # only now: what was waited for may be delivered to this very thread

    def close(self) -> None:
        """Commit what waits, bring the log into the database, and let the home go."""
        self._writer.close()
        with self._guard:
            self._closed = True
            for connection in (*self._idle, self._connection):  # the last one to close checkpoints
                connection.close()
            self._idle.clear()
        self._lock.close()

    def submit(self, new: NewJob) -> Future[tuple[Job, bool]]:
        """Store a job; with False the one that the same idempotency key made before. JobConflict for another request.

        QueueFull when as many jobs wait as may.
        """
        return self._do(submitting.submit, new, self._limits)

    def cancel(self, id: str) -> Future[Job]:
        """Cancel a waiting job, or ask a running one to stop."""
        return self._do(submitting.cancel, id)

    def cancel_all(self, client: str | None = None) -> Future[tuple[Job, ...]]:
        """Cancel every job that has not ended, of one client or of all."""
        return self._do(submitting.cancel_all, client)

    def retry(self, id: str) -> Future[Job]:
        """Queue a failed or cancelled job again."""
        return self._do(submitting.retry, id)

    def delete(self, id: str) -> Future[Deleted]:
        """Delete a job that has ended, with its events."""
        return self._do(submitting.delete, id)

    def delete_artifact(self, id: str, sha256: str) -> Future[Deleted]:
        """Delete a file of a job that has ended."""
        return self._do(submitting.delete_artifact, id, sha256)

    def clear(self, client: str | None = None) -> Future[Deleted]:
        """Delete every job that has ended, of one client or of all."""
        return self._do(submitting.clear, client)

    def retain(self, seconds: float, most: int, limit: int = 100) -> Future[Deleted]:
        """Delete jobs that ended longer ago than this, and the oldest beyond `most` that have ended.

        At most `limit` at once, so that nobody waits long for the store.
        """
        return self._do(submitting.retain, seconds, most, limit)

    def surplus(self, most: int, before: float, limit: int = 1000) -> tuple[str, ...]:
        """Return the oldest jobs that have to leave for the rest to have made at most so many bytes.

        Those that ended after `before`, in seconds since 1970, stay, and those that made what others wait for.
        """
        return self._ask(surplus.surplus, most, before, limit)

    def discard(self, ids: Sequence[str]) -> Future[Deleted]:
        """Delete those of these jobs that have ended; at most a thousand."""
        return self._do(submitting.discard, ids)

    def claim(self, worker: str) -> Future[Claim | None]:
        """Give a worker the next job, as a new attempt; None when there is none for it now."""
        return self._do(queueing.claim, worker)

    def next_claim(self, worker: str) -> Future[Claim | None]:
        """Give a worker the next job as soon as there is one for it, in the same commit that brings it to the queue.

        None when the worker withdraws, or the store is closed.
        """
        return self._writer.put_standing(worker, lambda tx: queueing.claim(tx, worker))

    def withdraw(self, worker: str) -> Future[None]:
        """Answer what stands of a worker's `next_claim` with None; when this is done, no more claims come of them."""
        return self._writer.withdraw(worker)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let the changes that this thread asks for inside share a commit. What is done inside must not wait."""
        with self._writer.together():
            yield

    def hold(self, id: str) -> Future[Job]:
        """Keep a queued job back."""
        return self._do(queueing.hold, id)

    def release(self, id: str) -> Future[Job]:
        """Put a held job back to its place in the queue."""
        return self._do(queueing.release, id)

    def prioritise(self, id: str, priority: int) -> Future[Job]:
        """Give a waiting job another priority."""
        return self._do(queueing.prioritise, id, priority)

    def reorder(self, id: str, before: str | None = None, end: Literal["front", "back"] = "back") -> Future[Job]:
        """Put a waiting job before another of its client, or to an end of its client's jobs."""
        return self._do(queueing.reorder, id, before, end)

    def pause(self) -> Future[None]:
        """Hand out no more jobs, also after a restart, until `resume`."""
        return self._do(queueing.pause, True)

    def resume(self) -> Future[None]:
        """Hand out jobs again."""
        return self._do(queueing.pause, False)

    def append(self, id: str, attempt: int, events: Events) -> Future[Job]:
        """Store what a worker reports; StaleAttempt when the attempt is over."""
        return self._do(attempting.append, id, attempt, tuple(events))

    def finish(self, id: str, attempt: int, outputs: Mapping[str, Any], events: Events = ()) -> Future[Job]:
        """End an attempt well, after its last events; StaleAttempt when it is over with another end."""
        return self._do(attempting.end, id, attempt, JobState.DONE, tuple(events), outputs=outputs)

    def fail(self, id: str, attempt: int, problem: Problem, events: Events = ()) -> Future[Job]:
        """End an attempt with what went wrong, after its last events; StaleAttempt when it is over with another end."""
        return self._do(attempting.end, id, attempt, JobState.FAILED, tuple(events), problem=problem)

    def stopped(self, id: str, attempt: int, events: Events = ()) -> Future[Job]:
        """End an attempt that was cancelled, after its last events; StaleAttempt when it is over with another end."""
        return self._do(attempting.end, id, attempt, JobState.CANCELLED, tuple(events))

    def give_back(self, id: str, attempt: int, events: Events = ()) -> Future[Job]:
        """Queue a running job again after its last events, with no blame: its worker is stopped on purpose."""
        return self._do(attempting.give_back, id, attempt, tuple(events))

    def worker_died(self, worker: str, *, blame: bool = True) -> Future[tuple[Job, ...]]:
        """Queue a dead worker's jobs again, or end those that it died of too often."""
        return self._do(attempting.worker_died, worker, blame)

    def get(self, id: str) -> Job:
        """Return a job; raise UnknownJob."""
        return self._ask(reading.get, id)

    def body(self, id: str) -> str:
        """Return a job's request as it came; raise UnknownJob."""
        return self._ask(reading.body, id)

    def submitted(self, new: NewJob) -> Job | None:
        """Return the job that a new one's idempotency key stands for already; raise JobConflict for another request."""
        if new.idempotency_key is None:
            return None
        return self._ask(reading.submitted, new.client, new.idempotency_key, submitting.fingerprint_of(new))

    def waiting(self, client: str) -> int:
        """Return how many jobs of a client wait for their turn or are held."""
        return self._ask(reading.waiting, client)

    def list(self, wanted: Filter = _ALL, before: int | None = None, limit: int = PAGE) -> JobPage:
        """Return a page of jobs, newest first; `before` is that of the page before."""
        return self._ask(reading.list_jobs, wanted, before, limit)

    def count(self, client: str | None = None) -> dict[JobState, int]:
        """Return how many jobs there are in each state."""
        return self._ask(reading.count, client)

    def positions(self, ids: Collection[str] | None = None) -> dict[str, int]:
        """Return how many claims it takes until each queued job, or each of these, is claimed, the next one first."""
        return self._ask(positions.positions) if ids is None else self._ask(positions.positions_of, ids)

    @property
    def paused(self) -> bool:
        """Is the queue paused?"""
        return self._ask(reading.is_paused)

    def events_after(self, id: str, n: int = 0, limit: int = EVENTS) -> tuple[StoredEvent, ...]:
        """Return a job's events behind its n-th, at most `limit`; raise UnknownJob."""
        return self._ask(reading.events_after, id, n, limit)

    def events_after_seq(self, seq: int = 0, limit: int = EVENTS, client: str | None = None) -> EventPage:
        """Return the events behind a number, of one client's jobs or of all, at most `limit`."""
        return self._ask(reading.events_after_seq, seq, limit, client)

    def last_seq(self) -> int:
        """Return the number of the last event that was stored."""
        return self._ask(reading.last_seq)

    def attempts(self, id: str) -> tuple[Attempt, ...]:
        """Return a job's attempts in order."""
        return self._ask(reading.attempts, id)

    def artifacts_of(self, id: str) -> tuple[KeptArtifact, ...]:
        """Return what a job's attempts kept, in order."""
        return self._ask(reading.artifacts_of, id)

    def artifacts_under(self, sha256: str) -> tuple[KeptArtifact, ...]:
        """Return every artifact with these bytes, whichever job made it."""
        return self._ask(reading.artifacts_under, sha256)

    def needs(self, sha256: str) -> bool:
        """Did a job make these bytes, or does one that has not ended ask for them?"""
        return self._ask(reading.is_needed, sha256)

    def artifact(self, sha256: str, client: str | None = None) -> Shown | None:
        """Return the newest artifact with these bytes of a client, or of anybody; None when there is none."""
        return self._ask(gallery.find_artifact, sha256, client)

    def artifacts(self, wanted: Wanted, before: int | None = None, limit: int = PAGE) -> Gallery:
        """Return a page of artifacts, newest first; `before` is that of the page before."""
        return self._ask(gallery.list_artifacts, wanted, before, limit)

    def _do(
        self, operation: Callable[Concatenate[Transaction, P], T], *arguments: P.args, **named: P.kwargs
    ) -> Future[T]:
        return self._writer.put(lambda transaction: operation(transaction, *arguments, **named))

    def _ask(
        self, question: Callable[Concatenate[sqlite3.Connection, P], T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        with self._reader() as connection:
            try:
                return question(connection, *arguments, **named)
            except sqlite3.Error as error:
                raise StorageError(f"the job store {self._path} cannot be read: {error}") from error

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection; there come to be as many as there are readers at once."""
        with self._guard:
            if self._closed:
                raise StorageError("the job store is closed")
            connection = self._idle.pop() if self._idle else connect(self._path, read_only=True)
        try:
            yield connection
        finally:
            with self._guard:
                if self._closed:
                    connection.close()
                else:
                    self._idle.append(connection)
