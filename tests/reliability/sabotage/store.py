"""What the job store would be without one of its cares."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from graphflow.jobs import attempting, database, queueing, reading, submitting, transaction, writer
from graphflow.jobs import store as store_module
from graphflow.jobs.model import TRANSITIONS, Claim, Job, JobState, NewJob, QueueLimits
from graphflow.jobs.transaction import Transaction
from graphflow.jobs.writer import Writer
from tests.reliability.sabotage.swap import swap


class EarlyWriter(Writer):
    """Acknowledge first and commit a little later, as a store without durability would."""

    def _commit(self, batch: list[Any], *, with_standing: bool = True) -> None:
        tx = Transaction(self._connection, time.time())
        self._connection.execute("BEGIN IMMEDIATE")
        answers = [self._attempt(operation, tx) for operation, _ in batch]
        granted = self._try_standing(tx) if with_standing else []
        writer._resolve(batch, answers)
        time.sleep(0.03)
        self._connection.execute("COMMIT")
        for each, answer in granted:
            self._standing.remove(each)
            writer._resolve([each[1:]], [answer])
        self._tell(tx.told)


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

    def unfenced(tx: Transaction, id: str, attempt: int) -> Job:
        return tx.job(id)

    def end_again(tx: Transaction, id: str, attempt: int, state: JobState, *rest: Any, **more: Any) -> Job:
        job = tx.job(id)
        if job.state is state and job.attempt == attempt:
            tx.save(replace(job, attempt=attempt + 1))  # so that it is not taken for the same end said again
        return end(tx, id, attempt, state, *rest, **more)

    swap(Transaction, running=unfenced)
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
