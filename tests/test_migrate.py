"""Nodes written for an older version open as today's; newer ones are refused with a way out."""

from __future__ import annotations

from typing import Any

import pytest

from graphflow.api import node
from graphflow.document import InputRef, Link, Node, Subgraph, Workflow
from graphflow.errors import Problem, WorkflowError
from graphflow.migrate import migrate
from graphflow.registry import Pack, Registry


def _rename_seed(inputs: dict[str, Any]) -> dict[str, Any]:
    if "seed" in inputs:
        inputs["noise_seed"] = inputs.pop("seed")
    return inputs


def _percent_to_strength(inputs: dict[str, Any]) -> dict[str, Any]:
    percent = inputs.pop("percent", 100)
    return {**inputs, "strength": percent if isinstance(percent, Link) else percent / 100}


@node("Noise", version=3, migrations={1: _rename_seed, 2: _percent_to_strength})
def noise(noise_seed: int = 0, strength: float = 1.0) -> float:
    """Give a number that the inputs decide."""
    return noise_seed * strength


def _break(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"x": inputs["gone"]}


@node("Broken", version=2, migrations={1: _break})
def broken(x: int = 0) -> int:
    """Fail only while it is migrated."""
    return x


def _drop(inputs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if name != "old"}


@node("Shrunk", version=2, migrations={1: _drop})
def shrunk(x: int = 0) -> int:
    """Have one input less than before."""
    return x


REGISTRY = Registry([Pack("toys", (noise, broken, shrunk))])


def problem_of(workflow: Workflow) -> Problem:
    with pytest.raises(WorkflowError) as caught:
        migrate(workflow, REGISTRY)
    (problem,) = caught.value.problems
    return problem


def test_an_old_node_goes_through_every_version_in_between() -> None:
    old = Workflow(nodes={"n": Node("Noise", {"seed": 7, "percent": 50}, version=1, title="kept", mode="mute")})

    new = migrate(old, REGISTRY)

    inputs = {"noise_seed": 7, "strength": 0.5}
    assert new.nodes["n"] == Node("Noise", inputs, version=3, title="kept", mode="mute")
    assert old.nodes["n"].inputs == {"seed": 7, "percent": 50}  # what was given stays as it was


def test_a_node_in_between_starts_where_it_is() -> None:
    new = migrate(Workflow(nodes={"n": Node("Noise", {"noise_seed": 7, "percent": 50}, version=2)}), REGISTRY)

    assert new.nodes["n"].inputs == {"noise_seed": 7, "strength": 0.5}


def test_a_link_moves_with_its_input() -> None:
    new = migrate(Workflow(nodes={"n": Node("Noise", {"seed": Link("m", "out")}, version=1)}), REGISTRY)

    assert new.nodes["n"].inputs["noise_seed"] == Link("m", "out")


def test_a_node_without_a_version_is_taken_for_the_newest() -> None:
    new = migrate(Workflow(nodes={"n": Node("Noise", {"strength": 0.25})}), REGISTRY)

    assert new.nodes["n"] == Node("Noise", {"strength": 0.25}, version=3)


def test_the_workflows_own_input_follows_an_input_that_was_renamed() -> None:
    old = Workflow(
        nodes={"n": Node("Noise", {"percent": 50}, version=1)},
        inputs={"seed": InputRef("n", "seed"), "amount": InputRef("n", "percent")},
    )

    new = migrate(old, REGISTRY)

    assert new.inputs == {"seed": InputRef("n", "noise_seed"), "amount": InputRef("n", "strength")}


def test_a_workflows_input_that_leads_nowhere_any_more_is_a_problem() -> None:
    old = Workflow(nodes={"n": Node("Shrunk", version=1)}, inputs={"a": InputRef("n", "old")})

    problem = problem_of(old)

    assert (problem.code, problem.node, problem.input) == ("lost-input", "n", "old")
    assert "'a'" in problem.message


def test_the_insides_of_a_subgraph_are_migrated_with_its_own_inputs() -> None:
    inner = Subgraph(nodes={"n": Node("Noise", {"seed": 7}, version=1)}, inputs={"s": InputRef("n", "seed")})

    new = migrate(Workflow(subgraphs={"sub": inner}), REGISTRY).subgraphs["sub"]

    assert new.nodes["n"] == Node("Noise", {"noise_seed": 7, "strength": 1.0}, version=3)
    assert new.inputs == {"s": InputRef("n", "noise_seed")}


def test_a_node_from_the_future_names_the_pack_to_update() -> None:
    problem = problem_of(Workflow(nodes={"n": Node("Noise", version=4)}))

    assert (problem.code, problem.node, problem.hint) == ("newer-node", "n", "update the pack toys")
    assert "version 4 of Noise; version 3 is installed" in problem.message


def test_a_migration_that_fails_is_a_problem_of_its_node() -> None:
    problem = problem_of(Workflow(nodes={"n": Node("Broken", {"y": 1}, version=1)}))

    assert (problem.code, problem.node) == ("migration-failed", "n")
    assert "KeyError: 'gone'" in problem.message


def test_an_unknown_node_is_left_to_the_planner() -> None:
    workflow = Workflow(nodes={"n": Node("Unheard", {"x": 1}, version=9), "s": Node("subgraph:x")})

    assert migrate(workflow, REGISTRY) == workflow
