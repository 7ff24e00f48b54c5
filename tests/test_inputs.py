"""A workflow is a function: its inputs are set by name."""

from __future__ import annotations

from typing import Any

import pytest

from graphflow.document import Workflow, from_json
from graphflow.errors import Problem, WorkflowError
from graphflow.inputs import declared_input, find_input, set_inputs
from graphflow.plan import make_plan
from tests.toy import NO_FILES, REGISTRY, link, run, workflow

INNER = {
    "nodes": {"k": {"type": "Knead"}},
    "inputs": {"clay": {"node": "k", "input": "clay"}, "times": {"node": "k", "input": "times"}},
    "outputs": {"out": {"node": "k", "output": "out"}},
}


def flow() -> Workflow:
    nodes: dict[str, Any] = {
        "dig.one": ("Dig", {"name": "red"}),
        "sub": ("subgraph:inner", {"clay": link("dig.one"), "times": 1}),
        "scale": ("Scale", {}),
        "throw": ("Throw", {"clay": link("sub")}),
    }
    return from_json(
        workflow(
            nodes,
            subgraphs={"inner": INNER},
            inputs={
                "colour": {"node": "dig.one", "input": "name"},
                "times": {"node": "sub", "input": "times"},
                "weights": {"node": "scale", "input": "weights"},
            },
            outputs={"pot": {"node": "throw", "output": "out"}, "number": {"node": "scale", "output": "out"}},
        )
    )


def results(values: dict[str, Any]) -> tuple[str, float]:
    work = make_plan(set_inputs(flow(), values, REGISTRY), REGISTRY, NO_FILES)
    outputs = run(work)
    return outputs["throw"]["out"].shape, outputs["scale"]["out"]


def problems(values: dict[str, Any]) -> tuple[Problem, ...]:
    with pytest.raises(WorkflowError) as error:
        make_plan(set_inputs(flow(), values, REGISTRY), REGISTRY, NO_FILES)
    return error.value.problems


def test_inputs_are_set_by_the_names_that_the_workflow_gives_them() -> None:
    assert results({"colour": "blue", "times": 3}) == ("pot of blue~~~", 1.0)


def test_what_is_not_set_stays_as_it_is_in_the_file() -> None:
    assert results({}) == ("pot of red~", 1.0)


def test_a_list_may_be_set() -> None:
    assert results({"weights": [1, 2]})[1] == 4.0


def test_any_input_of_a_node_is_reached_by_its_path_even_when_names_hold_dots() -> None:
    assert results({"dig.one.seed": 7, "scale.odd.name.": 5, "sub.times": 2}) == ("pot of red7~~", 6.0)


def test_the_workflow_itself_is_not_changed() -> None:
    before = flow()

    set_inputs(before, {"colour": "blue"}, REGISTRY)

    assert before == flow()


def test_all_unknown_names_are_reported_with_near_ones() -> None:
    with pytest.raises(WorkflowError) as error:
        set_inputs(flow(), {"color": "blue", "nothing": 1, "scale.fctor": 2}, REGISTRY)

    assert [(each.code, each.hint) for each in error.value.problems] == [
        ("unknown-input", "did you mean 'colour'?"),
        ("unknown-input", "it has colour, times, weights"),
        ("unknown-input", "it has colour, times, weights"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("times", "3", "wrong-type"),
        ("times", 11, "out-of-range"),
        ("times", None, "wrong-type"),
        ("times", {"node": "x", "output": "out"}, "wrong-type"),
        ("times", 10**400, "number-too-large"),
        ("colour", "half \ud800", "bad-text"),
        ("colour", object(), "wrong-type"),
        ("weights", 1, "wrong-type"),
        ("weights", [[1.0]], "wrong-type"),
        ("sub.clay", "red", "link-wanted"),
    ],
)
def test_values_are_checked_like_those_in_a_file(name: str, value: Any, code: str) -> None:
    assert [each.code for each in problems({name: value})] == [code]


def test_what_a_type_says_of_an_input_is_found_through_subgraphs() -> None:
    ref = find_input(flow(), "times", REGISTRY)

    assert ref is not None
    declared = declared_input(flow(), ref, REGISTRY)
    assert declared is not None
    assert declared.range is not None
    assert (declared.name, declared.range.high) == ("times", 10)


def test_subgraphs_in_each_other_do_not_lead_in_a_circle() -> None:
    def holding(other: str) -> dict[str, Any]:
        return {"nodes": {"x": {"type": f"subgraph:{other}"}}, "inputs": {"a": {"node": "x", "input": "a"}}}

    outer = {
        **workflow({}),
        "nodes": {"x": {"type": "subgraph:s"}},
        "subgraphs": {"s": holding("t"), "t": holding("s")},
    }

    assert find_input(from_json(outer), "x.a", REGISTRY) is None
