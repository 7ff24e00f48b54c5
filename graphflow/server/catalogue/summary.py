"""Says what a workflow is from outside: its named inputs and outputs with their types."""

from __future__ import annotations

from graphflow.document import SUBGRAPH_PREFIX, OutputRef, Workflow
from graphflow.document.limits import SUBGRAPH_DEPTH
from graphflow.errors import Problem, WorkflowError
from graphflow.inputs import declared_input
from graphflow.migrate import migrate
from graphflow.registry import Registry
from graphflow.wire.problems import ProblemItem
from graphflow.wire.workflows import PortSummary


def inputs_of(workflow: Workflow, registry: Registry) -> list[PortSummary]:
    """Return the named inputs in their order, with the types that they take."""
    found = {name: declared_input(workflow, ref, registry) for name, ref in workflow.inputs.items()}
    return [PortSummary(name=name, type=entry.type_name if entry else None) for name, entry in found.items()]


def outputs_of(workflow: Workflow, registry: Registry) -> list[PortSummary]:
    """Return the named outputs in their order, with the types that they give."""
    return [PortSummary(name=name, type=_type_of(workflow, ref, registry)) for name, ref in workflow.outputs.items()]


def up_to_date(workflow: Workflow, registry: Registry) -> tuple[Workflow, tuple[Problem, ...]]:
    """Return the workflow for the node types that are installed, else as it is with the reason why it cannot be."""
    try:
        return migrate(workflow, registry), ()
    except WorkflowError as error:
        return workflow, error.problems


def told(problems: tuple[Problem, ...]) -> list[ProblemItem]:
    """Return problems as they travel."""
    return [ProblemItem.of(each) for each in problems]


def _type_of(workflow: Workflow, ref: OutputRef, registry: Registry) -> str | None:
    nodes = workflow.nodes
    for _ in range(SUBGRAPH_DEPTH + 1):  # subgraphs that hold each other have no end
        node = nodes.get(ref.node)
        if node is None:
            break
        if not node.type.startswith(SUBGRAPH_PREFIX):
            kind = registry.find(node.type)
            port = kind.port(ref.output) if kind else None
            return port.type_name if port else None
        subgraph = workflow.subgraphs.get(node.type.removeprefix(SUBGRAPH_PREFIX))
        inner = subgraph.outputs.get(ref.output) if subgraph else None
        if subgraph is None or inner is None:
            break
        nodes, ref = subgraph.nodes, inner
    return None
