"""Sets a workflow's inputs from outside, by the names that it gives them: what makes it a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from graphflow.api import Input, Output
from graphflow.document import SUBGRAPH_PREFIX, InputRef, Node, OutputRef, Subgraph, Workflow
from graphflow.document.limits import SUBGRAPH_DEPTH
from graphflow.errors import Problem, WorkflowError, did_you_mean
from graphflow.registry import Registry

R = TypeVar("R", InputRef, OutputRef)


def set_inputs(workflow: Workflow, values: Mapping[str, Any], registry: Registry) -> Workflow:
    """Return the workflow with these literals at its named inputs; raise WorkflowError for names that it lacks.

    `node.input` reaches any input of a top-level node, named or not.
    """
    problems: list[Problem] = []
    nodes = dict(workflow.nodes)
    for name, value in values.items():
        ref = find_input(workflow, name, registry)
        if ref is None:
            hint = did_you_mean(name, workflow.inputs) or f"it has {', '.join(workflow.inputs) or 'no named inputs'}"
            problems.append(Problem("unknown-input", f"the workflow has no input {name!r}", hint=hint))
            continue
        node = nodes[ref.node]
        literal = tuple(value) if isinstance(value, list) else value
        nodes[ref.node] = replace(node, inputs={**node.inputs, ref.input: literal})
    if problems:
        raise WorkflowError(problems)
    return replace(workflow, nodes=nodes) if values else workflow


def check_inputs(workflow: Workflow, registry: Registry) -> list[Problem]:
    """Return a problem for every named input that leads nowhere."""
    problems = []
    for name, ref in workflow.inputs.items():
        node = workflow.nodes.get(ref.node)
        if node is None:
            message = f"the workflow's input {name!r} leads to node {ref.node!r}, which is not there"
            problems.append(Problem("unknown-node", message, hint=did_you_mean(ref.node, workflow.nodes)))
        elif declared_input(workflow, ref, registry) is None and _is_known(workflow, node, registry):
            message = f"the workflow's input {name!r} leads to input {ref.input!r}, which {node.type} does not have"
            problems.append(Problem("unknown-input", message, ref.node, ref.input))
    return problems


def _is_known(workflow: Workflow, node: Node, registry: Registry) -> bool:
    """Say whether a node's type exists at all: if not, that is reported where the node is checked."""
    if node.type.startswith(SUBGRAPH_PREFIX):
        return node.type.removeprefix(SUBGRAPH_PREFIX) in workflow.subgraphs
    return registry.find(node.type) is not None


def find_input(workflow: Workflow, name: str, registry: Registry) -> InputRef | None:
    """Return which node's input a name means: a named input, or `node.input`."""
    ref = workflow.inputs.get(name)
    if ref is not None:
        return ref if ref.node in workflow.nodes else None
    for at in (index for index, letter in enumerate(name) if letter == "."):  # both halves may hold dots
        ref = InputRef(name[:at], name[at + 1 :])
        if declared_input(workflow, ref, registry) is not None:
            return ref
    return None


def declared_input(workflow: Workflow, ref: InputRef, registry: Registry) -> Input | None:
    """Return what the node's type says of an input, looking into subgraphs; None when there is no such input."""
    inner = _innermost(workflow, ref, lambda subgraph, outer: subgraph.inputs.get(outer.input))
    kind = registry.find(inner[0]) if inner else None
    return kind.input(inner[1].input) if kind and inner else None


def declared_output(workflow: Workflow, ref: OutputRef, registry: Registry) -> Output | None:
    """Return what the node's type says of an output, looking into subgraphs; None when there is no such output."""
    inner = _innermost(workflow, ref, lambda subgraph, outer: subgraph.outputs.get(outer.output))
    kind = registry.find(inner[0]) if inner else None
    return kind.port(inner[1].output) if kind and inner else None


def _innermost(workflow: Workflow, ref: R, below: Callable[[Subgraph, R], R | None]) -> tuple[str, R] | None:
    """Return the type of the node that a port leads to when one looks into subgraphs, and the port there.

    `below` says to which port in a subgraph one of the subgraph's own leads.
    """
    nodes, here = workflow.nodes, ref
    for _ in range(SUBGRAPH_DEPTH + 1):  # subgraphs that hold each other have no end
        node = nodes.get(here.node)
        if node is None:
            return None
        if not node.type.startswith(SUBGRAPH_PREFIX):
            return node.type, here
        subgraph = workflow.subgraphs.get(node.type.removeprefix(SUBGRAPH_PREFIX))
        inner = below(subgraph, here) if subgraph else None
        if subgraph is None or inner is None:
            return None
        nodes, here = subgraph.nodes, inner
    return None
