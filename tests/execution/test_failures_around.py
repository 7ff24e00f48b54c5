"""What fails around the nodes: the listener, the disk, the patience of whoever waits."""

from __future__ import annotations

from typing import Any

import pytest

from graphflow.errors import NodeFailed, RunCancelled, StorageError
from graphflow.events import Event, NodeFinished
from graphflow.execute import Surroundings
from tests.toy import fresh_cache, link, plan, run, started

PROGRESS: dict[str, Any] = {"dig": ("Dig", {}), "knead": ("Knead", {"clay": link("dig"), "times": 3})}


@pytest.mark.parametrize("kind", ["node.started", "node.progress", "node.finished"])
def test_a_listener_that_fails_ends_the_run_and_the_node_is_not_blamed(kind: str) -> None:
    cache = fresh_cache()

    def emit(event: Event) -> None:
        if event.kind == kind:
            raise BrokenPipeError(32, "the terminal is gone")

    with pytest.raises(BrokenPipeError):
        run(plan(PROGRESS, "knead"), cache, emit)

    assert len(cache.flights) == 0
    assert run(plan(PROGRESS, "knead"), cache)["knead"]["out"].shape == "clay~~~"


def test_a_disk_that_is_full_is_the_problem_and_not_the_node() -> None:
    def save(data: bytes, media_type: str, *, name: str, kind: str, node: str) -> Any:
        raise StorageError("the disk is full", hint="free some space")

    nodes: dict[str, Any] = {"dig": ("Dig", {}), "fire": ("Fire", {"clay": link("dig")})}

    with pytest.raises(NodeFailed) as failed:
        run(plan(nodes), around=Surroundings(save=save))

    problem = failed.value.problem
    assert (problem.code, problem.message, problem.node, problem.hint) == (
        "storage",
        "the disk is full",
        "fire",
        "free some space",
    )


def test_a_cancelled_run_stops_before_the_next_step() -> None:
    events: list[Event] = []
    nodes: dict[str, Any] = {**PROGRESS, "throw": ("Throw", {"clay": link("knead")})}

    def knead_is_done() -> bool:
        return any(isinstance(each, NodeFinished) and each.node == "knead" for each in events)

    with pytest.raises(RunCancelled):
        run(plan(nodes, "throw"), emit=events.append, cancelled=knead_is_done)

    assert started(events) == ["dig", "knead"]
