"""Brings the nodes of a workflow up to the versions that the registry knows.

File formats are brought up to date while a file is read (graphflow/document/formats.py), since only today's format has
a meaning. Node versions need the registry, so they come after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from graphflow.api import AnyNode
from graphflow.document import SUBGRAPH_PREFIX, InputRef, Link, Node, Subgraph, Value, Workflow
from graphflow.errors import Problem, WorkflowError
from graphflow.registry import Registry

Graph = TypeVar("Graph", Workflow, Subgraph)

_PROBE = Link("\0probe", "\0probe")
"""Put at an input to see where a migration moves it. No file can hold it, and it is looked for by identity."""


def migrate(workflow: Workflow, registry: Registry) -> Workflow:
    """Return the workflow with every known node at its newest version; raise WorkflowError with all problems.

    Nodes of unknown types stay as they are: planning reports them.
    """
    problems: list[Problem] = []
    workflow = _migrate_graph(workflow, registry, "", problems)
    subgraphs = {
        id: _migrate_graph(each, registry, f"{SUBGRAPH_PREFIX}{id}/", problems)
        for id, each in workflow.subgraphs.items()
    }
    if problems:
        raise WorkflowError(problems)
    return replace(workflow, subgraphs=subgraphs) if subgraphs else workflow


def _migrate_graph(graph: Graph, registry: Registry, prefix: str, problems: list[Problem]) -> Graph:
    old = {
        name: kind
        for name, node in graph.nodes.items()
        if (kind := _kind(node, registry)) and node.version != kind.version
    }
    if not old:
        return graph
    nodes = dict(graph.nodes)
    inputs = dict(graph.inputs)
    for name, kind in old.items():
        path, node = prefix + name, nodes[name]
        if node.version is not None and node.version > kind.version:
            problems.append(_newer(path, node, kind, registry))
            continue
        nodes[name] = _migrate_node(path, node, kind, problems)
        for outer, ref in graph.inputs.items():
            if ref.node == name:
                inputs[outer] = _follow(outer, ref, node, kind, path, problems)
    return replace(graph, nodes=nodes, inputs=inputs)


def _kind(node: Node, registry: Registry) -> AnyNode | None:
    return None if node.type.startswith(SUBGRAPH_PREFIX) else registry.find(node.type)


def _migrate_node(path: str, node: Node, kind: AnyNode, problems: list[Problem]) -> Node:
    try:
        inputs = _run(kind, node.version, node.inputs)
    # A migration is a pack's code: whatever it raises is its own failure, told with the node's name.
    except Exception as error:  # noqa: BLE001
        message = f"{kind.id} could not be brought from version {node.version} to {kind.version}: "
        message += f"{type(error).__name__}: {error}"
        problems.append(Problem("migration-failed", message, path, hint="report this to the makers of its pack"))
        return node
    return replace(node, inputs=inputs, version=kind.version)


def _run(kind: AnyNode, version: int | None, inputs: Mapping[str, Value]) -> Mapping[str, Value]:
    if version is None:
        return inputs
    values: dict[str, Any] = dict(inputs)
    for step in range(version, kind.version):
        values = kind.migrations[step](values)
        if not isinstance(values, dict):
            raise TypeError(f"the migration from version {step} returned {type(values).__name__}, not a dict")
    return values


def _follow(outer: str, ref: InputRef, node: Node, kind: AnyNode, path: str, problems: list[Problem]) -> InputRef:
    """Let a named input of the workflow lead to where its node's input has moved."""
    try:
        moved = _run(kind, node.version, {**node.inputs, ref.input: _PROBE})
    # Already reported if it fails for the true inputs; if it fails for a link alone, the input is as good as gone.
    except Exception:  # noqa: BLE001
        moved = {}
    for name, value in moved.items():
        if value is _PROBE or (isinstance(value, tuple) and any(each is _PROBE for each in value)):
            return replace(ref, input=name)
    message = f"the input {outer!r} leads to {ref.input!r}, which version {kind.version} of {kind.id} has no more"
    problems.append(Problem("lost-input", message, path, ref.input, hint="let it lead to another input"))
    return ref


def _newer(path: str, node: Node, kind: AnyNode, registry: Registry) -> Problem:
    message = f"written for version {node.version} of {kind.id}; version {kind.version} is installed"
    return Problem("newer-node", message, path, hint=f"update the pack {registry.pack_of(node.type).name}")
