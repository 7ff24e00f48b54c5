"""When it is worth asking again: by how fast the queue moved lately, and by how long it has stood still."""

from __future__ import annotations

import pytest

from graphflow.jobs.dispatch.speed import LATEST, SOONEST, STEPS, Speed


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def begin(speed: Speed, clock: Clock, *gaps: float, client: str = "ada", waited: float = 1e9) -> None:
    for gap in gaps:
        clock.now += gap
        speed.begun(client, waited)


def test_a_queue_whose_jobs_take_seven_seconds_frees_a_place_in_seven(clock: Clock) -> None:
    speed = Speed(clock)

    begin(speed, clock, *[7.0] * 5)

    assert speed.seconds("ada") == pytest.approx(7.0)


def test_what_is_long_ago_counts_no_more(clock: Clock) -> None:
    speed = Speed(clock)

    begin(speed, clock, *[50.0] * 20, *[3.0] * STEPS)

    assert speed.seconds("ada") == pytest.approx(3.0)


def test_a_queue_that_stands_still_is_told_by_how_long_it_has_and_never_longer_than_a_minute(clock: Clock) -> None:
    speed = Speed(clock)
    begin(speed, clock, *[2.0] * 5)

    clock.now += 20
    after = speed.seconds("ada")
    clock.now += 3600

    assert after == pytest.approx(20.0)
    assert speed.seconds("ada") == LATEST


def test_a_night_in_which_nobody_waited_is_not_counted(clock: Clock) -> None:
    speed = Speed(clock)

    begin(speed, clock, 30_000.0, waited=0.01)
    begin(speed, clock, 4.0, 4.0, waited=4.0)

    assert speed.seconds("ada") == pytest.approx((0.01 + 4 + 4) / 3)


def test_clients_are_told_of_their_own_jobs(clock: Clock) -> None:
    speed = Speed(clock)

    begin(speed, clock, *[5.0] * 3, client="ada")
    begin(speed, clock, 0.1, 0.1, client="bob", waited=0.1)

    assert speed.seconds("bob") == SOONEST
    assert speed.seconds("ada") == pytest.approx(5.0)
