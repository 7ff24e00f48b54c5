"""Follows a stream of events through lost connections: none is missed and none comes twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal, TypeAlias

from aiohttp import ClientResponse
from pydantic import ValidationError

from graphflow.client.connection import BROKEN, Connection, Pauses, Request, may_repeat
from graphflow.client.errors import ApiError, Unreachable
from graphflow.client.sse import read_sent
from graphflow.jobs.events import JobChanged, JobDeleted
from graphflow.jobs.model import ENDED
from graphflow.wire.events import (
    SERVER_MESSAGE,
    ProgressMessage,
    Resync,
    ServerMessage,
    Snapshot,
    StoredMessage,
    Subscribed,
)

Told: TypeAlias = StoredMessage | ProgressMessage | Resync | Snapshot
"""What a stream tells: stored events, progress between them, and, where events are gone, how everything stands now."""


@dataclass(slots=True)
class Stream:
    """A stream and how far it was read: one job's is counted by `n`, that of all jobs by `seq`.

    `after` None means from now on. `over`: the last that it told is that its one job has ended, or nothing is left.
    """

    path: str
    counted: Literal["n", "seq"]
    after: int | None
    over: bool = False

    def take(self, message: ServerMessage) -> bool:
        """Note a message; with False it is an event that came before, or nothing to tell of."""
        if isinstance(message, Subscribed):
            if self.after is None and isinstance(message.after, int):
                self.after = message.after
        elif isinstance(message, StoredMessage):
            number = message.n if self.counted == "n" else message.seq
            if self.after is not None and number <= self.after:
                return False
            self.after = number
            self.over = self.counted == "n" and ends(message)
        elif isinstance(message, Snapshot) and message.after is not None:
            self.after = message.after
            self.over = self.counted == "n" and all(job.state in ENDED for job in message.jobs)
        return isinstance(message, Told)


async def follow(connection: Connection, stream: Stream) -> AsyncIterator[Told]:
    """Yield what a stream tells until it ends, through lost connections; raise ApiError or Unreachable."""
    pauses = Pauses(connection.patience)
    while True:
        query = {} if stream.after is None else {"after": stream.after}
        request = Request("GET", stream.path, query, {"Accept": "text/event-stream"}, repeatable=True)
        try:
            async with connection.open(request) as response:
                async for message in _read(response):
                    pauses = Pauses(connection.patience)
                    if stream.take(message) and isinstance(message, Told):
                        yield message
                stream.over |= response.status == HTTPStatus.NO_CONTENT
            lost: Exception = Unreachable(f"{connection.url} ended the stream")
        except ApiError as refused:
            if not may_repeat(request, refused):
                raise
            lost = refused
        except BROKEN as error:
            lost = connection.lost(error)
        if stream.over:
            return
        if not await pauses.wait(lost.retry_after if isinstance(lost, ApiError) else None):
            raise lost


def ends(message: StoredMessage) -> bool:
    """Say whether an event is its job's end, or that it is gone."""
    event = message.event
    return isinstance(event, JobDeleted) or (isinstance(event, JobChanged) and event.state in ENDED)


async def _read(response: ClientResponse) -> AsyncIterator[ServerMessage]:
    async for sent in read_sent(response.content):
        try:
            yield SERVER_MESSAGE.validate_json(sent.data)
        except ValidationError as error:
            hint = "the server is of another version than this client"
            raise Unreachable(f"a stream told something unknown: {sent.data[:200]}", hint) from error
