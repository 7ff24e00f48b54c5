"""Pictures of unfinished work, as a WebSocket brings them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import WSMsgType

from graphflow.client.connection import Connection
from graphflow.client.follow import Stream, ends
from graphflow.wire.events import SERVER_MESSAGE, PreviewHeader, StoredMessage, Subscribe

_LENGTH = 4
"""Bytes before a preview's header that say how long it is, the highest first."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture of what a node has so far, as the bytes of a file of this media type."""

    job: str
    attempt: int
    node: str
    media_type: str
    data: bytes


async def previews_of(connection: Connection, job: str, stream: Stream) -> AsyncIterator[Preview]:
    """Yield a job's previews until an attempt ends or the line breaks; raise what is in BROKEN, or ApiError."""
    wanted = Subscribe(kind="subscribe", jobs=[job], after={job: stream.after or 0}, previews=True)
    async with connection.socket() as line:
        await line.send_str(wanted.model_dump_json())
        async for message in line:
            if message.type is WSMsgType.BINARY:
                yield read_preview(message.data)
            elif message.type is WSMsgType.TEXT:
                told = SERVER_MESSAGE.validate_json(message.data)
                if stream.take(told) and isinstance(told, StoredMessage) and ends(told):
                    return
    raise ConnectionError("the WebSocket was closed")


def read_preview(frame: bytes) -> Preview:
    """Return the preview that a binary message holds."""
    end = _LENGTH + int.from_bytes(frame[:_LENGTH], "big")
    header = PreviewHeader.model_validate_json(frame[_LENGTH:end])
    return Preview(**header.model_dump(), data=frame[end:])
