"""Positions of a page of jobs are those of the whole queue, and cost little though many wait."""

from __future__ import annotations

import random
import time

import pytest

from graphflow.jobs.model import NewJob
from graphflow.jobs.store import JobStore
from tests.jobs.stores import claim, now, submit


@pytest.mark.parametrize("seed", range(6))
def test_the_positions_of_some_jobs_are_their_positions_among_all(store: JobStore, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(5):
        submit(store, client=chance.choice("ab"))
    for _ in range(chance.randint(0, 5)):
        claim(store, "dies")
    jobs = [submit(store, client=chance.choice("aabcd"), priority=chance.randint(0, 2)).id for _ in range(60)]
    now(store.hold(jobs[0]))
    for _ in range(chance.randint(0, 9)):  # so that the turn is anybody's
        claim(store, "lives")
    now(store.worker_died("dies"))  # its jobs go first, alone
    everything = store.positions()

    some = chance.sample([each.id for each in store.list().jobs], 20)

    assert store.positions(some) == {id: place for id, place in everything.items() if id in some}
    assert store.positions(list(everything)) == everything
    assert store.positions(["nobody"]) == store.positions([]) == {}


def test_a_page_of_positions_costs_milliseconds_among_ten_thousand(store: JobStore) -> None:
    futures = [store.submit(NewJob("{}", client="ab"[n % 2])) for n in range(10_000)]
    ids = [now(future)[0].id for future in futures]

    seconds: list[float] = []
    for _ in range(5):
        start = time.perf_counter()
        told = store.positions(ids[-100:])
        seconds.append(time.perf_counter() - start)

    print(f"\na page of positions among 10,000 in {min(seconds) * 1000:.1f} ms")
    assert sorted(told.values()) == list(range(9901, 10_001))
    assert min(seconds) < 0.1
