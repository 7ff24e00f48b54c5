"""Talks with one client over a WebSocket: reads what it asks, and sends what its listener gets, side by side."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from aiohttp import WSMsgType, web
from pydantic import ValidationError

from graphflow.errors import Problem, StorageError
from graphflow.server.bodies import check_json
from graphflow.server.limits import Limits
from graphflow.server.problems import Refused, problems_of
from graphflow.server.streams.following import obey, written
from graphflow.server.streams.frames import BEAT, Item
from graphflow.server.streams.hub import Hub
from graphflow.server.streams.patience import Stalled, cut, in_time, prepare_line
from graphflow.server.streams.subscription import Subscription
from graphflow.server.wall.users import User
from graphflow.wire.events import CLIENT_MESSAGE, Refusal
from graphflow.wire.problems import ProblemItem

STOPPING, WRONG_KIND, FAILED, REVOKED, TOO_FAST = 1001, 1003, 1011, 4401, 4429
"""Why a socket is closed: the server stops; no text came; the job store cannot be read; the token is no longer good;
too many messages a second. The first three are the standard's, and so is 1009 for a message that is too large."""
LARGEST = 64 * 1024
"""Bytes of a client's message. Larger ones end the connection with 1009."""
RATE, BURST = 20.0, 100
"""Messages a second over some time, and at once. More end the connection with 4429."""
BEAT_SECONDS = 6.0
"""Silence after which a client is asked for a sign of life, which has half of this."""
_CLOSING = 2.0
_TOLD = {
    STOPPING: b"the server stops",
    WRONG_KIND: b"messages are JSON texts",
    REVOKED: b"access was taken away",
    TOO_FAST: b"too many messages a second",
    FAILED: b"the job store cannot be read",
}
_LOG = logging.getLogger(__name__)
Clock = Callable[[], float]


async def talk(request: web.Request, user: User, hub: Hub, limits: Limits) -> web.StreamResponse:
    """Serve a client until it leaves, has to leave, or vanishes."""
    line = web.WebSocketResponse(
        heartbeat=BEAT_SECONDS, max_msg_size=LARGEST, compress=False, timeout=_CLOSING, writer_limit=LARGEST
    )
    if not line.can_prepare(request):
        hint = "open it with a WebSocket; /api/v1/events has the same as Server-Sent Events"
        raise Refused(
            426, "no-websocket", "this address speaks WebSocket only", hint=hint, headers={"Upgrade": "websocket"}
        )
    prepare_line(request)
    await line.prepare(request)
    with hub.subscribe(user.name) as listener:
        try:
            code = await _first_end(_send(request, line, listener), _receive(line, listener, user, hub, limits))
        except Stalled:
            hub.cut()
            cut(request)
            return line
        except asyncio.CancelledError:
            await _close(request, line, REVOKED if listener.closed is None else STOPPING)
            raise
        await _close(request, line, code)
    return line


async def _first_end(*talks: Awaitable[int | None]) -> int | None:
    """Return how the first of these ended, and end the others; with them goes whatever they wait for."""
    tasks = [asyncio.ensure_future(each) for each in talks]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(iter(done)).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _send(request: web.Request, line: web.WebSocketResponse, listener: Subscription) -> int | None:
    """Send what the listener gets; return why the socket is to be closed, None when it is."""
    try:
        while (item := await listener.next()) is not None:
            if item is not BEAT:  # aiohttp asks for signs of life by itself
                kind = WSMsgType.BINARY if item.binary else WSMsgType.TEXT
                await in_time(line.send_frame(item.data, kind), request, len(item.data))
    except ConnectionError:
        return None
    except StorageError as error:
        _LOG.error("a stream of events ended: %s", error)
        return FAILED
    return REVOKED if listener.closed == "revoked" else STOPPING


async def _receive(
    line: web.WebSocketResponse, listener: Subscription, user: User, hub: Hub, limits: Limits
) -> int | None:
    """Do what the client asks; return why the socket is to be closed, None when it is."""
    bucket = Bucket()
    async for message in line:
        if message.type is WSMsgType.BINARY:
            return WRONG_KIND
        if message.type is not WSMsgType.TEXT:
            return None
        if not bucket.take():
            return TOO_FAST
        await _answer(message.data, listener, user, hub, limits)
        while listener.crowded:  # it asks, and does not read the answers
            await asyncio.sleep(0.05)
    return None


async def _answer(text: str, listener: Subscription, user: User, hub: Hub, limits: Limits) -> None:
    """Do what one message asks, or say what is wrong with it."""
    tag: str | None = None
    try:
        raw = text.encode()
        check_json(raw, limits)
        asked = CLIENT_MESSAGE.validate_json(raw)
        tag = asked.id
        await obey(asked, listener, user, hub.store)
    except ValidationError as error:
        listener.answer(_refusal([_plainly(each) for each in problems_of(error)], tag))
    except Refused as error:
        listener.answer(_refusal(error.problems, tag))


def _plainly(problem: Problem) -> Problem:
    """Return a problem whose place is the field's name, without the arms of unions before and behind it."""
    kind, *place = (problem.input or "").split(".")
    return replace(problem, input=place[0]) if place and kind in ("subscribe", "unsubscribe", "ping") else problem


def _refusal(problems: Sequence[Problem], tag: str | None) -> Item:
    return written(Refusal(problems=[ProblemItem.of(each) for each in problems], id=tag))


async def _close(request: web.Request, line: web.WebSocketResponse, code: int | None) -> None:
    """Say goodbye where there is somebody to hear it; a client that does not answer is cut."""
    if code is not None and not line.closed:
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(2 * _CLOSING):
                await line.close(code=code, message=_TOLD[code])
    if request.transport is not None and request.transport.get_write_buffer_size():
        cut(request)


class Bucket:
    """Counts messages: so many at once, and so many a second over some time."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._left, self._then = float(BURST), clock()

    def take(self) -> bool:
        """Count one; with False it is one too many."""
        now = self._clock()
        self._left = min(float(BURST), self._left + (now - self._then) * RATE)
        self._then = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
