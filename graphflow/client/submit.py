"""Asks for jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict
from uuid import uuid4

from graphflow.client.connection import Connection
from graphflow.client.files import upload
from graphflow.client.jobs import AsyncJob
from graphflow.client.requests import send
from graphflow.client.values import Source, as_source, as_value
from graphflow.wire.jobs import JobTicket, SubmitJob


class Wishes(TypedDict, total=False):
    """How a job is to be run.

    `targets`: compute only these nodes or outputs. `priority`: higher goes first. `time_limit`: seconds of running.
    `held`: keep it back until it is released. `key`: the same one gives the same job again; without one each call makes
    a job, and just one even when its answer gets lost. `deterministic`: equal to the last bit whatever runs beside it.
    """

    targets: Sequence[str] | None
    priority: int
    labels: Sequence[str]
    time_limit: float | None
    held: bool
    deterministic: bool
    key: str | None


async def submit(
    connection: Connection, workflow: Source, inputs: Mapping[str, Any] | None, wishes: Wishes
) -> AsyncJob:
    """Have a workflow run, and return its job, which is stored by then; raise ApiError or Unreachable."""
    values = {name: await _sent(connection, value) for name, value in (inputs or {}).items()}
    targets = wishes.get("targets")
    wanted = SubmitJob(
        workflow=as_source(workflow),
        inputs=values,
        targets=None if targets is None else list(targets),
        priority=wishes.get("priority", 0),
        labels=list(wishes.get("labels", ())),
        time_limit=wishes.get("time_limit"),
        held=wishes.get("held", False),
        deterministic=wishes.get("deterministic", False),
    )
    once = {"Idempotency-Key": wishes.get("key") or uuid4().hex}
    request = send("POST", "jobs", message=wanted, headers=once, repeatable=True)
    return AsyncJob(connection, (await connection.ask(request, JobTicket)).id)


async def _sent(connection: Connection, value: Any) -> Any:
    """Return an input's value as it is sent; a path is uploaded before."""
    return as_value(await upload(connection, value) if isinstance(value, Path) else value)
