"""An attempt that is over changes nothing, and a job that kills its workers fails alone."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from graphflow.errors import StaleAttempt
from graphflow.events import NodeFinished, NodeStarted
from graphflow.jobs.events import ArtifactKept, StoredEvent
from graphflow.jobs.model import Claim, JobState
from graphflow.jobs.store import JobStore
from tests.jobs.stores import BROKEN, claim, in_state, now, states, submit, told

STARTED = NodeStarted(node="sampler", type="KSampler")
PICTURE = ArtifactKept(
    node="save", purpose="output", sha256="ab" * 32, media_type="image/png", size=7, name="cat.png", width=64, height=32
)


def test_what_a_worker_reports_is_stored_in_order_with_its_artifacts(store: JobStore) -> None:
    job = in_state(store, JobState.RUNNING)

    now(store.append(job.id, 1, [STARTED, NodeFinished(node="sampler", how="ran", seconds=0.5), PICTURE]))

    kept = store.artifacts_of(job.id)
    assert [each.event for each in store.events_after(job.id, 3)] == [
        NodeFinished(node="sampler", how="ran", seconds=0.5),
        PICTURE,
    ]
    assert [(each.node, each.name, each.sha256, each.width, each.height) for each in kept] == [
        ("save", "cat.png", "ab" * 32, 64, 32)
    ]
    assert store.artifacts_under("ab" * 32) == kept


def test_late_writes_of_an_old_attempt_are_refused_and_leave_nothing(store: JobStore) -> None:
    submit(store)
    old = claim(store)
    now(store.worker_died("w"))
    new = claim(store, "other")
    before = store.events_after(old.job.id)

    late = [
        store.append(old.job.id, old.attempt, [STARTED, PICTURE]),
        store.finish(old.job.id, old.attempt, {}),
        store.fail(old.job.id, old.attempt, BROKEN),
        store.stopped(old.job.id, old.attempt),
        store.give_back(old.job.id, old.attempt),
    ]

    assert [type(each.exception(60)) for each in late] == [StaleAttempt] * 5
    assert store.events_after(old.job.id) == before
    assert store.artifacts_of(old.job.id) == ()
    now(store.finish(new.job.id, new.attempt, {"by": "new"}))
    assert store.get(old.job.id).outputs == {"by": "new"}


def test_writes_behind_the_end_are_refused(store: JobStore) -> None:
    job = in_state(store, JobState.DONE)

    with pytest.raises(StaleAttempt, match=r"attempt 1 of job .* is over"):
        now(store.append(job.id, 1, [STARTED]))


def test_a_job_that_kills_its_worker_fails_and_those_beside_it_finish(store: JobStore) -> None:
    jobs = [submit(store) for _ in range(16)]
    killer = jobs[7].id
    deaths = 0

    for _ in range(100):
        flight: list[Claim] = []
        while claimed := now(store.claim(f"worker {deaths}")):
            flight.append(claimed)
        if not flight:
            break
        if any(each.job.id == killer for each in flight):
            dying = next(each for each in flight if each.job.id == killer)
            now(store.append(killer, dying.attempt, [STARTED]))
            now(store.worker_died(f"worker {deaths}"))
            deaths += 1
        else:
            for each in flight:
                now(store.finish(each.job.id, each.attempt, {}))

    assert states(store) == {"done": 15, "failed": 1}
    problem = store.get(killer).problem
    assert problem is not None
    assert (problem.code, problem.node) == ("worker_lost", "sampler")
    assert deaths == 4  # one with all of them in flight, three alone
    assert [each.ending for each in store.attempts(killer)] == ["lost"] * 4


def test_after_a_death_with_several_in_flight_each_runs_with_no_other_beside_it(store: JobStore) -> None:
    jobs = {submit(store).id for _ in range(3)}
    for _ in jobs:
        claim(store)
    now(store.worker_died("w"))
    fresh = submit(store)

    first = claim(store)

    assert first.job.id in jobs
    assert first.job.deaths_alone == 0
    assert now(store.claim("w")) is None
    for _ in range(2):
        now(store.finish(first.job.id, first.attempt, {}))
        first = claim(store)
        assert now(store.claim("w")) is None
    now(store.finish(first.job.id, first.attempt, {}))
    assert claim(store).job.id == fresh.id


def test_a_busy_worker_gets_nothing_new_while_a_job_waits_to_run_alone(store: JobStore) -> None:
    lost = submit(store)
    claim(store, "dies")
    busy, waiting = submit(store), submit(store)
    claimed = claim(store, "lives")
    now(store.worker_died("dies"))
    assert claimed.job.id == busy.id

    assert now(store.claim("lives")) is None
    now(store.finish(busy.id, claimed.attempt, {}))
    assert claim(store, "lives").job.id == lost.id
    assert claim(store, "idle").job.id == waiting.id


def test_a_worker_that_was_ended_on_purpose_costs_no_job_anything(store: JobStore) -> None:
    stuck, *others = [submit(store) for _ in range(3)]
    for _ in range(3):
        claim(store)
    now(store.cancel(stuck.id))

    now(store.worker_died("w", blame=False))

    assert store.get(stuck.id).state is JobState.CANCELLED
    for other in [store.get(each.id) for each in others]:
        assert (other.state, other.deaths_alone, other.alone) == (JobState.QUEUED, 0, False)


def test_a_job_that_was_asked_to_stop_is_cancelled_by_its_workers_death(store: JobStore) -> None:
    job = in_state(store, JobState.RUNNING)
    now(store.cancel(job.id))

    now(store.worker_died("w"))

    assert told(store, job) == ["queued", "running", "cancelled"]


def test_a_worker_that_is_stopped_gives_its_job_back_to_its_old_place(store: JobStore) -> None:
    first, second = submit(store), submit(store)
    claimed = claim(store)

    now(store.give_back(first.id, claimed.attempt))

    assert [claim(store).job.id for _ in range(2)] == [first.id, second.id]
    assert [each.ending for each in store.attempts(first.id)] == ["returned", None]


def test_what_ran_when_the_last_store_ended_is_queued_again(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    job = submit(store)
    claim(store)
    store.close()

    store = JobStore(tmp_path)
    try:
        assert told(store, job) == ["queued", "running", "queued"]
        again = claim(store)
        assert (again.job.id, again.attempt, again.job.deaths_alone) == (job.id, 2, 0)
    finally:
        store.close()


def test_numbers_rise_without_a_gap_though_many_write_at_once(tmp_path: Path) -> None:
    announced: list[StoredEvent] = []

    def listen(events: Sequence[StoredEvent]) -> None:
        announced.extend(events)

    store = JobStore(tmp_path, listen)
    jobs = [submit(store).id for _ in range(8)]
    claims = {each.job.id: each for each in (claim(store, id) for id in jobs)}

    def work(id: str) -> None:
        for n in range(40):
            store.append(id, claims[id].attempt + (n % 4 == 0), [STARTED, STARTED])  # every fourth is refused
        now(store.append(id, claims[id].attempt, [STARTED]))

    threads = [threading.Thread(target=work, args=(id,)) for id in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = store.events_after_seq(limit=10_000).events
    by_job = {id: store.events_after(id) for id in jobs}
    store.close()

    assert all(earlier.seq < later.seq for earlier, later in pairwise(log))
    assert {id: [each.n for each in events] for id, events in by_job.items()} == {
        id: list(range(1, 2 + 60 + 1 + 1)) for id in jobs
    }
    assert tuple(announced) == log
    assert sorted((each for events in by_job.values() for each in events), key=lambda each: each.seq) == list(log)
