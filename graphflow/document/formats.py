"""Brings files of older formats up to today's, as plain data, before they are read strictly.

A step changes what the old format wrote differently and hands everything else through untouched, right or wrong: the
strict reader reports it. Each format that was ever written keeps its step and a stored file in tests/fixtures/old.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Plain = Mapping[str, Any]


def upgrade(data: Any) -> Any:
    """Return the data in today's format, or as it is when its format is today's or unknown."""
    while isinstance(data, Mapping) and (step := _step(data.get("format"))):
        data = step(data)
    return data


def _step(name: Any) -> Callable[[Plain], Plain] | None:
    return STEPS.get(name) if isinstance(name, str) else None


def _from_0(data: Plain) -> Plain:
    """graphflow/0, the draft before the first release.

    It wrote links and the workflow's inputs and outputs as pairs, knew no lists of literals, and kept a node's place
    in the node: `"at": [x, y]`.
    """
    new = {**data, "format": "graphflow/1"}
    nodes = data.get("nodes")
    if isinstance(nodes, Mapping):
        new["nodes"] = {name: _node_from_0(node) for name, node in nodes.items()}
        view = {name: place for name, node in nodes.items() if (place := _place_from_0(node))}
        if view:
            new["view"] = view
    for key, port in (("inputs", "input"), ("outputs", "output")):
        if isinstance(refs := data.get(key), Mapping):
            new[key] = {name: _pair_from_0(ref, port) for name, ref in refs.items()}
    return new


def _node_from_0(node: Any) -> Any:
    if not isinstance(node, Mapping):
        return node
    new = dict(node)
    if _place_from_0(node):
        del new["at"]
    if isinstance(inputs := node.get("inputs"), Mapping):
        new["inputs"] = {name: _value_from_0(value) for name, value in inputs.items()}
    return new


def _value_from_0(value: Any) -> Any:
    if isinstance(value, list) and value and all(isinstance(each, list) for each in value):
        return [_pair_from_0(each, "output") for each in value]
    return _pair_from_0(value, "output")


def _pair_from_0(value: Any, port: str) -> Any:
    if isinstance(value, list) and len(value) == 2 and all(isinstance(each, str) for each in value):
        return {"node": value[0], port: value[1]}
    return value


def _place_from_0(node: Any) -> Plain | None:
    at = node.get("at") if isinstance(node, Mapping) else None
    return {"x": at[0], "y": at[1]} if isinstance(at, list) and len(at) == 2 else None


STEPS: Mapping[str, Callable[[Plain], Plain]] = {"graphflow/0": _from_0}
"""From each older format to the next one."""
