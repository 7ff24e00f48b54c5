"""Laws 3 to 5 of execution: list ports, nodes that expand into graphs, and blocked outputs."""

from __future__ import annotations

from typing import Any

import pytest

from graphflow.errors import NodeFailed
from graphflow.events import Event, NodeFinished
from tests.toy import finished, fresh_cache, link, plan, run

# --- law 3: list ports ----------------------------------------------------------------------------


def test_a_node_is_called_once_per_element_of_a_list_port() -> None:
    nodes = {
        "dig": ("Dig", {}),
        "slice": ("Slice", {"clay": link("dig"), "count": 3}),
        "knead": ("Knead", {"clay": link("slice")}),
    }

    clays = run(plan(nodes, "knead"))["knead"]["out"]

    assert [each.shape for each in clays] == ["clay#0~", "clay#1~", "clay#2~"]


def test_a_shorter_list_repeats_its_last_element() -> None:
    nodes = {
        "dig": ("Dig", {}),
        "three": ("Slice", {"clay": link("dig"), "count": 3}),
        "two": ("Slice", {"clay": link("dig"), "count": 2}),
        "join": ("Join", {"a": link("three"), "b": link("two")}),
    }

    clays = run(plan(nodes, "join"))["join"]["out"]

    assert [each.shape for each in clays] == ["(clay#0+clay#0)", "(clay#1+clay#1)", "(clay#2+clay#1)"]


def test_a_whole_list_input_takes_all_elements_in_one_call() -> None:
    nodes = {
        "dig": ("Dig", {}),
        "slice": ("Slice", {"clay": link("dig"), "count": 3}),
        "knead": ("Knead", {"clay": link("slice")}),
        "stack": ("Stack", {"clays": link("knead")}),
    }

    assert run(plan(nodes, "stack"))["stack"]["out"].shape == "clay#0~|clay#1~|clay#2~"


def test_an_empty_list_makes_no_call() -> None:
    nodes = {
        "dig": ("Dig", {}),
        "slice": ("Slice", {"clay": link("dig"), "count": 0}),
        "break": ("Break", {"clay": link("slice")}),
        "stack": ("Stack", {"clays": link("break")}),
    }

    assert run(plan(nodes, "stack"))["stack"]["out"].shape == ""


def test_a_mapped_node_is_cached_under_its_one_key(tmp_path: Any) -> None:
    nodes = {
        "dig": ("Dig", {}),
        "slice": ("Slice", {"clay": link("dig")}),
        "knead": ("Knead", {"clay": link("slice")}),
        "stack": ("Stack", {"clays": link("knead")}),
        "cut": ("Cut", {"clay": link("knead")}),
    }
    cache = fresh_cache()
    run(plan(nodes, "stack"), cache)
    events: list[Event] = []

    run(plan(nodes, "cut"), cache, events.append)

    assert finished(events) == [("knead", "cached"), ("cut", "ran")]


# --- law 4: expansion -----------------------------------------------------------------------------


def test_an_expansion_runs_in_the_place_of_the_node_under_its_path() -> None:
    events: list[Event] = []

    outputs = run(
        plan({"dig": ("Dig", {}), "r": ("Repeat", {"clay": link("dig"), "times": 3})}, "r"), emit=events.append
    )

    assert outputs["r"]["out"].shape == "clay~~~"
    assert [each for each, _ in finished(events)] == ["dig", "r/k0", "r/k1", "r/k2", "r"]


def test_an_expanded_result_is_cached_as_the_nodes_own() -> None:
    nodes = {"dig": ("Dig", {}), "r": ("Repeat", {"clay": link("dig")}), "throw": ("Throw", {"clay": link("r")})}
    cache = fresh_cache()
    run(plan(nodes, "r"), cache)
    events: list[Event] = []

    run(plan(nodes, "throw"), cache, events.append)

    assert finished(events) == [("r", "cached"), ("throw", "ran")]


def test_one_plan_with_an_expansion_can_run_twice() -> None:
    again = plan({"dig": ("Dig", {}), "r": ("Repeat", {"clay": link("dig")})}, "r")

    assert run(again) == run(again)


def test_an_expansion_without_end_is_stopped_with_the_nodes_name() -> None:
    with pytest.raises(NodeFailed) as failed:
        run(plan({"dig": ("Dig", {}), "d": ("Dive", {"clay": link("dig")})}, "d"))

    assert failed.value.problem.code == "expansion-too-big"
    assert failed.value.node.startswith("d/deeper/")


# --- law 5: blocked -------------------------------------------------------------------------------


def test_what_reads_a_blocked_output_is_skipped_and_the_rest_runs() -> None:
    nodes = {
        "dig": ("Dig", {}),
        "gate": ("Gate", {"clay": link("dig"), "open": False}),
        "throw": ("Throw", {"clay": link("gate")}),
        "free": ("Throw", {"clay": link("dig")}),
    }
    events: list[Event] = []

    outputs = run(plan(nodes, "throw", "free"), emit=events.append)

    assert finished(events) == [("dig", "ran"), ("gate", "blocked"), ("throw", "blocked"), ("free", "ran")]
    assert outputs["free"]["out"].shape == "pot of clay"
    assert [e.reason for e in events if isinstance(e, NodeFinished) and e.how == "blocked"] == ["the gate is shut"] * 2
