"""How long a client may leave a stream unread, and how much is held for it meanwhile."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable

from aiohttp import web

STALLED = 6.0
"""Seconds that a client may take to read a little of what is sent; then it is cut."""
GRACE = 1.0
"""Seconds more that the kernel waits for an answer to a packet, so that it is we who say that somebody does not read."""
_SENT_AHEAD = 256 * 1024
"""Bytes that the kernel takes for a client that does not read."""
_HEAD_BYTES = 64
"""What a frame or a chunk adds to what it carries, at most."""


class Stalled(Exception):
    """A client did not read for too long."""


def prepare_line(request: web.Request) -> None:
    """Have the kernel hold little for this client, and give it up when it answers no packet any more."""
    line = None if request.transport is None else request.transport.get_extra_info("socket")
    if line is None or line.family not in (socket.AF_INET, socket.AF_INET6):
        return
    line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SENT_AHEAD)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; elsewhere the signs of life are left to notice it
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int((STALLED + GRACE) * 1000))


async def in_time(sending: Awaitable[None], request: web.Request, size: int) -> None:
    """Wait until something of so many bytes was sent; raise Stalled when the client does not read."""
    if _has_room(request, size):  # mostly: then nothing waits, and no clock need be set
        await sending
        return
    try:
        async with asyncio.timeout(STALLED):
            await sending
    except TimeoutError:
        raise Stalled from None


def _has_room(request: web.Request, size: int) -> bool:
    """Say whether so little waits for the client that sending more cannot wait: writing goes on below the lower mark."""
    transport = request.transport
    return transport is not None and (
        transport.get_write_buffer_size() + size + _HEAD_BYTES <= transport.get_write_buffer_limits()[0]
    )


def cut(request: web.Request) -> None:
    """Let a client go at once, with all that it did not read."""
    if request.transport is not None:
        request.transport.abort()
