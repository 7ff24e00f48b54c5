"""The workflows that a server has saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

from graphflow.client.connection import Connection
from graphflow.client.jobs import AsyncJob
from graphflow.client.requests import get, send
from graphflow.client.submit import Wishes, submit
from graphflow.client.values import Graph, Source, as_graph, as_source, as_value
from graphflow.wire.workflows import (
    Converted,
    DeletedEntry,
    MoveWorkflow,
    RestoreRevision,
    RevisionEntry,
    RevisionList,
    SaveWorkflow,
    ValidateWorkflow,
    Validation,
    WorkflowDocument,
    WorkflowEntry,
    WorkflowList,
)

Which = Literal["own", "template"]


class AsyncWorkflows:
    """Read, save and check workflows. A change names the revision that it is made from, so nobody's work gets lost."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def list(self) -> Sequence[WorkflowEntry]:
        """Return one's own workflows, then the templates."""
        return (await self._connection.ask(get("workflows"), WorkflowList)).workflows

    async def get(self, name: str, source: Which | None = None) -> WorkflowDocument:
        """Return a workflow: one's own of this name, else the template, or the one that `source` says."""
        return await self._connection.ask(get("workflows", name, source=source), WorkflowDocument)

    async def save(self, name: str, workflow: Graph, *, revision: str | None = None) -> WorkflowDocument:
        """Save a workflow: a new one, or in place of this revision; raise ApiError 409 when there is another.

        The revision `*` replaces whatever there is.
        """
        expected = {"If-None-Match": "*"} if revision is None else {"If-Match": _tag(revision)}
        message = SaveWorkflow(workflow=as_graph(workflow))
        request = send("PUT", "workflows", name, message=message, headers=expected)
        return await self._connection.ask(request, WorkflowDocument)

    async def delete(self, name: str, *, revision: str | None = None) -> DeletedEntry:
        """Put a workflow into the bin."""
        request = send("DELETE", "workflows", name, headers=_only(revision))
        return await self._connection.ask(request, DeletedEntry)

    async def rename(self, name: str, to: str, *, revision: str | None = None) -> WorkflowDocument:
        """Give a workflow another name; `portraits/evening` lies in the folder `portraits`."""
        request = send("POST", "workflows", name, "rename", message=MoveWorkflow(to=to), headers=_only(revision))
        return await self._connection.ask(request, WorkflowDocument)

    async def duplicate(self, name: str, to: str, source: Which | None = None) -> WorkflowDocument:
        """Copy a workflow, or a template, to a new name."""
        request = send("POST", "workflows", name, "duplicate", message=MoveWorkflow(to=to), source=source)
        return await self._connection.ask(request, WorkflowDocument)

    async def revisions(self, name: str) -> Sequence[RevisionEntry]:
        """Return the states that a workflow had, newest first."""
        return (await self._connection.ask(get("workflows", name, "revisions"), RevisionList)).revisions

    async def restore(self, name: str, revision: str) -> WorkflowDocument:
        """Bring a revision back, as a new one."""
        request = send("POST", "workflows", name, "restore", message=RestoreRevision(revision=revision))
        return await self._connection.ask(request, WorkflowDocument)

    async def schema(self, name: str, source: Which | None = None) -> Mapping[str, Any]:
        """Return the JSON Schema of a workflow's named inputs."""
        return await self._connection.ask_plain(get("workflows", name, "schema", source=source))

    async def validate(
        self, workflow: Source, inputs: Mapping[str, Any] | None = None, *, targets: Sequence[str] | None = None
    ) -> Validation:
        """Find every problem of a workflow, or say what it would do; nothing is run."""
        message = ValidateWorkflow(
            workflow=as_source(workflow),
            inputs={name: as_value(value) for name, value in (inputs or {}).items()},
            targets=None if targets is None else [*targets],
        )
        request = send("POST", "workflows", "validate", message=message, repeatable=True)
        return await self._connection.ask(request, Validation)

    async def run(self, name: str, inputs: Mapping[str, Any] | None = None, **wishes: Unpack[Wishes]) -> AsyncJob:
        """Run a saved workflow with these values at its named inputs, and return the job, which is stored by then."""
        return await submit(self._connection, name, inputs, wishes)

    async def convert(self, data: bytes) -> Converted:
        """Read the workflow out of a picture's or a file's bytes, and bring it up to date."""
        headers = {"Content-Type": "application/octet-stream"}
        request = send("POST", "workflows", "convert", data=data, headers=headers, repeatable=True)
        return await self._connection.ask(request, Converted)


def _only(revision: str | None) -> dict[str, str]:
    return {} if revision is None else {"If-Match": _tag(revision)}


def _tag(revision: str) -> str:
    return revision if revision == "*" else f'"{revision}"'
