"""A job on a server, to be followed and waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

from graphflow.client.connection import Connection
from graphflow.client.errors import JobNotDone
from graphflow.client.follow import Stream, Told, follow
from graphflow.client.requests import get, send
from graphflow.jobs.model import ENDED, JobState
from graphflow.wire.jobs import Job, OutputFile, OutputValue

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

    async def cancel(self) -> Job:
        """Cancel the job, or ask it to stop when it runs; once cancelled, doing so again changes nothing."""
        return await self._do("cancel", repeatable=True)

    async def retry(self) -> Job:
        """Queue the job again when it failed or was cancelled."""
        return await self._do("retry")

    async def _do(self, act: str, *, repeatable: bool = False) -> Job:
        return await self._connection.ask(send("POST", "jobs", self.id, act, repeatable=repeatable), Job)
