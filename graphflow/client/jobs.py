"""A job on a server, to be followed and waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal

from graphflow.client.connection import BROKEN, Connection, Pauses
from graphflow.client.errors import JobNotDone
from graphflow.client.follow import Stream, Told, follow
from graphflow.client.previews import Preview, previews_of
from graphflow.client.requests import get, send
from graphflow.jobs.model import ENDED, JobState
from graphflow.wire.artifacts import Artifact, ArtifactList
from graphflow.wire.base import Message
from graphflow.wire.jobs import ChangeJob, Job, JobRequest, MoveJob, OutputFile, OutputValue

Outputs = Mapping[str, list[OutputFile] | OutputValue]


class AsyncJob:
    """A handle on a job: it costs nothing, and the job does not notice when it goes away."""

    def __init__(self, connection: Connection, id: str) -> None:
        self.id = id
        self._connection = connection

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r})"

    async def get(self) -> Job:
        """Return how the job stands now."""
        return await self._connection.ask(get("jobs", self.id), Job)

    async def events(self, after: int = 0) -> AsyncIterator[Told]:
        """Yield the job's events behind its n-th, then what happens from now on, until it has ended.

        Progress comes between them and has no number. A lost connection is taken up again where it broke.
        """
        async for message in follow(self._connection, Stream(f"jobs/{self.id}/events", "n", after)):
            yield message

    async def previews(self) -> AsyncIterator[Preview]:
        """Yield pictures of unfinished work until the job has ended; who is slow gets the newest only."""
        pauses, stream = Pauses(self._connection.patience), Stream("ws", "n", 0)
        while (await self.get()).state not in ENDED:
            try:
                async for preview in previews_of(self._connection, self.id, stream):
                    pauses = Pauses(self._connection.patience)
                    yield preview
            except BROKEN as error:
                if not await pauses.wait():
                    raise self._connection.lost(error) from error

    async def wait(self, timeout: float | None = None) -> Job:
        """Return the job when it has ended, however; raise TimeoutError after so many seconds."""
        async with asyncio.timeout(timeout):
            while (job := await self.get()).state not in ENDED:
                async for _ in self.events(after=0):
                    pass
            return job

    async def outputs(self, timeout: float | None = None) -> Outputs:
        """Wait for the job's named outputs; raise JobNotDone when it failed or was cancelled."""
        job = await self.wait(timeout)
        if job.state is not JobState.DONE or job.outputs is None:
            raise JobNotDone(job)
        return job.outputs

    async def files(self, timeout: float | None = None) -> list[OutputFile]:
        """Wait for all files of the job's outputs, in order; raise JobNotDone when it failed or was cancelled."""
        outputs = await self.outputs(timeout)
        return [file for each in outputs.values() if isinstance(each, list) for file in each]

    async def artifacts(self) -> Sequence[Artifact]:
        """Return all files that the job's nodes have saved so far, with their nodes."""
        return (await self._connection.ask(get("jobs", self.id, "artifacts"), ArtifactList)).artifacts

    async def workflow(self) -> Mapping[str, Any]:
        """Return the workflow that the job runs, with its inputs set as they were."""
        return (await self._connection.ask(get("jobs", self.id, "workflow"), JobRequest)).workflow

    async def cancel(self) -> Job:
        """Cancel the job, or ask it to stop when it runs; doing so again changes nothing."""
        return await self._do("cancel", repeatable=True)

    async def retry(self) -> Job:
        """Queue the job again when it failed or was cancelled."""
        return await self._do("retry")

    async def hold(self) -> Job:
        """Keep the job back until it is released."""
        return await self._do("hold")

    async def release(self) -> Job:
        """Put a held job back to its place in the queue."""
        return await self._do("release")

    async def prioritise(self, priority: int) -> Job:
        """Give the waiting job another priority; the highest of a client goes first."""
        request = send("PATCH", "jobs", self.id, message=ChangeJob(priority=priority), repeatable=True)
        return await self._connection.ask(request, Job)

    async def move(self, to: Literal["front", "back"] | None = None, *, before: str | None = None) -> Job:
        """Put the waiting job before another of the same client, or to the front or the back of that client's."""
        where = MoveJob(to=to) if before is None else MoveJob(before=before)
        return await self._do("move", where, repeatable=True)

    async def delete(self) -> None:
        """Delete the job, which must have ended, with its events and files that no other job has."""
        await self._connection.read(send("DELETE", "jobs", self.id))

    async def delete_artifact(self, sha256: str) -> None:
        """Delete one file of the job, which must have ended, unless another job has the same."""
        await self._connection.read(send("DELETE", "jobs", self.id, "artifacts", sha256))

    async def _do(self, act: str, message: Message | None = None, *, repeatable: bool = False) -> Job:
        request = send("POST", "jobs", self.id, act, message=message, repeatable=repeatable)
        return await self._connection.ask(request, Job)
