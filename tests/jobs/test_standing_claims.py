"""A claim that stands is answered in the commit that makes it possible, and changes asked for together share a commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest

from graphflow.errors import StorageError
from graphflow.jobs.model import Job, JobState
from graphflow.jobs.store import JobStore
from tests.jobs.stores import claim, in_state, now, states, submit


def test_a_claim_stands_until_there_is_a_job(store: JobStore) -> None:
    standing = store.next_claim("w")
    submit(store, held=True)
    assert not standing.done()

    job = submit(store)

    claimed = now(standing)
    assert claimed is not None
    assert (claimed.job.id, claimed.attempt) == (job.id, 1)
    assert now(store.claim("w")) is None


def test_each_of_those_who_wait_gets_one_job_in_the_order_in_which_they_came(store: JobStore) -> None:
    first, second, third = (store.next_claim(name) for name in ("a", "b", "c"))

    jobs = [submit(store).id for _ in range(2)]

    claims = [now(each) for each in (first, second)]
    assert [(each.job.id, each.job.worker) for each in claims if each is not None] == [(jobs[0], "a"), (jobs[1], "b")]
    assert not third.done()


def test_whatever_brings_a_job_to_the_queue_answers_a_claim(store: JobStore) -> None:
    held, failed, running = (in_state(store, each) for each in (JobState.HELD, JobState.FAILED, JobState.RUNNING))
    changes: list[tuple[Callable[[], Future[Job]], Job]] = [
        (lambda: store.release(held.id), held),
        (lambda: store.retry(failed.id), failed),
        (lambda: store.give_back(running.id, 1), running),
    ]
    for change, job in changes:
        standing = store.next_claim("other")
        now(change())

        claimed = now(standing)
        assert claimed is not None
        assert claimed.job.id == job.id

    now(store.pause())
    last, standing = submit(store), store.next_claim("other")
    assert states(store)["queued"] == 1
    now(store.resume())
    claimed = now(standing)
    assert claimed is not None
    assert claimed.job.id == last.id


def test_a_claim_that_was_withdrawn_takes_no_job_and_others_stand(store: JobStore) -> None:
    mine, others = store.next_claim("w"), store.next_claim("other")

    now(store.withdraw("w"))

    assert now(mine) is None
    submit(store)
    assert now(others) is not None


def test_a_store_that_closes_answers_what_stands_and_takes_no_more(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    standing = store.next_claim("w")

    store.close()

    assert now(standing) is None
    with pytest.raises(StorageError, match="closed"):
        store.next_claim("w")


def test_nobody_can_cancel_a_claim_that_may_have_been_made(store: JobStore) -> None:
    async def give_up_waiting() -> None:
        waiting = asyncio.wrap_future(standing)
        waiting.cancel()
        await asyncio.wait([waiting])

    standing = store.next_claim("w")
    asyncio.run(give_up_waiting())

    job = submit(store)

    claimed = now(standing)
    assert claimed is not None
    assert claimed.job.id == job.id


def test_changes_asked_for_together_share_a_commit(store: JobStore) -> None:
    jobs = [claim(store) for _ in (submit(store), submit(store))]
    commits: list[str] = []
    store._connection.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)

    with store.together():
        changes = [store.finish(each.job.id, each.attempt, {}) for each in jobs]
        standing = store.next_claim("w")
    for each in changes:
        now(each)

    store._connection.set_trace_callback(None)
    assert len(commits) == 1
    assert not standing.done()
