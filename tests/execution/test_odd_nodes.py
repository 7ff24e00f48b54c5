"""Nodes without outputs, nodes that are never kept, nodes with strange names."""

from __future__ import annotations

from typing import Any

from graphflow.api import node
from tests.execution.own_nodes import registry
from tests.toy import Clay, fresh_cache, link, plan, run


def test_a_node_without_outputs_runs_when_it_is_a_target() -> None:
    seen: list[str] = []

    @node("Watch", category="toy", output=True)
    def watch(clay: Clay) -> None:
        seen.append(clay.shape)

    @node("Quiet", category="toy")
    def quiet(clay: Clay) -> None:
        seen.append(f"quiet {clay.shape}")

    nodes: dict[str, Any] = {
        "dig": ("Dig", {}),
        "watch": ("Watch", {"clay": link("dig")}),
        "quiet": ("Quiet", {"clay": link("dig")}),
    }
    cache = fresh_cache()

    for _ in range(2):
        assert run(plan(nodes, "watch", "quiet", registry=registry(watch, quiet)), cache) == {"watch": {}, "quiet": {}}

    assert seen == ["clay", "quiet clay", "clay"]


def test_a_node_that_is_never_kept_runs_every_time_and_what_reads_it_does_not() -> None:
    ticks: list[int] = []

    @node("Tick", category="toy", keep="never")
    def tick() -> int:
        ticks.append(1)
        return len(ticks)

    nodes: dict[str, Any] = {"tick": ("Tick", {}), "scale": ("Scale", {"factor": link("tick")})}
    cache, clock = fresh_cache(), registry(tick)

    for _ in range(2):
        assert run(plan(nodes, "scale", registry=clock), cache)["scale"]["out"] == 1.0
        run(plan(nodes, "tick", registry=clock), cache)

    assert len(ticks) == 3


def test_names_may_be_strange_and_very_long() -> None:
    names = ["x" * 200, "ünï 🏺", "class", "a.b", "-", "__init__", "outputs"]
    nodes: dict[str, Any] = {"dig": ("Dig", {})}
    for before, name in zip(["dig", *names], names, strict=False):
        nodes[name] = ("Knead", {"clay": link(before)})

    assert run(plan(nodes, names[-1]))[names[-1]]["out"].shape == "clay" + "~" * len(names)
