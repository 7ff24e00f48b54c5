"""Whose turn it is: clients in turns, within a client by priority and place; and the place that is told is true."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from graphflow.errors import JobConflict
from graphflow.jobs.model import Job, JobState, NewJob
from graphflow.jobs.store import JobStore
from tests.jobs.stores import claim, in_state, now, states, submit


def drain(store: JobStore) -> list[str]:
    """Claim and finish until nothing is left; return the ids in the order in which they were claimed."""
    order: list[str] = []
    while claimed := now(store.claim("w")):
        order.append(claimed.job.id)
        now(store.finish(claimed.job.id, claimed.attempt, {}))
    return order


def ids(jobs: Sequence[Job]) -> list[str]:
    return [each.id for each in jobs]


def test_one_client_is_served_in_the_order_of_its_requests(store: JobStore) -> None:
    jobs = [submit(store) for _ in range(5)]

    assert drain(store) == ids(jobs)


def test_higher_priority_goes_first_and_equal_priority_in_order(store: JobStore) -> None:
    jobs = {(priority, n): submit(store, priority=priority) for n in range(2) for priority in (0, 5, -5)}

    assert drain(store) == [jobs[key].id for key in [(5, 0), (5, 1), (0, 0), (0, 1), (-5, 0), (-5, 1)]]


def test_a_client_with_a_thousand_jobs_delays_anothers_first_by_one_at_most(store: JobStore) -> None:
    for future in [store.submit(new) for new in _many("busy", 1000)]:
        now(future)
    claim(store)
    late = submit(store, client="late")

    first_two = [claim(store).job.id for _ in range(2)]

    assert late.id in first_two


def test_a_high_priority_takes_no_turn_from_another_client(store: JobStore) -> None:
    for _ in range(4):
        submit(store, client="loud", priority=100)
        submit(store, client="calm")

    assert [claim(store).job.client for _ in range(4)] in (["loud", "calm"] * 2, ["calm", "loud"] * 2)


@pytest.mark.parametrize("seed", range(4))
def test_the_position_told_is_the_claim_that_takes_the_job(store: JobStore, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        submit(store, client=chance.choice("aabcd"), priority=chance.randint(0, 2), held=chance.random() < 0.1)
    for _ in range(chance.randint(0, 9)):  # so that the turn is anybody's
        claimed = claim(store)
        now(store.finish(claimed.job.id, claimed.attempt, {}))

    told = store.positions()

    order = drain(store)
    assert order
    assert list(told) == order
    assert list(told.values()) == list(range(1, len(order) + 1))


def test_only_queued_jobs_have_a_position_and_those_that_run_alone_come_first(store: JobStore) -> None:
    for state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.HELD, JobState.RUNNING):
        in_state(store, state)
    lost, other = in_state(store, JobState.RUNNING), submit(store, priority=7)
    now(store.worker_died("w"))

    told = store.positions()

    assert list(told.values()) == [1, 2, 3]
    assert (told[lost.id], told[other.id]) == (2, 3)


def test_a_held_job_is_passed_over_and_keeps_its_place(store: JobStore) -> None:
    jobs = [submit(store) for _ in range(4)]
    now(store.hold(jobs[0].id))
    now(store.hold(jobs[2].id))
    first = claim(store)
    now(store.release(jobs[2].id))
    now(store.finish(first.job.id, 1, {}))

    assert [first.job.id, *drain(store)] == [jobs[1].id, jobs[2].id, jobs[3].id]


def test_a_job_can_be_put_before_another_or_to_an_end(store: JobStore) -> None:
    a, b, c, d = ids([submit(store) for _ in range(4)])

    now(store.reorder(d, before=b))  # a d b c
    now(store.reorder(c, end="front"))  # c a d b
    now(store.reorder(a, end="back"))  # c d b a
    later = submit(store).id

    assert drain(store) == [c, d, b, a, later]


def test_putting_a_job_before_another_lets_it_run_before_it_whatever_their_priorities(store: JobStore) -> None:
    low, high = submit(store), submit(store, priority=9)

    moved = now(store.reorder(low.id, before=high.id))

    assert moved.priority == 9
    assert drain(store) == [low.id, high.id]


def test_so_many_moves_to_one_place_as_there_is_no_room_for_still_order_rightly(store: JobStore) -> None:
    first, last = submit(store), submit(store)
    between = [submit(store).id for _ in range(30)]  # 2**20 is halved to nothing after twenty

    for id in between:
        now(store.reorder(id, before=last.id))

    assert drain(store) == [first.id, *between, last.id]


def test_a_job_is_not_put_before_one_of_another_client(store: JobStore) -> None:
    mine, theirs = submit(store, client="me"), submit(store, client="you")

    with pytest.raises(JobConflict, match="take turns"):
        now(store.reorder(mine.id, before=theirs.id))


def test_what_runs_is_not_reordered(store: JobStore) -> None:
    running = in_state(store, JobState.RUNNING)

    for refused in (store.reorder(running.id), store.prioritise(running.id, 1)):
        with pytest.raises(JobConflict, match="does not wait"):
            now(refused)


def test_a_new_priority_counts_from_then_on(store: JobStore) -> None:
    first, second = submit(store), submit(store)

    now(store.prioritise(second.id, 1))

    assert drain(store) == [second.id, first.id]


def test_a_paused_queue_hands_out_nothing_also_after_a_restart(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    job = submit(store)
    now(store.pause())
    store.close()

    store = JobStore(tmp_path)
    try:
        assert store.paused
        assert now(store.claim("w")) is None
        now(store.resume())
        assert claim(store).job.id == job.id
    finally:
        store.close()


def test_a_job_that_is_tried_again_waits_behind_the_others(store: JobStore) -> None:
    failed = in_state(store, JobState.FAILED)
    waiting = submit(store)
    now(store.retry(failed.id))
    later = submit(store)

    assert drain(store) == [waiting.id, failed.id, later.id]
    assert states(store) == {"done": 3}


def _many(client: str, number: int) -> list[NewJob]:
    return [NewJob("{}", client=client) for _ in range(number)]


def test_a_claim_takes_no_longer_because_many_wait(store: JobStore) -> None:
    for future in [store.submit(new) for new in _many("a", 50)]:
        now(future)
    few = instructions_of_a_claim(store)
    for future in [store.submit(new) for new in _many("a", 3000)]:
        now(future)

    assert instructions_of_a_claim(store) < 2 * few


def instructions_of_a_claim(store: JobStore) -> int:
    """Count, in tens, what SQLite does for a claim: a measure of work that no busy machine disturbs."""
    ticks: list[None] = []
    store._connection.set_progress_handler(lambda: ticks.append(None), 10)
    claimed = claim(store)
    store._connection.set_progress_handler(None, 0)
    now(store.finish(claimed.job.id, claimed.attempt, {}))
    return len(ticks)
