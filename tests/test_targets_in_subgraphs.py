"""An instance of a subgraph is a target like any node: what it gives and saves is computed."""

from __future__ import annotations

from typing import Any

import pytest

from graphflow.document import from_json
from graphflow.errors import WorkflowError
from graphflow.plan import make_plan
from tests.toy import NO_FILES, REGISTRY, link, plan, run, workflow

KILN: dict[str, Any] = {
    "inputs": {"clay": {"node": "knead", "input": "clay"}},
    "outputs": {"left": {"node": "cut", "output": "left"}, "right": {"node": "cut", "output": "right"}},
    "nodes": {
        "knead": {"type": "Knead", "inputs": {}},
        "cut": {"type": "Cut", "inputs": {"clay": link("knead")}},
        "throw": {"type": "Throw", "inputs": {"clay": link("knead")}},
        "fire": {"type": "Fire", "inputs": {"clay": link("throw")}},
    },
}
NODES: dict[str, Any] = {
    "dig": ("Dig", {}),
    "kiln": ("subgraph:kiln", {"clay": link("dig")}),
    "other": ("Dig", {"name": "other"}),
    "far": ("Fire", {"clay": link("other")}),
}


def test_an_instance_stands_for_what_it_gives_and_saves() -> None:
    work = plan(NODES, "kiln", subgraphs={"kiln": KILN})

    assert work.targets == ("kiln/cut", "kiln/fire")
    assert set(work.steps) == {"dig", "kiln/knead", "kiln/cut", "kiln/throw", "kiln/fire"}
    assert run(work)["kiln/cut"]["left"].shape == "clay~<"


def test_what_an_instance_passes_on_from_outside_or_from_within_is_found() -> None:
    outer = {
        "inputs": {"clay": {"node": "kiln", "input": "clay"}},
        "outputs": {"half": {"node": "kiln", "output": "left"}},
        "nodes": {"kiln": {"type": "subgraph:kiln", "inputs": {}}},
    }
    nodes: dict[str, Any] = {"dig": ("Dig", {}), "house": ("subgraph:outer", {"clay": link("dig")})}
    graphs = {"kiln": KILN, "outer": outer}

    assert plan(nodes, "house", subgraphs=graphs).targets == ("house/kiln/cut", "house/kiln/fire")
    assert plan(nodes, "house/kiln", subgraphs=graphs).targets == ("house/kiln/cut", "house/kiln/fire")


def test_an_instance_and_a_node_of_it_are_aimed_at_once() -> None:
    assert plan(NODES, "kiln", "kiln/cut", "dig", subgraphs={"kiln": KILN}).targets == ("kiln/cut", "kiln/fire", "dig")


def test_an_instance_that_gives_nothing_is_no_target() -> None:
    still = {"nodes": {"dig": {"type": "Dig", "inputs": {}}}}

    with pytest.raises(WorkflowError) as wrong:
        plan({"still": ("subgraph:still", {})}, "still", subgraphs={"still": still})

    (problem,) = wrong.value.problems
    assert problem.code == "unknown-target"
    assert "gives and saves nothing" in problem.message


def test_a_mistyped_instance_is_hinted_at() -> None:
    with pytest.raises(WorkflowError, match="did you mean 'kiln'"):
        plan(NODES, "klin", subgraphs={"kiln": KILN})


def test_a_muted_instance_is_said_to_be_muted() -> None:
    written = workflow(NODES, subgraphs={"kiln": KILN})
    written["nodes"]["kiln"]["mode"] = "mute"

    with pytest.raises(WorkflowError, match="target 'kiln' is muted"):
        make_plan(from_json(written), REGISTRY, NO_FILES, targets=["kiln"])
