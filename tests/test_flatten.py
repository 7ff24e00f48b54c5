"""Subgraphs, muted and bypassed nodes: what is left of them when a workflow is unfolded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from graphflow.document import from_json
from graphflow.errors import Problem, WorkflowError
from graphflow.plan import make_plan
from graphflow.step import Plan
from tests.toy import NO_FILES, REGISTRY, link, run


def at(kind: str, inputs: Mapping[str, Any] | None = None, mode: str | None = None) -> dict[str, Any]:
    """Write a node, perhaps muted or bypassed."""
    return {"type": kind, "inputs": dict(inputs or {}), **({"mode": mode} if mode else {})}


def unfolded(nodes: Mapping[str, Any], *targets: str, **more: Any) -> Plan:
    workflow = from_json({"format": "graphflow/1", "nodes": nodes, **more})
    return make_plan(workflow, REGISTRY, NO_FILES, targets=targets or None)


def problems(nodes: Mapping[str, Any], *targets: str, **more: Any) -> tuple[Problem, ...]:
    with pytest.raises(WorkflowError) as error:
        unfolded(nodes, *targets, **more)
    return error.value.problems


def shape(nodes: Mapping[str, Any], target: str, **more: Any) -> str:
    text = run(unfolded(nodes, target, **more))[target]["out"].shape
    assert isinstance(text, str)
    return text


TWICE = {
    "nodes": {"one": at("Knead"), "two": at("Knead", {"clay": link("one")})},
    "inputs": {"clay": {"node": "one", "input": "clay"}, "times": {"node": "two", "input": "times"}},
    "outputs": {"kneaded": {"node": "two", "output": "out"}},
}


# --- subgraphs ------------------------------------------------------------------------------------


def test_a_subgraph_takes_links_and_literals_from_outside() -> None:
    nodes = {
        "dig": at("Dig"),
        "twice": at("subgraph:twice", {"clay": link("dig"), "times": 3}),
        "throw": at("Throw", {"clay": link("twice", "kneaded")}),
    }

    assert shape(nodes, "throw", subgraphs={"twice": TWICE}) == "pot of clay~~~~"
    assert list(unfolded(nodes, "throw", subgraphs={"twice": TWICE}).steps) == [
        "dig",
        "twice/one",
        "twice/two",
        "throw",
    ]


def test_a_subgraph_keeps_its_own_literal_where_nothing_is_handed_in() -> None:
    inner = {**TWICE, "nodes": {"one": at("Knead"), "two": at("Knead", {"clay": link("one"), "times": 2})}}
    nodes = {
        "dig": at("Dig"),
        "t": at("subgraph:t", {"clay": link("dig")}),
        "k": at("Knead", {"clay": link("t", "kneaded")}),
    }

    assert shape(nodes, "k", subgraphs={"t": inner}) == "clay~~~~"


def test_subgraphs_stand_in_subgraphs() -> None:
    four = {
        "nodes": {
            "a": at("subgraph:twice"),
            "b": at("subgraph:twice", {"clay": link("a", "kneaded")}),
        },
        "inputs": {"clay": {"node": "a", "input": "clay"}, "times": {"node": "b", "input": "times"}},
        "outputs": {"out": {"node": "b", "output": "kneaded"}},
    }
    nodes = {
        "dig": at("Dig"),
        "four": at("subgraph:four", {"clay": link("dig"), "times": 2}),
        "k": at("Knead", {"clay": link("four")}),
    }

    assert shape(nodes, "k", subgraphs={"twice": TWICE, "four": four}) == "clay~~~~~~"


def test_two_instances_of_one_subgraph_have_inputs_of_their_own() -> None:
    nodes = {
        "dig": at("Dig"),
        "x": at("subgraph:twice", {"clay": link("dig"), "times": 1}),
        "y": at("subgraph:twice", {"clay": link("x", "kneaded"), "times": 4}),
        "k": at("Knead", {"clay": link("y", "kneaded")}),
    }

    assert shape(nodes, "k", subgraphs={"twice": TWICE}) == "clay" + "~" * 8


def test_a_workflows_output_may_come_from_a_subgraph() -> None:
    nodes = {"dig": at("Dig"), "t": at("subgraph:twice", {"clay": link("dig")})}

    work = unfolded(nodes, subgraphs={"twice": TWICE}, outputs={"result": {"node": "t", "output": "kneaded"}})

    assert work.outputs["result"].node == "t/two"
    assert work.targets == ("t/two",)


def test_what_is_wrong_inside_a_subgraph_is_named_by_its_path() -> None:
    nodes = {
        "dig": at("Dig"),
        "t": at("subgraph:twice", {"clay": link("dig"), "times": 99}),
        "k": at("Knead", {"clay": link("t", "kneaded")}),
    }

    found = problems(nodes, "k", subgraphs={"twice": TWICE})

    assert [(each.code, each.node, each.input) for each in found] == [("out-of-range", "t/two", "times")]


@pytest.mark.parametrize(
    ("inputs", "reads", "code", "where", "hint"),
    [
        ({"cley": link("dig")}, "kneaded", "unknown-input", "t", "did you mean 'clay'?"),
        ({"clay": link("dig")}, "kneeded", "unknown-output", "k", "did you mean 'kneaded'?"),
    ],
)
def test_a_misspelt_end_of_a_subgraph_has_a_near_name(
    inputs: dict[str, Any], reads: str, code: str, where: str, hint: str
) -> None:
    nodes = {"dig": at("Dig"), "t": at("subgraph:twice", inputs), "k": at("Knead", {"clay": link("t", reads)})}

    found = problems(nodes, "k", subgraphs={"twice": TWICE})

    assert (found[0].code, found[0].node, found[0].hint) == (code, where, hint)


def test_an_unknown_subgraph_is_said_once() -> None:
    nodes = {"t": at("subgraph:twise"), "k": at("Knead", {"clay": link("t", "kneaded")})}

    found = problems(nodes, "k", subgraphs={"twice": TWICE})

    assert [(each.code, each.node, each.hint) for each in found] == [("unknown-subgraph", "t", "did you mean 'twice'?")]


def test_a_subgraph_in_itself_is_stopped_and_named_once() -> None:
    inner = {
        "nodes": {"a": at("subgraph:s"), "b": at("subgraph:s")},
        "outputs": {"out": {"node": "a", "output": "out"}},
    }
    nodes = {"s": at("subgraph:s"), "k": at("Knead", {"clay": link("s")})}

    found = problems(nodes, "k", subgraphs={"s": inner})

    assert [(each.code, each.hint) for each in found] == [("too-deep", "does one contain itself?")]


def nested(depth: int) -> Mapping[str, Any]:
    """Return subgraphs of which each holds the next, and the last a node that digs."""
    out = {"out": {"node": "in", "output": "out"}}
    subgraphs = {f"s{i}": {"nodes": {"in": at(f"subgraph:s{i + 1}")}, "outputs": out} for i in range(1, depth)}
    return {**subgraphs, f"s{depth}": {"nodes": {"in": at("Dig")}, "outputs": out}}


def test_subgraphs_may_be_32_deep_and_no_deeper() -> None:
    nodes = {"s": at("subgraph:s1"), "k": at("Knead", {"clay": link("s")})}

    assert shape(nodes, "k", subgraphs=nested(32)) == "clay~"
    assert [each.code for each in problems(nodes, "k", subgraphs=nested(33))] == ["too-deep"]


def test_a_file_that_unfolds_to_millions_of_nodes_is_stopped() -> None:
    bomb = {f"s{i}": {"nodes": {f"n{j}": at(f"subgraph:s{i + 1}") for j in range(30)}} for i in range(6)}
    bomb["s6"] = {"nodes": {"dig": at("Dig")}}

    found = problems({"boom": at("subgraph:s0"), "dig": at("Dig")}, "dig", subgraphs=bomb)

    assert [each.code for each in found] == ["too-many-nodes"]


# --- muted ----------------------------------------------------------------------------------------


def test_what_cannot_do_without_a_muted_node_falls_away_with_it() -> None:
    nodes = {
        "dig": at("Dig", mode="mute"),
        "knead": at("Knead", {"clay": link("dig")}),
        "fire": at("Fire", {"clay": link("knead")}),
        "other": at("Dig"),
        "fire2": at("Fire", {"clay": link("other")}),
    }

    assert list(unfolded(nodes).steps) == ["other", "fire2"]


def test_an_optional_input_is_cut_from_a_muted_node_and_the_reader_stays() -> None:
    nodes = {
        "n": at("Count", {"value": 3}, mode="mute"),
        "dig": at("Dig"),
        "k": at("Knead", {"clay": link("dig"), "times": link("n")}),
    }

    assert shape(nodes, "k") == "clay~"


def test_a_list_of_links_loses_only_those_that_are_muted() -> None:
    nodes = {
        "a": at("Dig", {"name": "a"}),
        "b": at("Dig", {"name": "b"}, mode="mute"),
        "heap": at("Heap", {"lumps": [link("b"), link("a"), link("b"), link("a")]}),
    }

    assert shape(nodes, "heap") == "[a a]"


def test_an_optional_list_of_which_all_is_muted_is_cut() -> None:
    nodes = {
        "n": at("Count", {"value": 3}, mode="mute"),
        "scale": at("Scale", {"weights": [link("n"), link("n")], "factor": 2.0}),
    }

    assert run(unfolded(nodes, "scale"))["scale"]["out"] == 2.0


def test_a_muted_subgraph_takes_all_that_is_in_it_along() -> None:
    nodes = {
        "dig": at("Dig"),
        "t": at("subgraph:twice", {"clay": link("dig")}, mode="mute"),
        "fire": at("Fire", {"clay": link("dig")}),
    }

    assert list(unfolded(nodes, subgraphs={"twice": TWICE}).steps) == ["dig", "fire"]


def test_an_output_of_the_workflow_that_is_muted_is_left_out() -> None:
    nodes = {"a": at("Dig", mode="mute"), "b": at("Dig")}
    outputs = {name: {"node": name, "output": "out"} for name in "ab"}

    assert list(unfolded(nodes, outputs=outputs).outputs) == ["b"]


def test_a_muted_target_is_said_to_be_muted() -> None:
    found = problems({"a": at("Dig", mode="mute"), "b": at("Dig")}, "a")

    assert [(each.code, each.message) for each in found] == [("unknown-target", "target 'a' is muted")]


# --- bypassed -------------------------------------------------------------------------------------


def test_a_bypassed_node_lets_its_first_fitting_input_through() -> None:
    nodes = {
        "a": at("Dig", {"name": "a"}),
        "b": at("Dig", {"name": "b"}),
        "join": at("Join", {"b": link("b"), "a": link("a")}, mode="bypass"),
        "throw": at("Throw", {"clay": link("join")}),
    }

    assert shape(nodes, "throw") == "pot of a"


def test_bypassed_nodes_in_a_row_are_all_passed_by() -> None:
    nodes = {"dig": at("Dig")}
    nodes |= {f"k{i}": at("Knead", {"clay": link(f"k{i - 1}" if i else "dig")}, mode="bypass") for i in range(50)}
    nodes["throw"] = at("Throw", {"clay": link("k49")})

    assert shape(nodes, "throw") == "pot of clay"
    assert list(unfolded(nodes, "throw").steps) == ["dig", "throw"]


def test_a_bypassed_subgraph_lets_through_what_was_handed_in() -> None:
    nodes = {
        "dig": at("Dig"),
        "t": at("subgraph:twice", {"clay": link("dig")}, mode="bypass"),
        "k": at("Throw", {"clay": link("t", "kneaded")}),
    }

    assert shape(nodes, "k", subgraphs={"twice": TWICE}) == "pot of clay"


def test_a_bypassed_node_with_nothing_fitting_gives_nothing() -> None:
    nodes = {
        "n": at("Count", {"value": 2}),
        "scale": at("Scale", {"odd.name.": link("n")}, mode="bypass"),
        "dig": at("Dig", mode="bypass"),
        "k": at("Knead", {"clay": link("dig")}),
    }

    assert [(each.code, each.node, each.input) for each in problems(nodes, "k")] == [("missing-input", "k", "clay")]


def test_nodes_that_bypass_each_other_in_a_circle_give_nothing() -> None:
    nodes = {
        "a": at("Knead", {"clay": link("b")}, mode="bypass"),
        "b": at("Knead", {"clay": link("a")}, mode="bypass"),
        "k": at("Knead", {"clay": link("a")}),
    }

    assert [each.code for each in problems(nodes, "k")] == ["missing-input"]
