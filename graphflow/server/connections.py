"""The connections themselves: what comes in on them that is not even HTTP is told in our words, not in the library's."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from socket import socket
from typing import Any, cast

from aiohttp import web
from aiohttp.http import WebSocketReader

from graphflow.errors import Problem
from graphflow.server.masks import MaskedOnly
from graphflow.server.problems import answer
from graphflow.server.state import Server
from graphflow.server.wall.guard import Wall
from graphflow.server.wall.headers import add_headers

LOG = logging.getLogger("graphflow.server")
CLOSING = 1.0
"""Seconds that open connections have to take their last answer."""
IDLE = 75.0
"""Seconds for which a connection may stay without a whole request: whoever sends one letter at a time is cut, too."""

LINGER = 10.0
"""Seconds for which the rest of a refused body is read over, so that its sender comes to read the answer."""


class Line(web.RequestHandler):
    """One connection. What a client sent is echoed neither to it nor to the log: it may hold a token."""

    __slots__ = ("_wall",)

    def __init__(self, manager: web.Server, wall: Wall, **options: Any) -> None:
        super().__init__(manager, **options)
        self._wall = wall

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer what never reached the application, and what failed after its answer had begun; close the line."""
        if isinstance(exc, ConnectionError) and (request.transport is None or request.transport.is_closing()):
            LOG.info("a client left before its answer")
            raise exc
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            LOG.info("a malformed request was refused: %s", type(exc).__name__)
            problem = Problem("malformed-request", "this is not HTTP that the server understands")
        else:
            LOG.error("an answer broke off", exc_info=exc)
            problem = Problem("internal", "something unexpected went wrong in the server", hint="its log says more")
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer is sent already")
        response = answer(status, [problem])
        add_headers(request, response, self._wall)
        response.force_close()
        return response

    def set_parser(self, parser: WebSocketReader, data_received_cb: Callable[[], None] | None = None) -> None:
        """Read the frames of a WebSocket from now on, if they are masked."""
        super().set_parser(cast(WebSocketReader, MaskedOnly(parser)), data_received_cb)

    def log_exception(self, *told: Any, **more: Any) -> None:
        """Log what went wrong on a line; that the rest of a refused body was malformed, too, is no fault of ours."""
        if isinstance(more.get("exc_info"), web.RequestPayloadError):
            LOG.info("the rest of a malformed request was left unread")
        else:
            super().log_exception(*told, **more)


@asynccontextmanager
async def accept_on(
    server: Server, app: web.Application, sockets: Sequence[socket], tls: ssl.SSLContext | None = None
) -> AsyncIterator[None]:
    """Serve the application on these sockets until the block ends; then open connections are closed."""
    loop = asyncio.get_running_loop()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSING)
    await runner.setup()
    manager = runner.server
    if manager is None:
        raise RuntimeError("the runner has no server after its setup")
    server.lifecycle.connections = lambda: len(manager.connections)

    def make_line() -> Line:
        return Line(manager, server.wall, loop=loop, access_log=None, keepalive_timeout=IDLE, lingering_time=LINGER)

    listening = [await loop.create_server(make_line, sock=each, ssl=tls, backlog=1024) for each in sockets]
    try:
        yield
    finally:
        for each in listening:
            each.close()
        await runner.cleanup()
