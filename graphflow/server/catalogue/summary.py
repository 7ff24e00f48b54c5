"""Says what a workflow is from outside: its named inputs and outputs with their types."""

from __future__ import annotations

from graphflow.document import Workflow
from graphflow.errors import Problem, WorkflowError
from graphflow.inputs import declared_input, declared_output
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
    found = {name: declared_output(workflow, ref, registry) for name, ref in workflow.outputs.items()}
    return [PortSummary(name=name, type=port.type_name if port else None) for name, port in found.items()]


def up_to_date(workflow: Workflow, registry: Registry) -> tuple[Workflow, tuple[Problem, ...]]:
    """Return the workflow for the node types that are installed, else as it is with the reason why it cannot be."""
    try:
        return migrate(workflow, registry), ()
    except WorkflowError as error:
        return workflow, error.problems


def told(problems: tuple[Problem, ...]) -> list[ProblemItem]:
    """Return problems as they travel."""
    return [ProblemItem.of(each) for each in problems]
