"""A run that waits for another's result can be cancelled."""

from __future__ import annotations

import threading
from typing import Any

from graphflow.errors import RunCancelled
from tests.execution.own_nodes import no_cache
from tests.toy import Meeting, link, plan, run


def waiting(meeting: Meeting) -> Any:
    nodes: dict[str, Any] = {"dig": ("Dig", {}), "wait": ("Wait", {"clay": link("dig")})}
    return plan(nodes, "wait", registry=meeting.registry)


def test_a_run_that_waits_for_another_stops_when_it_is_cancelled() -> None:
    meeting, cache, cancel = Meeting(), no_cache(), threading.Event()
    ended: list[str] = []

    def second() -> None:
        try:
            run(waiting(meeting), cache, cancelled=cancel.is_set)
        except RunCancelled:
            ended.append("cancelled")

    threads = [threading.Thread(target=lambda: run(waiting(meeting), cache)), threading.Thread(target=second)]
    threads[0].start()
    assert meeting.inside.wait(5)
    threads[1].start()
    cancel.set()
    threads[1].join(5)

    assert ended == ["cancelled"]
    meeting.go_on.set()
    threads[0].join(5)
    assert len(cache.flights) == 0
