"""Builds workflows in Python, with wires that a type checker checks.

    flow = Flow("A lump, twice")
    clay = flow.add(dig)(name="red")
    both = flow.add(join, name="both")(clay, b=clay)
    flow.input("colour", clay, "name")
    flow.output("lump", both)

`flow.add(node)` has the signature of the node itself, so mypy refuses a wrong wire as it would a wrong argument.
"""

from __future__ import annotations

import inspect
import re
from collections import namedtuple
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from graphflow.api import File, Lazy, NodeType
from graphflow.document import LIMITS, InputRef, Link, Node, OutputRef, Value, Workflow
from graphflow.document.fields import name_rule
from graphflow.document.limits import NAME, fits

P = ParamSpec("P")
R = TypeVar("R")


def file(name: str) -> File:
    """Stand for a file by its name, as it is written in a workflow; the engine finds it."""
    return File(name, Path(), "")


class Flow:
    """A workflow that grows call by call."""

    def __init__(self, name: str | None = None, description: str | None = None) -> None:
        self._name = name
        self._description = description
        self._nodes: dict[str, Node] = {}
        self._inputs: dict[str, InputRef] = {}
        self._outputs: dict[str, OutputRef] = {}

    def add(self, node: NodeType[P, R], name: str | None = None) -> Callable[P, R]:
        """Return a function that adds a node: call it with literals and with what other calls returned.

        What it returns poses as the node's result; it can only be handed on to other nodes of this flow. Raises
        ValueError when the name is taken or cannot be a name.
        """

        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            bound = inspect.signature(node.function).bind_partial(*args, **kwargs).arguments
            inputs: dict[str, Value] = {}
            for each in node.inputs:
                if each.parameter in bound and (value := bound[each.parameter]) is not None:
                    inputs[each.name] = _written(value)
            here = self._new_name(name, node.id)
            self._nodes[here] = Node(node.id, inputs, version=node.version)
            wires = [Link(here, port.name) for port in node.outputs]
            if node.one_output:
                return cast(R, wires[0])
            return cast(R, _ports(node.id, [port.name for port in node.outputs])(*wires))

        return call

    def input(self, name: str, result: object, input: str) -> None:
        """Name an input of the node that gave `result`, so that the workflow can be called with it."""
        self._inputs[name] = InputRef(_link(result).node, input)

    def output(self, name: str, result: object) -> None:
        """Name an output of the workflow."""
        link = _link(result)
        self._outputs[name] = OutputRef(link.node, link.output)

    def workflow(self) -> Workflow:
        """Return the workflow as it is now."""
        return Workflow(
            nodes=dict(self._nodes),
            inputs=dict(self._inputs),
            outputs=dict(self._outputs),
            name=self._name,
            description=self._description,
        )

    def _new_name(self, wanted: str | None, type_id: str) -> str:
        if wanted is not None:
            if not fits(NAME, wanted) or len(wanted) > LIMITS.name:
                raise ValueError(f"{wanted!r} cannot be a node's name: {name_rule(NAME)}")
            if wanted in self._nodes:
                raise ValueError(f"there is a node {wanted!r} already")
            return wanted
        stem = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type_id).lower().replace("/", "_")[: LIMITS.name - 6]
        if stem not in self._nodes:
            return stem
        return next(name for i in range(2, len(self._nodes) + 3) if (name := f"{stem}_{i}") not in self._nodes)


def _written(value: Any) -> Value:
    """Turn an argument into what stands in the file."""
    if isinstance(value, Lazy):
        return _written(value.get())
    if isinstance(value, File):
        return value.name
    if isinstance(value, list | tuple) and not isinstance(value, Link):
        return cast(Value, tuple(_written(each) for each in value))
    return cast(Value, value)


def _link(result: object) -> Link:
    if isinstance(result, Link):
        return result
    if isinstance(result, tuple) and result and isinstance(result[0], Link):
        return result[0]
    raise TypeError(f"{result!r} is not what a node of this flow returned")


def _ports(type_id: str, names: Iterable[str]) -> Callable[..., Any]:
    return namedtuple(f"Ports_{re.sub(r'[^A-Za-z0-9_]', '_', type_id)}", list(names))
