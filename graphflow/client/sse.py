"""Reads Server-Sent Events from the lines of an answer."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """One event as it came: its kind, its number where it has one, and its text."""

    event: str
    data: str
    id: str | None


async def read_sent(lines: AsyncIterable[bytes]) -> AsyncIterator[Sent]:
    """Yield the events of a stream; one that its end cut off is left out, as the standard says."""
    event, id = "message", None
    data: list[str] = []
    async for raw in lines:
        line = raw.decode("utf-8").rstrip("\r\n")
        if not line:
            if data:
                yield Sent(event, "\n".join(data), id)
            event, data, id = "message", [], None
            continue
        name, _, value = line.partition(":")  # a comment has no name, and keeps the connection alive
        value = value.removeprefix(" ")
        if name == "event":
            event = value
        elif name == "data":
            data.append(value)
        elif name == "id":
            id = value
