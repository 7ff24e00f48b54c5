"""What the job store would be without one of its cares."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

from graphflow.jobs import attempting, database, queueing, reading, submitting, transaction
from graphflow.jobs import store as store_module
from graphflow.jobs.model import TRANSITIONS, Claim, Job, JobState, NewJob, QueueLimits
from graphflow.jobs.transaction import Transaction
from graphflow.jobs.writer import Operation, Writer
from tests.reliability.sabotage.swap import swap

T = TypeVar("T")


class EarlyWriter(Writer):
    """Acknowledge first and commit a little later, as a store without durability would."""

    def put(self, operation: Operation[T]) -> Future[T]:
        """Have an operation run, and answer from inside its transaction."""
        early: Future[T] = Future()

        def answer_at_once(tx: Transaction) -> T:
            answer = operation(tx)
            if not early.done():
                early.set_result(answer)
            time.sleep(0.005)
            return answer

        def pass_on(late: Future[T]) -> None:
            if not early.done() and (error := late.exception()):
                early.set_exception(error)

        super().put(answer_at_once).add_done_callback(pass_on)
        return early


def acknowledge_early(_: str) -> None:
    """Answer before the commit."""
    swap(store_module, Writer=EarlyWriter)


def forget_keys(_: str) -> None:
    """Take every request for a new one."""
    submit = submitting.submit

    def keyless(tx: Transaction, new: NewJob, limits: QueueLimits) -> tuple[Job, bool]:
        return submit(tx, replace(new, idempotency_key=None), limits)

    swap(submitting, submit=keyless)
    swap(reading, submitted=lambda *_: None)


def recover_nothing(_: str) -> None:
    """Leave what ran when the last server ended."""
    swap(attempting, recover=lambda _: ())


def fence_nothing(_: str) -> None:
    """Let every attempt write, also one that is over, and a job end twice."""
    end = attempting.end

    def unfenced(tx: Transaction, job: Job, attempt: int) -> Job:
        return job

    def end_again(tx: Transaction, id: str, attempt: int, state: JobState, *rest: Any, **more: Any) -> Job:
        job = tx.job(id)
        if job.state is state and job.attempt == attempt:
            tx.save(job._replace(attempt=attempt + 1))  # so that it is not taken for the same end said again
        return end(tx, id, attempt, state, *rest, **more)

    swap(Transaction, still=unfenced)
    swap(attempting, end=end_again)
    anything = dict.fromkeys(JobState, frozenset(JobState))
    swap(transaction, TRANSITIONS={**TRANSITIONS, **anything})


def start_slowly(seconds: str) -> None:
    """Take a while to open the database."""
    opened = database.open_database

    def slow(*arguments: Any) -> Any:
        time.sleep(float(seconds))
        return opened(*arguments)

    swap(store_module, open_database=slow)


def lose_events(_: str) -> None:
    """Claim a job without telling it."""
    claim = queueing.claim

    def silent(tx: Transaction, worker: str) -> Claim | None:
        claimed = claim(tx, worker)
        if claimed is not None:
            tx.run("DELETE FROM events WHERE job = ? AND n = ?", (claimed.job.id, claimed.job.events))
        return claimed

    swap(queueing, claim=silent)
