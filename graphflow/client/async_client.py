"""The client for asynchronous programs."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack

from graphflow.client import files
from graphflow.client.access import find_token, server_url
from graphflow.client.connection import PATIENCE, Connection
from graphflow.client.files import Fetchable
from graphflow.client.follow import Stream, Told, follow
from graphflow.client.jobs import AsyncJob
from graphflow.client.queue import AsyncQueue
from graphflow.client.requests import get, send
from graphflow.client.submit import Wishes, submit
from graphflow.client.values import Source
from graphflow.client.workflows import AsyncWorkflows
from graphflow.jobs.model import JobState
from graphflow.wire.artifacts import Upload
from graphflow.wire.jobs import Job, JobPage, JobsChanged
from graphflow.wire.models import ModelEntry, ModelList
from graphflow.wire.nodes import NodeEntry, NodeList
from graphflow.wire.system import CacheState, Freed, FreeMemory, Memory, System

if TYPE_CHECKING:
    from PIL.Image import Image


class AsyncClient:
    """Talk to a GraphFlow server: `async with AsyncClient() as client: job = await client.submit("txt2img")`.

    `url` is by default GRAPHFLOW_URL, else where `graphflow serve` listens; `token` is GRAPHFLOW_TOKEN, else, for a
    server on this machine, the one in the home folder. `tls` is for certificates that the system does not know.
    A call that fails for a while is tried again for `patience` seconds where that can do no harm; then, and when the
    server refuses, it raises Unreachable or ApiError.
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
        self.workflows = AsyncWorkflows(self._connection)
        self.queue = AsyncQueue(self._connection)

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
        self, workflow: Source, inputs: Mapping[str, Any] | None = None, **wishes: Unpack[Wishes]
    ) -> AsyncJob:
        """Have a workflow run, and return the job, which is stored by then.

        An input that takes a file may be a path here, which is uploaded, or a file that a job made.
        """
        return await submit(self._connection, workflow, inputs, wishes)

    def job(self, id: str) -> AsyncJob:
        """Return a handle on a job by its id; nothing is asked yet."""
        return AsyncJob(self._connection, id)

    async def jobs(
        self,
        *,
        state: Sequence[JobState] | None = None,
        label: str | None = None,
        name: str | None = None,
        client: str | None = None,
    ) -> AsyncIterator[Job]:
        """Yield jobs as they stand, newest first: all that agree with everything that is given.

        An administrator sees everybody's, or those of one `client`; others their own.
        """
        cursor: int | None = None
        while True:
            request = get("jobs", state=state, label=label, name=name, client=client, cursor=cursor)
            page = await self._connection.ask(request, JobPage)
            for job in page.jobs:
                yield job
            if (cursor := page.next) is None:
                return

    async def cancel_all(self) -> int:
        """Cancel all of one's jobs that have not ended; return how many."""
        request = send("POST", "jobs", "cancel", repeatable=True)
        return (await self._connection.ask(request, JobsChanged)).jobs

    async def clear(self) -> int:
        """Delete all of one's jobs that have ended; return how many."""
        return (await self._connection.ask(send("POST", "jobs", "clear", repeatable=True), JobsChanged)).jobs

    async def events(self, after: int | None = None) -> AsyncIterator[Told]:
        """Yield the events of all jobs behind a `seq`, or from now on, without an end."""
        async for message in follow(self._connection, Stream("events", "seq", after)):
            yield message

    async def upload(self, source: str | Path | bytes, *, name: str | None = None, mask: bool = False) -> Upload:
        """Send a picture, from a path or as bytes, for an input that takes a file."""
        return await files.upload(self._connection, source, name=name, mask=mask)

    async def fetch(self, file: Fetchable) -> bytes:
        """Return the bytes of a file that a job made; raise StorageError when they came damaged."""
        return await files.fetch(self._connection, file)

    async def save(self, file: Fetchable, to: str | Path) -> Path:
        """Fetch a file and put it there, or into that folder under its own name; return where it lies."""
        return await files.save(self._connection, file, to)

    async def picture(self, file: Fetchable) -> Image:
        """Fetch a picture as Pillow has it."""
        return await files.picture(self._connection, file)

    async def nodes(self) -> NodeList:
        """Return all node types, the types of links, and the packs."""
        return await self._connection.ask(get("nodes"), NodeList)

    async def node(self, id: str) -> NodeEntry:
        """Return one node type."""
        return await self._connection.ask(get("nodes", id), NodeEntry)

    async def models(self, folder: str = "checkpoints") -> Sequence[ModelEntry]:
        """Return the model files of one kind."""
        return (await self._connection.ask(get("models", folder), ModelList)).models

    async def system(self) -> System:
        """Return what the server is made of: versions, packs, workers, limits."""
        return await self._connection.ask(get("system"), System)

    async def memory(self) -> Memory:
        """Return what holds how many bytes of memory, and why."""
        return await self._connection.ask(get("system", "memory"), Memory)

    async def free(self, wanted: int | None = None, *, worker: str | None = None) -> Freed:
        """Free so many bytes of every worker's memory, or of one's; by default all that can be spared."""
        request = send("POST", "system", "free", message=FreeMemory(bytes=wanted, worker=worker), repeatable=True)
        return await self._connection.ask(request, Freed)

    async def cache(self) -> CacheState:
        """Return what the cache holds, and how it fares."""
        return await self._connection.ask(get("cache"), CacheState)

    async def clear_cache(self) -> CacheState:
        """Throw away all kept results."""
        return await self._connection.ask(send("POST", "cache", "clear", repeatable=True), CacheState)
