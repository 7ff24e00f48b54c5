"""What may be given to a server's workflow: its source, and the values of its named inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from graphflow.document import Workflow, to_json
from graphflow.wire.artifacts import Artifact, Upload
from graphflow.wire.jobs import OutputFile

Graph: TypeAlias = Mapping[str, Any] | Workflow
"""A workflow: as plain data, or as it was built."""
Source: TypeAlias = str | Graph
"""The name of a workflow that the server has saved, or a workflow itself."""


def as_source(workflow: Source) -> str | dict[str, Any]:
    """Return a workflow as it is sent."""
    return workflow if isinstance(workflow, str) else as_graph(workflow)


def as_graph(workflow: Graph) -> dict[str, Any]:
    """Return a workflow as plain data."""
    return to_json(workflow) if isinstance(workflow, Workflow) else dict(workflow)


def as_value(value: Any) -> Any:
    """Return an input's value as it is sent: a file on the server is named by its hash."""
    if isinstance(value, OutputFile | Artifact | Upload):
        return {"artifact": value.sha256}
    if isinstance(value, tuple | list):
        return [as_value(each) for each in value]
    return value
