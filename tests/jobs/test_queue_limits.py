"""No more jobs wait than may, however they came to wait."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphflow.errors import QueueFull
from graphflow.jobs.model import NewJob, QueueLimits
from graphflow.jobs.store import JobStore
from tests.jobs.stores import claim, now, submit


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    store = JobStore(tmp_path, limits=QueueLimits(each=3, all=5))
    yield store
    store.close()


def test_a_client_may_have_so_many_waiting_and_no_more(store: JobStore) -> None:
    for n in range(3):
        submit(store, client="busy", held=n == 0)

    with pytest.raises(QueueFull, match="3 jobs of yours wait already, and 3 may") as caught:
        submit(store, client="busy")

    assert caught.value.problems[0].code == "queue-full"
    assert caught.value.problems[0].hint is not None
    submit(store, client="calm")


def test_all_clients_together_may_have_so_many_waiting(store: JobStore) -> None:
    for client in "aabbc":
        submit(store, client=client)

    with pytest.raises(QueueFull, match="5 jobs wait already"):
        submit(store, client="d")


def test_whoever_leaves_the_queue_makes_room_for_one(store: JobStore) -> None:
    first, second, third = (submit(store) for _ in range(3))
    claimed = claim(store)
    assert claimed.job.id == first.id
    fourth = submit(store)
    now(store.cancel(second.id))
    submit(store)

    with pytest.raises(QueueFull):
        submit(store)
    assert now(store.give_back(first.id, claimed.attempt)).state == "queued"  # what was accepted is not refused
    now(store.cancel(third.id))
    with pytest.raises(QueueFull):  # three wait: the one given back counts
        submit(store)
    now(store.cancel(fourth.id))
    submit(store)


def test_the_same_key_gives_its_job_also_when_the_queue_is_full(store: JobStore) -> None:
    job = submit(store, idempotency_key="k")
    for _ in range(2):
        submit(store)

    assert submit(store, idempotency_key="k").id == job.id


def test_ten_thousand_refusals_store_nothing(store: JobStore) -> None:
    for _ in range(3):
        submit(store)
    before = store.last_seq()

    refused = [store.submit(NewJob("{}")).exception(60) for _ in range(10_000)]

    assert all(isinstance(each, QueueFull) for each in refused)
    assert store.last_seq() == before


def test_how_many_wait_is_known_after_a_restart(tmp_path: Path) -> None:
    first = JobStore(tmp_path / "other")
    for _ in range(3):
        submit(first)
    claim(first)
    first.close()

    again = JobStore(tmp_path / "other", limits=QueueLimits(each=3))
    try:
        assert again.waiting("local") == 3  # the one that ran is queued again
        with pytest.raises(QueueFull):
            submit(again)
    finally:
        again.close()
