"""The queue of a server."""

from __future__ import annotations

from graphflow.client.connection import Connection
from graphflow.client.requests import get, send
from graphflow.wire.queue import Queue


class AsyncQueue:
    """See and steer what waits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self) -> Queue:
        """Return whether jobs are handed out, how many there are in each state, and those that run."""
        return await self._connection.ask(get("queue"), Queue)

    async def pause(self) -> Queue:
        """Hand out no more jobs, also after a restart; what runs goes on."""
        return await self._do("pause")

    async def resume(self) -> Queue:
        """Hand out jobs again."""
        return await self._do("resume")

    async def _do(self, act: str) -> Queue:
        return await self._connection.ask(send("POST", "queue", act, repeatable=True), Queue)
