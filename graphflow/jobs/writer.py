"""The one thread that writes: what waits is committed together, so that a disk's flush serves many."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias, TypeVar

from graphflow.errors import StorageError
from graphflow.jobs.events import StoredEvent
from graphflow.jobs.transaction import Transaction

BATCH = 256
"""Operations in a commit at most. Nothing waits for a batch to fill: under load the last commit's time fills it."""

T = TypeVar("T")
Operation: TypeAlias = Callable[[Transaction], T]
Announce: TypeAlias = Callable[[Sequence[StoredEvent]], None]
_Task: TypeAlias = tuple[Operation[Any], "Future[Any]"]
_LOG = logging.getLogger(__name__)


class Writer:
    """Run operations in the order in which they were put; each future is done when its operation is on disk.

    An operation that raises is undone alone. When the database itself fails, the whole batch is undone and each of its
    futures gets a StorageError. `announce` gets the events of a commit, on the writer's thread.
    """

    def __init__(self, connection: sqlite3.Connection, announce: Announce) -> None:
        self._connection = connection
        self._announce = announce
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._open = True
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="graphflow-jobs", daemon=True)
        self._thread.start()

    def put(self, operation: Operation[T]) -> Future[T]:
        """Have an operation run; raise StorageError when the store is closed."""
        future: Future[T] = Future()
        with self._lock:
            if not self._open:
                raise StorageError("the job store is closed")
            self._tasks.put((operation, future))
        return future

    def close(self) -> None:
        """Commit what waits, and end the thread."""
        with self._lock:
            if self._open:
                self._open = False
                self._tasks.put(None)
        self._thread.join()

    def _run(self) -> None:
        more = True
        while more:
            batch, more = self._take()
            if batch:
                self._commit(batch)

    def _take(self) -> tuple[list[_Task], bool]:
        """Return what waits, and whether to go on; wait for the first."""
        batch: list[_Task] = []
        task = self._tasks.get()
        while task is not None:
            if task[1].set_running_or_notify_cancel():
                batch.append(task)
            if len(batch) == BATCH:
                break
            try:
                task = self._tasks.get_nowait()
            except Empty:
                break
        return batch, task is not None

    def _commit(self, batch: list[_Task]) -> None:
        transaction = Transaction(self._connection, time.time())
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            answers = [self._attempt(operation, transaction) for operation, _ in batch]
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._undo()
            for _, future in batch:
                future.set_exception(storage_error(error))
            return
        _resolve(batch, answers)
        self._tell(transaction.told)

    def _attempt(self, operation: Operation[Any], transaction: Transaction) -> Any:
        """Return what an operation returns, or as a `_Failure` what it raises; then it is undone."""
        told = len(transaction.told)
        self._connection.execute("SAVEPOINT operation")
        try:
            answer = operation(transaction)
        except Exception as error:  # what an operation raises is its caller's, and must not end the thread
            if isinstance(error, sqlite3.Error) and not _is_the_operations(error):
                raise
            self._connection.execute("ROLLBACK TO operation")
            del transaction.told[told:]
            answer = _Failure(error)
        self._connection.execute("RELEASE operation")
        return answer

    def _undo(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                _LOG.error("the job store could not undo a transaction: %s", error)

    def _tell(self, events: list[StoredEvent]) -> None:
        if not events:
            return
        try:
            self._announce(events)
        except Exception:  # noqa: BLE001  a listener that fails must not stop the store
            _LOG.exception("a listener of the job store failed")


class _Failure:
    def __init__(self, error: Exception) -> None:
        self.error = error


def _resolve(batch: list[_Task], answers: list[Any]) -> None:
    for (_, future), answer in zip(batch, answers, strict=True):
        if isinstance(answer, _Failure):
            future.set_exception(answer.error)
        else:
            future.set_result(answer)


def _is_the_operations(error: sqlite3.Error) -> bool:
    """Is this a mistake of one operation (a broken constraint, a wrong type) and not of the database?"""
    return isinstance(error, (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError))


def storage_error(error: sqlite3.Error) -> StorageError:
    """Say in words what the database did not write."""
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return StorageError(
            "the disk is full: the job store could not write, and nothing of this request was kept",
            hint="free some space; the store goes on by itself",
        )
    return StorageError(
        f"the job store could not write, and nothing of this request was kept: {error}",
        hint="check the disk that the home folder lies on",
    )
