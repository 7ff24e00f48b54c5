"""How long a node has worked, and how long it will."""

from __future__ import annotations

import pytest

from graphflow import pace
from graphflow.api import SILENT, Context, node
from graphflow.events import NodeProgress
from graphflow.pace import WINDOW, Pace
from graphflow.registry import Pack, Registry
from tests.toy import PACK, plan, run


class Clock:
    now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pace, "monotonic", clock)
    return clock


def reported(clock: Clock, takes: list[float], total: int) -> list[tuple[float, float | None]]:
    """Report one step after each of these times."""
    running = Pace()
    reports = []
    for done, seconds in enumerate(takes, 1):
        clock.now += seconds
        reports.append(running.report(done, total))
    return reports


def test_the_rest_is_estimated_from_the_second_report_on(clock: Clock) -> None:
    assert reported(clock, [7, 2, 2, 2], 4) == [(7, None), (9, 4), (11, 2), (13, 0)]


def test_steps_that_came_from_a_journal_in_no_time_are_soon_forgotten(clock: Clock) -> None:
    reports = reported(clock, [0.0] * 20 + [3.0] * WINDOW, 40)

    assert reports[19][1] == 0
    assert reports[-1][1] == pytest.approx(3.0 * (40 - 20 - WINDOW))


def test_another_round_begins_with_no_estimate(clock: Clock) -> None:
    running = Pace()
    for done in (1, 2, 1):
        clock.now += 1
        seconds, remaining = running.report(done, 5)

    assert (seconds, remaining) == (3, None)


def test_a_nodes_progress_says_both() -> None:
    @node("Three", output=True)
    def three(*, ctx: Context = SILENT) -> int:
        return len(list(ctx.track(range(3))))

    seen: list[object] = []
    run(plan({"three": ("Three", {})}, registry=Registry([PACK, Pack("three", (three,))])), emit=seen.append)

    told = [each for each in seen if isinstance(each, NodeProgress)]
    assert [each.remaining is None for each in told] == [True, False, False]
    assert told[-1].remaining == 0
    assert 0 <= told[0].seconds <= told[-1].seconds
