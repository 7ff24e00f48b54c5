"""Law 6 of execution: equal keys in flight are computed once."""

from __future__ import annotations

import threading
from typing import Any

from graphflow.cache import Cache
from graphflow.errors import NodeFailed, RunCancelled
from tests.toy import Meeting, link, plan, run

# --- law 6: equal keys in flight ------------------------------------------------------------------


def wait_plan(meeting: Meeting) -> Any:
    nodes = {"dig": ("Dig", {}), "wait": ("Wait", {"clay": link("dig")})}
    return plan(nodes, "wait", registry=meeting.registry)


def two_runs(meeting: Meeting, cancel_first: threading.Event | None = None) -> tuple[list[Any], Any]:
    """Run the same plan in two threads on one cache that keeps nothing; return results or errors, and how to join."""
    cache = Cache(None, None)
    results: list[Any] = [None, None]

    def go(index: int, cancelled: Any) -> None:
        try:
            results[index] = run(wait_plan(meeting), cache, cancelled=cancelled)["wait"]["out"].shape
        except (NodeFailed, RunCancelled) as error:
            results[index] = error

    first = threading.Thread(target=go, args=(0, cancel_first.is_set if cancel_first else lambda: False))
    second = threading.Thread(target=go, args=(1, lambda: False))
    first.start()
    assert meeting.inside.wait(5)
    second.start()

    def join() -> None:
        first.join(5)
        second.join(5)
        assert not first.is_alive()
        assert not second.is_alive()

    return results, join


def test_equal_keys_in_flight_are_computed_once() -> None:
    meeting = Meeting()
    results, join = two_runs(meeting)
    threading.Timer(0.05, meeting.go_on.set).start()

    join()

    assert results == ["clay.", "clay."]
    assert meeting.calls == 1


def test_when_the_one_who_computes_fails_one_who_waits_takes_over() -> None:
    meeting = Meeting()
    meeting.fails = 1
    results, join = two_runs(meeting)
    threading.Timer(0.05, meeting.go_on.set).start()

    join()

    assert isinstance(results[0], NodeFailed)
    assert results[1] == "clay."
    assert meeting.calls == 2


def test_when_the_one_who_computes_is_cancelled_one_who_waits_takes_over() -> None:
    meeting = Meeting()
    cancel = threading.Event()
    results, join = two_runs(meeting, cancel)
    threading.Timer(0.05, cancel.set).start()
    threading.Timer(0.2, meeting.go_on.set).start()

    join()

    assert isinstance(results[0], RunCancelled)
    assert results[1] == "clay."
