"""Equal keys in flight are computed once, and nobody is left waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from graphflow.cache import Flights, Lead, Wait
from graphflow.keys import CacheKey

KEY = CacheKey("a" * 64)


def never() -> bool:
    return False


def start(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def lead(flights: Flights) -> Lead:
    claim = flights.claim(KEY)
    assert isinstance(claim, Lead)
    return claim


def wait(flights: Flights) -> Wait:
    claim = flights.claim(KEY)
    assert isinstance(claim, Wait)
    return claim


def test_the_first_leads_and_the_others_get_its_outputs() -> None:
    flights = Flights()
    first = lead(flights)
    others = [wait(flights) for _ in range(3)]

    first.done({"out": 7})

    assert [other.wait(never) for other in others] == [{"out": 7}] * 3
    assert len(flights) == 0


def test_different_keys_do_not_wait_for_each_other() -> None:
    flights = Flights()
    lead(flights)

    assert isinstance(flights.claim(CacheKey("b" * 64)), Lead)


def test_when_the_leader_gives_up_exactly_one_of_those_who_wait_takes_over() -> None:
    flights = Flights()
    first = lead(flights)
    computed: list[int] = []
    results: list[object] = []

    def follow(number: int) -> None:
        while isinstance(claim := flights.claim(KEY), Wait):
            if (outputs := claim.wait(never)) is not None:
                results.append(outputs["out"])
                return
        with claim:
            computed.append(number)
            time.sleep(0.05)
            claim.done({"out": number})

    threads = [start(partial(follow, number)) for number in range(8)]
    while len(first.waiting) < 8:
        time.sleep(0.001)
    first.abandon()
    for thread in threads:
        thread.join(5)

    assert len(computed) == 1
    assert results == computed * 7


def test_a_leader_that_raises_gives_up() -> None:
    flights = Flights()

    with pytest.raises(ZeroDivisionError), lead(flights):
        raise ZeroDivisionError

    lead(flights)


def test_giving_up_after_being_done_changes_nothing() -> None:
    flights = Flights()
    first = lead(flights)
    other = wait(flights)

    first.done({"out": 1})
    second = lead(flights)
    first.abandon()

    assert other.wait(never) == {"out": 1}
    assert isinstance(flights.claim(KEY), Wait)
    second.abandon()


def test_who_is_cancelled_stops_waiting_within_a_poll() -> None:
    flights = Flights()
    lead(flights)
    stop = threading.Event()
    threading.Timer(0.05, stop.set).start()

    began = time.monotonic()
    outputs = wait(flights).wait(stop.is_set, poll=0.01)

    assert outputs is None
    assert time.monotonic() - began < 1


def test_many_threads_compute_each_key_once() -> None:
    flights = Flights()
    kept: dict[CacheKey, int] = {}
    computed: list[CacheKey] = []
    keys = [CacheKey(f"{number:064x}") for number in range(200)]

    def work() -> None:
        for key in keys:
            while isinstance(claim := flights.claim(key), Wait):
                if claim.wait(never) is not None:
                    break
            else:
                with claim:
                    if key not in kept:
                        computed.append(key)
                        kept[key] = 1
                    claim.done({"out": 1})

    threads = [start(work) for _ in range(8)]
    for thread in threads:
        thread.join(10)

    assert sorted(computed) == sorted(keys)
    assert len(flights) == 0
