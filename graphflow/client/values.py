"""What may be given to a server's workflow: its source, and the values of its named inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from graphflow.document import Workflow, to_json
from graphflow.wire.jobs import OutputFile

Source: TypeAlias = str | Mapping[str, Any] | Workflow
"""The name of a workflow that the server has saved, a graph as plain data, or a workflow that was built."""


def as_source(workflow: Source) -> str | dict[str, Any]:
    """Return a workflow as it is sent."""
    if isinstance(workflow, Workflow):
        return to_json(workflow)
    return workflow if isinstance(workflow, str) else dict(workflow)


def as_value(value: Any) -> Any:
    """Return an input's value as it is sent: a file on the server is named by its hash."""
    if isinstance(value, OutputFile):
        return {"artifact": value.sha256}
    if isinstance(value, tuple | list):
        return [as_value(each) for each in value]
    return value
