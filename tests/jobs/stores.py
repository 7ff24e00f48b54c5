"""What tests of the job store share: short ways to fill and to read one."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, TypeVar

from graphflow.errors import Problem
from graphflow.jobs.model import Claim, Job, JobState, NewJob
from graphflow.jobs.store import JobStore

BROKEN = Problem("node-failed", "it broke", node="sampler")
T = TypeVar("T")


def now(future: Future[T]) -> T:
    """Wait for a change to be on disk; a store that hangs fails the test instead of hanging it."""
    return future.result(timeout=60)


def submit(store: JobStore, body: str = "{}", **facts: Any) -> Job:
    return now(store.submit(NewJob(body, **facts)))[0]


def claim(store: JobStore, worker: str = "w") -> Claim:
    claimed = now(store.claim(worker))
    assert claimed is not None
    return claimed


def states(store: JobStore) -> dict[str, int]:
    return {state.value: number for state, number in store.count().items() if number}


def told(store: JobStore, job: Job) -> list[str]:
    """Return the states that a job's events tell."""
    events = [each.event for each in store.events_after(job.id)]
    return [each.state.value for each in events if each.kind == "job.state"]


def in_state(store: JobStore, state: JobState) -> Job:
    """Return a job that stands in a state."""
    job = submit(store, held=state is JobState.HELD)
    if state is JobState.CANCELLED:
        return now(store.cancel(job.id))
    if state in (JobState.QUEUED, JobState.HELD):
        return job
    job = claim(store).job
    if state is JobState.DONE:
        return now(store.finish(job.id, 1, {}))
    return now(store.fail(job.id, 1, BROKEN)) if state is JobState.FAILED else job
