"""Trivial nodes, and long graphs of them: what is left to measure is the engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from graphflow.api import node
from graphflow.registry import Pack, Registry


@node("Step", category="benchmark")
def step(value: int, *, add: int = 1) -> int:
    """Add, and let the engine decide where to keep the sum."""
    return value + add


@node("KeptStep", category="benchmark", keep="disk")
def kept_step(value: int, *, add: int = 1) -> int:
    """Add, and keep the sum on disk."""
    return value + add


@node("Rung", category="benchmark")
def rung(left: int, *, right: int) -> int:
    """Join two sums without letting them grow."""
    return (left + right) % 1_000_003


REGISTRY = Registry([Pack("benchmark", (step, kept_step, rung))])


def chain(length: int, kind: str = "Step", start: int = 0) -> bytes:
    """Return the file of a workflow in which each node reads the one before it."""
    nodes = {"n0": _node(kind, {"value": start, "add": 1})}
    for index in range(1, length):
        nodes[f"n{index}"] = _node(kind, {"value": _link(index - 1), "add": 1})
    return _file(nodes, length)


def ladder(length: int) -> bytes:
    """Return the file of a workflow in which each node reads the two before it: the paths through it grow like 2^n."""
    nodes = {f"n{index}": _node("Rung", {"left": 1, "right": index}) for index in range(2)}
    for index in range(2, length):
        nodes[f"n{index}"] = _node("Rung", {"left": _link(index - 2), "right": _link(index - 1)})
    return _file(nodes, length)


def names(length: int) -> list[str]:
    """Return the names of all nodes of such a graph."""
    return [f"n{index}" for index in range(length)]


def _node(kind: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": kind, "version": 1, "inputs": inputs}


def _link(index: int) -> dict[str, str]:
    return {"node": f"n{index}", "output": "out"}


def _file(nodes: Mapping[str, Any], length: int) -> bytes:
    outputs = {"last": {"node": f"n{length - 1}", "output": "out"}}
    return json.dumps({"format": "graphflow/1", "nodes": nodes, "outputs": outputs}).encode()
