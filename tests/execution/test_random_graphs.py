"""The executor against a plain recursive evaluator, on graphs drawn at random."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pytest

from graphflow.api import Blocked, node
from graphflow.cache import Cache, MemoryCache, Outputs
from graphflow.errors import NodeFailed
from graphflow.events import Event
from graphflow.registry import Pack, Registry
from graphflow.step import Plan
from tests.toy import PACK, Clay, link, plan, run, started

Nodes = dict[str, tuple[str, dict[str, Any]]]


@node("Odd", category="toy")
def odd(clay: Clay) -> bool:
    """Say whether a lump's name has an odd length."""
    return len(clay.shape) % 2 == 1


REGISTRY = Registry([PACK, Pack("odd", (odd,))])


def random_graph(random: Random, size: int = 24) -> Nodes:
    """Draw a graph in which every node reads earlier ones."""
    nodes: Nodes = {"n0": ("Dig", {"name": "a"})}
    clays, truths = [link("n0")], list[dict[str, str]]()

    def clay() -> dict[str, str]:
        return random.choice(clays[-8:])

    for index in range(1, size):
        name = f"n{index}"
        kind = random.choice(KINDS)
        inputs: dict[str, Any] = {"clay": clay()}
        if kind == "Dig":
            inputs = {"name": random.choice("abc")}
        elif kind == "Join":
            inputs = {"a": clay(), "b": clay()}
        elif kind == "Heap":
            inputs = {"lumps": [clay() for _ in range(random.randint(0, 3))]}
        elif kind == "Stack":
            inputs = {"clays": [clay() for _ in range(random.randint(1, 2))]}
        elif kind == "Pick":
            on = random.choice([*truths, True, False])
            inputs = {"on": on, "if_true": clay(), "if_false": clay()}
        elif kind in WIDGETS:
            widget, values = WIDGETS[kind]
            inputs[widget] = random.choice(values)
        nodes[name] = (kind, inputs)
        if kind == "Odd":
            truths.append(link(name))
        else:
            clays.append(link(name, random.choice(["left", "right"]) if kind == "Cut" else "out"))
    return nodes


KINDS = (
    *("Dig", "Knead", "Knead", "Join", "Join", "Heap", "Cut", "Slice", "Stack", "Stack", "Odd", "Odd"),
    *("Pick", "Pick", "Pick", "Pick", "Gate", "Repeat", "Repeat", "Break"),
)
WIDGETS: dict[str, tuple[str, list[Any]]] = {
    "Knead": ("times", [1, 2]),
    "Slice": ("count", [0, 1, 2, 2, 3]),
    "Gate": ("open", [True, True, False]),
    "Repeat": ("times", [0, 1, 3]),
}

BLOCKED = "blocked"


class Failed(Exception):
    """The model's word for a node that fails."""


class Model:
    """Say what a graph means, by plain recursion: a value is a text, BLOCKED, a truth value, or a list of these."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.known: dict[str, dict[str, Any]] = {}

    def read(self, written: Any) -> Any:
        """Return what stands at an input: a literal, or the value at the end of a link."""
        return self.outputs(written["node"])[written["output"]] if isinstance(written, dict) else written

    def outputs(self, name: str) -> dict[str, Any]:
        if name not in self.known:
            self.known[name] = self._outputs(*self.nodes[name])
        return self.known[name]

    def _outputs(self, kind: str, inputs: dict[str, Any]) -> dict[str, Any]:
        lazy = ("if_true", "if_false")
        values = {key: each for key, each in inputs.items() if key in lazy}
        if kind == "Stack":
            parts = [self.read(each) for each in inputs["clays"]]
            whole = [each for part in parts for each in (part if isinstance(part, list) else [part])]
            return {"out": BLOCKED if BLOCKED in whole else "|".join(whole)}
        if kind == "Heap":
            values |= {f"lump{index}": self.read(each) for index, each in enumerate(inputs["lumps"])}
        else:
            values |= {key: self.read(each) for key, each in inputs.items() if key not in lazy}
        lists = [each for each in values.values() if isinstance(each, list)]
        ports = ("left", "right") if kind == "Cut" else ("out",)
        if not lists:
            return dict(zip(ports, self._call(kind, values, mapped=False), strict=True))
        length = 0 if [] in lists else max(map(len, lists))
        rows = [
            self._call(kind, {k: v[min(i, len(v) - 1)] if isinstance(v, list) else v for k, v in values.items()}, True)
            for i in range(length)
        ]
        joined = {port: [row[index] for row in rows] for index, port in enumerate(ports)}
        if kind == "Slice":
            joined["out"] = [e for each in joined["out"] for e in (each if isinstance(each, list) else [each])]
        return joined

    def _call(self, kind: str, values: Mapping[str, Any], mapped: bool) -> tuple[Any, ...]:
        if BLOCKED in values.values():
            return (BLOCKED, BLOCKED) if kind == "Cut" else (BLOCKED,)
        if kind == "Break" or (kind == "Repeat" and mapped and values["times"]):
            raise Failed
        if kind == "Pick":
            picked = self.read(values["if_true" if values["on"] else "if_false"])
            if isinstance(picked, list):
                raise Failed
            return (picked,)
        return MEANINGS[kind](values)


MEANINGS: dict[str, Callable[[Mapping[str, Any]], tuple[Any, ...]]] = {
    "Dig": lambda values: (values["name"],),
    "Knead": lambda values: (values["clay"] + "~" * values["times"],),
    "Join": lambda values: (f"({values['a']}+{values['b']})",),
    "Heap": lambda values: (f"[{' '.join(values.values())}]",),
    "Cut": lambda values: (f"{values['clay']}<", f">{values['clay']}"),
    "Slice": lambda values: ([f"{values['clay']}#{index}" for index in range(values["count"])],),
    "Odd": lambda values: (len(values["clay"]) % 2 == 1,),
    "Gate": lambda values: (values["clay"] if values["open"] else BLOCKED,),
    "Repeat": lambda values: (values["clay"] + "~" * values["times"],),
}


def plainly(value: Any) -> Any:
    """Write a result in the model's words."""
    if isinstance(value, tuple):
        return [plainly(each) for each in value]
    if isinstance(value, Blocked):
        return BLOCKED
    return value.shape if isinstance(value, Clay) else value


def meaning(nodes: Nodes, targets: list[str]) -> tuple[Any, set[str]]:
    """Return the targets' outputs or Failed, and the nodes that it took to know."""
    model = Model(nodes)
    try:
        return {name: model.outputs(name) for name in targets}, set(model.known)
    except Failed:
        return Failed, set(nodes)


def outcome(work: Plan, cache: Cache, events: list[Event]) -> Any:
    """Execute a plan and return its outputs in the model's words, or Failed."""
    try:
        found: dict[str, Outputs] = run(work, cache, events.append)
    except NodeFailed:
        return Failed
    return {name: {port: plainly(value) for port, value in ports.items()} for name, ports in found.items()}


def caches() -> list[Cache]:
    return [Cache(None, None), Cache(MemoryCache(1 << 30), None), Cache(MemoryCache(5_000), None)]


@pytest.mark.parametrize("batch", range(4))
def test_any_graph_gives_what_plain_recursion_gives_with_every_cache_and_again(batch: int) -> None:
    for seed in range(batch * 40, batch * 40 + 40):
        random = Random(seed)
        nodes = random_graph(random)
        for cache in caches():
            for _ in range(4):
                targets = random.sample(sorted(nodes), 3)
                wanted, needed = meaning(nodes, targets)
                events: list[Event] = []

                assert outcome(plan(nodes, *targets, registry=REGISTRY), cache, events) == wanted, (seed, targets)
                inner = {name.split("/")[0] for name in started(events)}
                assert inner <= needed, (seed, targets, "more ran than was needed")
                assert len(cache.flights) == 0


def test_with_room_in_the_cache_no_node_is_computed_twice_in_a_run() -> None:
    for seed in range(60):
        random = Random(seed)
        nodes = random_graph(random)
        events: list[Event] = []

        outcome(
            plan(nodes, *random.sample(sorted(nodes), 3), registry=REGISTRY), Cache(MemoryCache(1 << 30), None), events
        )

        assert len(started(events)) == len(set(started(events))), seed


@pytest.mark.parametrize("budget", [0, 5_000, 1 << 30])
def test_threads_that_share_a_plan_and_a_cache_all_get_the_right_answer(budget: int) -> None:
    for seed in range(25):
        random = Random(seed)
        nodes = random_graph(random)
        targets = random.sample(sorted(nodes), 4)
        wanted, _ = meaning(nodes, targets)
        work, cache = plan(nodes, *targets, registry=REGISTRY), Cache(MemoryCache(budget), None)
        found: list[Any] = []

        def go(work: Plan = work, cache: Cache = cache, found: list[Any] = found) -> None:
            found.append(outcome(work, cache, []))

        threads = [threading.Thread(target=go) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

        assert found == [wanted] * 4, seed
        assert len(cache.flights) == 0
