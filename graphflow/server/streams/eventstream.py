"""Sends what a listener gets as Server-Sent Events."""

from __future__ import annotations

import logging

from aiohttp import web

from graphflow.errors import StorageError
from graphflow.server.streams.frames import BEAT, Item
from graphflow.server.streams.hub import Hub
from graphflow.server.streams.patience import Stalled, cut, in_time, prepare_line
from graphflow.server.streams.subscription import Subscription

MEDIA_TYPE = "text/event-stream"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Vary": "Accept"}
_RETRY = b"retry: 1000\n\n"  # milliseconds until a browser comes back
_LOG = logging.getLogger(__name__)


async def send_events(request: web.Request, listener: Subscription, hub: Hub) -> web.StreamResponse:
    """Send until the stream is over or the client is gone. Pictures are left out: they are no text."""
    response = web.StreamResponse(headers={"Content-Type": f"{MEDIA_TYPE}; charset=utf-8", **_HEADERS})
    prepare_line(request)
    try:
        await response.prepare(request)
        await in_time(response.write(_RETRY), request, len(_RETRY))
        while (item := await listener.next()) is not None:
            if not item.binary:
                data = sse(item)
                await in_time(response.write(data), request, len(data))
    except Stalled:
        hub.cut()
        cut(request)
    except ConnectionError:
        cut(request)  # the client is gone, which is its right
    except StorageError as error:
        _LOG.error("a stream of events ended: %s", error)
        cut(request)
    return response


def sse(item: Item) -> bytes:
    """Return something as one event, with its number where it has one; a beat is a comment."""
    if item is BEAT:
        return b": alive\n\n"
    number = b"" if item.number is None else b"id: %d\n" % item.number
    return number + b"data: " + item.data + b"\n\n"
