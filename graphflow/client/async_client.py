"""The client for asynchronous programs."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from graphflow.client.access import find_token, server_url
from graphflow.client.connection import PATIENCE, Connection
from graphflow.client.follow import Stream, Told, follow
from graphflow.client.jobs import AsyncJob
from graphflow.client.requests import send
from graphflow.client.values import Source, as_source, as_value
from graphflow.wire.jobs import JobTicket, SubmitJob


class AsyncClient:
    """Talk to a GraphFlow server: `async with AsyncClient() as client: job = await client.submit("txt2img")`.

    `url` is by default GRAPHFLOW_URL, else where `graphflow serve` listens; `token` is GRAPHFLOW_TOKEN, else, for a
    server on this machine, the one in the home folder. `tls` is for certificates that the system does not know.
    A call that fails for a while is tried again for `patience` seconds where that can do no harm.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        patience: float = PATIENCE,
    ) -> None:
        where = server_url(url)
        self._connection = Connection(where, find_token(token, where), tls, patience)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; the client opens new ones when it is used again."""
        await self._connection.close()

    async def submit(
        self,
        workflow: Source,
        inputs: Mapping[str, Any] | None = None,
        *,
        targets: Sequence[str] | None = None,
        priority: int = 0,
        labels: Sequence[str] = (),
        time_limit: float | None = None,
        held: bool = False,
        key: str | None = None,
    ) -> AsyncJob:
        """Have a workflow run, and return the job, which is stored by then.

        An input that takes a file may be a path here, which is uploaded, or a file that a job made. The same `key`
        gives the same job again; without one each call makes a job, just one even when its answer gets lost.
        """
        values = {name: await self._value(value) for name, value in (inputs or {}).items()}
        wanted = SubmitJob(
            workflow=as_source(workflow),
            inputs=values,
            targets=None if targets is None else list(targets),
            priority=priority,
            labels=list(labels),
            time_limit=time_limit,
            held=held,
        )
        once = {"Idempotency-Key": key or uuid4().hex}
        request = send("POST", "jobs", message=wanted, headers=once, repeatable=True)
        return self.job((await self._connection.ask(request, JobTicket)).id)

    def job(self, id: str) -> AsyncJob:
        """Return a handle on a job by its id; nothing is asked yet."""
        return AsyncJob(self._connection, id)

    async def events(self, after: int | None = None) -> AsyncIterator[Told]:
        """Yield the events of all jobs behind a `seq`, or from now on, without an end."""
        async for message in follow(self._connection, Stream("events", "seq", after)):
            yield message

    async def _value(self, value: Any) -> Any:
        return as_value(value)
