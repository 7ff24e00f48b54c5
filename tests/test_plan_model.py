"""Workflows drawn at random, mistakes and all: a plan comes out, or problems, and never an accident."""

from __future__ import annotations

from random import Random
from typing import Any

from graphflow.document import Workflow, from_json
from graphflow.errors import NodeFailed, Problem, WorkflowError
from graphflow.plan import make_plan
from graphflow.step import Plan
from tests.toy import NO_FILES, NODES, REGISTRY, link, run

TYPES = [each.id for each in NODES] + [
    "Knead",
    "Join",
    "Heap",
    "Stack",
    "subgraph:s0",
    "subgraph:s1",
    "Nonsense",
    "Dig",
]
VALUES = [0, 1, -1, 2**64 - 1, 1.5, True, "x", "mud", [], [1], ["a"], {"value": None}, {"value": {"a": [1]}}]
NAMES = [
    "clay",
    "a",
    "b",
    "times",
    "lumps",
    "clays",
    "on",
    "if_true",
    "if_false",
    "pot",
    "mould",
    "name",
    "in",
    "value",
]


class Drawing:
    """Nodes that mostly fit together; one thing in thirty is a mistake."""

    def __init__(self, random: Random, size: int) -> None:
        self.random = random
        self.nodes: dict[str, Any] = {}
        for index in range(size):
            kind = random.choice(TYPES) if index else "Dig"
            self.nodes[f"n{index}"] = {"type": kind, "inputs": self.inputs(kind)}
            if random.random() < 0.15:
                self.nodes[f"n{index}"]["mode"] = random.choice(["mute", "bypass"])
        if self.mistake() and size > 1:
            self.nodes["n0"] = {"type": "Knead", "inputs": {"clay": self.source()}}  # perhaps a cycle

    def mistake(self) -> bool:
        return self.random.random() < 0.03

    def source(self) -> dict[str, str]:
        name = "nowhere" if self.mistake() else self.random.choice(list(self.nodes)[-5:])
        kind = self.nodes.get(name, {"type": ""})["type"]
        port = "o" if kind.startswith("subgraph") else {"Cut": "left", "Fire": "files"}.get(kind, "out")
        return link(name, "uot" if self.mistake() else port)

    def inputs(self, kind: str) -> dict[str, Any]:
        known = REGISTRY.find(kind)
        inputs: dict[str, Any] = {}
        for entry in known.inputs if known else ():
            if entry.is_widget and self.mistake():
                inputs[entry.name] = self.source() if self.nodes and self.mistake() else self.random.choice(VALUES)
            elif not entry.is_widget and not self.mistake():
                many = [self.source() for _ in range(self.random.randint(1, 3))]
                inputs[entry.name] = many[0] if entry.arity == "one" else many
        if kind.startswith("subgraph") and not self.mistake():
            inputs["in"] = self.source()
        if self.mistake():
            inputs[self.random.choice(NAMES)] = self.random.choice(VALUES)
        return inputs


def random_workflow(random: Random) -> dict[str, Any]:
    def ends(size: int, port: str, named: str) -> dict[str, Any]:
        inner = "out" if port == "output" else "clay"
        return {named: {"node": f"n{random.randrange(size)}", port: random.choice([inner] * 9 + ["times", "left"])}}

    def subgraph() -> dict[str, Any]:
        size = random.randint(1, 4)
        return {
            "nodes": Drawing(random, size).nodes,
            "inputs": ends(size, "input", "in"),
            "outputs": ends(size, "output", "o"),
        }

    size = random.randint(1, 9)
    return {
        "format": "graphflow/1",
        "nodes": Drawing(random, size).nodes,
        "subgraphs": {"s0": subgraph(), "s1": subgraph()},
        "outputs": ends(size, "output", "result"),
    }


def planned(workflow: Workflow, targets: list[str] | None) -> Plan | tuple[Problem, ...]:
    try:
        return make_plan(workflow, REGISTRY, NO_FILES, targets=targets)
    except WorkflowError as error:
        return error.problems


def ran(work: Plan) -> set[str] | str:
    try:
        return set(run(work))
    except NodeFailed as failed:
        return failed.problem.code


def test_whatever_a_workflow_holds_planning_ends_in_a_plan_or_in_problems() -> None:
    plans = 0
    for seed in range(500):
        random = Random(seed)
        workflow = from_json(random_workflow(random))

        found = planned(workflow, random.choice([None, [random.choice(list(workflow.nodes))]]))

        if isinstance(found, tuple):
            assert len(set(found)) == len(found) > 0, (seed, "said twice, or not at all")
            continue
        plans += 1
        steps = found.steps.values()
        assert all(source.node in found.steps for step in steps for each in step.links.values() for source in each), (
            seed
        )
        assert ran(found) in (set(found.targets), "node-failed", "wrong-type", "expansion-too-big", "out-of-range"), (
            seed
        )
    assert plans > 100
