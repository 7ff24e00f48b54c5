"""The one thread that writes: what waits is committed together, so that a disk's flush serves many."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias, TypeVar

from graphflow.errors import StorageError
from graphflow.jobs.events import StoredEvent
from graphflow.jobs.transaction import Transaction

BATCH = 256
"""Operations in a commit at most. Nothing waits for a batch to fill: under load the last commit's time fills it."""

PAUSE = 0.1
"""Seconds after which standing operations are tried again when the disk refused them."""

T = TypeVar("T")
Operation: TypeAlias = Callable[[Transaction], T]
Announce: TypeAlias = Callable[[Sequence[StoredEvent]], None]
Deliver: TypeAlias = Callable[[Callable[[], None]], object]
_Task: TypeAlias = tuple[Operation[Any], "Future[Any]"]
_Standing: TypeAlias = tuple[str, Operation[Any], "Future[Any]"]
_LOG = logging.getLogger(__name__)


def at_once(act: Callable[[], None]) -> None:
    """Do it here and now."""
    act()


class Writer:
    """Run operations in the order in which they were put; each future is done when its operation is on disk.

    An operation that raises is undone alone. When the database itself fails, the whole batch is undone and each of its
    futures gets a StorageError. `announce` gets the events of a commit. `deliver` is asked once for each commit to have
    all its futures done, and then its events announced, wherever it wants that: by default on the writer's thread.
    """

    def __init__(self, connection: sqlite3.Connection, announce: Announce) -> None:
        self.deliver: Deliver = at_once
        self._connection = connection
        self._announce = announce
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._open = True
        self._lock = threading.RLock()
        self._standing: list[_Standing] = []
        self._stirred = False  # the disk failed when what stands should have been tried
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

    def put_standing(self, name: str, operation: Operation[T | None]) -> Future[T | None]:
        """Have an operation run now, and again whenever the queue was stirred, until it returns something.

        None when it is withdrawn by its name, or the store is closed.
        """
        future: Future[T | None] = Future()
        future.set_running_or_notify_cancel()  # nobody may cancel it: what it answers has happened
        with self._lock:
            self.put(_stir)
            self._standing.append((name, operation, future))
        return future

    def withdraw(self, name: str) -> Future[None]:
        """Answer what stands under a name with None."""
        return self.put(lambda _: self._dismiss([each for each in self._standing if each[0] == name]))

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let what this thread puts inside be taken at once, so that it shares a commit (up to `BATCH`)."""
        with self._lock:
            yield

    def close(self) -> None:
        """Commit what waits, and end the thread."""
        with self._lock:
            if self._open:
                self._open = False
                self._tasks.put(None)
        self._thread.join()

    def _run(self) -> None:
        more, batch = True, list[_Task]()
        try:
            while more:
                batch, more = self._take()
                if batch or self._stirred:
                    self._commit(batch)
            self._dismiss(list(self._standing))
        except BaseException as error:  # ours to mend; but nobody may wait for ever for a thread that is gone
            self._break(batch, error)
            raise

    def _break(self, batch: list[_Task], error: BaseException) -> None:
        """Refuse what waits and what comes."""
        with self._lock:
            self._open = False
            while not self._tasks.empty():
                task = self._tasks.get_nowait()
                if task is not None and task[1].set_running_or_notify_cancel():
                    batch.append(task)
        refusal = StorageError(
            f"the job store broke: {error!r}", hint="start the server again: what was accepted is on disk"
        )
        for future in (*(future for _, future in batch), *(future for *_, future in self._standing)):
            if not future.done():
                future.set_exception(refusal)

    def _take(self) -> tuple[list[_Task], bool]:
        """Return what waits, and whether to go on; wait for the first."""
        batch: list[_Task] = []
        try:
            task = self._tasks.get(timeout=PAUSE if self._stirred else None)
        except Empty:
            return batch, True
        with self._lock:  # who puts several together has put them all
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

    def _dismiss(self, standing: list[_Standing]) -> None:
        for each in standing:
            self._standing.remove(each)
            each[2].set_result(None)

    def _try_standing(self, transaction: Transaction, *, guarded: bool) -> list[tuple[_Standing, Any]]:
        """Run what stands, where something happened that it may have waited for; return what was answered."""
        if not (self._stirred or transaction.stirred):
            return []
        answers = [(each, self._attempt(each[1], transaction, guarded=guarded)) for each in list(self._standing)]
        return [(each, answer) for each, answer in answers if answer is not None]

    def _commit(self, batch: list[_Task], *, with_standing: bool = True, guarded: bool = False) -> None:
        """Commit a batch. A guard around each operation costs much and is seldom needed: mostly nothing raises."""
        transaction = Transaction(self._connection, time.time())
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            answers = [self._attempt(operation, transaction, guarded=guarded) for operation, _ in batch]
            granted = self._try_standing(transaction, guarded=guarded) if with_standing else []
            self._connection.execute("COMMIT")
        except _HalfDone:
            self._undo()
            self._commit(batch, with_standing=with_standing, guarded=True)
            return
        except sqlite3.Error as error:
            self._undo()
            self._stirred = bool(self._standing)
            if self._stirred and with_standing:  # so that nothing is refused because a claim had no room
                self._commit(batch, with_standing=False)
                return
            for _, future in batch:
                future.set_exception(storage_error(error))
            return
        self._stirred = self._stirred and not with_standing
        for each, _ in granted:
            self._standing.remove(each)
        answered = [*batch, *(each[1:] for each, _ in granted)]
        answers += [answer for _, answer in granted]
        self.deliver(partial(self._hand_out, answered, answers, transaction.told))

    def _attempt(self, operation: Operation[Any], transaction: Transaction, *, guarded: bool = True) -> Any:
        """Return what an operation returns, or as a `_Failure` what it raises; then it is undone.

        Without a guard only one that has changed nothing can be; raise _HalfDone for another.
        """
        told, changes = len(transaction.told), self._connection.total_changes
        if guarded:
            self._connection.execute("SAVEPOINT operation")
        try:
            answer = operation(transaction)
        except Exception as error:  # what an operation raises is its caller's, and must not end the thread
            if isinstance(error, sqlite3.Error) and not _is_the_operations(error):
                raise
            if guarded:
                self._connection.execute("ROLLBACK TO operation")
            elif self._connection.total_changes != changes:
                raise _HalfDone from error
            del transaction.told[told:]
            answer = _Failure(error)
        if guarded:
            self._connection.execute("RELEASE operation")
        return answer

    def _undo(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                _LOG.error("the job store could not undo a transaction: %s", error)

    def _hand_out(self, batch: list[_Task], answers: list[Any], events: list[StoredEvent]) -> None:
        _resolve(batch, answers)
        if not events:
            return
        try:
            self._announce(events)
        except Exception:  # noqa: BLE001  a listener that fails must not stop the store
            _LOG.exception("a listener of the job store failed")


def _stir(transaction: Transaction) -> None:
    transaction.stirred = True


class _HalfDone(Exception):
    """An operation that nothing guarded failed behind its first change: all of its batch has to be done again."""


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
