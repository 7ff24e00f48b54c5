"""Makes the web application: routes behind their guard, errors as answers, headers and a log line on everything."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from graphflow.server.problems import Refused, answer_to
from graphflow.server.route import TABLE, Route
from graphflow.server.router import add_routes
from graphflow.server.routes import ROUTES
from graphflow.server.state import Server
from graphflow.server.wall.guard import check_host
from graphflow.server.wall.headers import add_headers, answer_preflight
from graphflow.server.wall.rates import Rates, Streams

ACCESS = logging.getLogger("graphflow.access")

_BEGUN = web.RequestKey("begun", bool)
_REFUSED = 400
"""The first of the statuses that are written down as warnings."""
_LONGEST_PATH = 200
"""Characters of a path in the log."""


def make_app(server: Server, routes: Iterable[Route] = ROUTES) -> web.Application:
    """Return the application that serves these routes."""
    app = web.Application(
        middlewares=[_frame(server)],
        client_max_size=server.limits.body_bytes,
        logger=logging.getLogger("graphflow.http"),
    )
    streams = Streams(server.limits)
    table = tuple(routes)
    app[TABLE] = table
    add_routes(app, table, server, Rates(server.limits), streams)

    async def prepare(request: web.BaseRequest, response: web.StreamResponse) -> None:
        request[_BEGUN] = True
        add_headers(request, response, server.wall)

    async def watch(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(streams.watch(server.users))
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def end_streams(_: web.Application) -> None:
        server.hub.close()

    app.on_response_prepare.append(prepare)
    app.on_shutdown.append(end_streams)
    app.cleanup_ctx.append(watch)
    return app


def _frame(server: Server) -> Middleware:
    """Return what stands around every request, also around those for which there is no route."""

    @web.middleware
    async def frame(request: web.Request, handler: Handler) -> web.StreamResponse:
        begun = time.perf_counter()
        response: web.StreamResponse | None = None
        try:
            response = await _serve(request, handler, server)
            return response
        finally:
            level = logging.INFO if response is not None and response.status < _REFUSED else logging.WARNING
            if ACCESS.isEnabledFor(level):
                _log(level, request, response, time.perf_counter() - begun)

    return frame


async def _serve(request: web.Request, handler: Handler, server: Server) -> web.StreamResponse:
    try:
        _check_connections(server)
        check_host(request, server.wall)
        return answer_preflight(request, server.wall) or await handler(request)
    except Exception as error:  # the last border: whatever it is becomes an answer
        if request.get(_BEGUN):  # half an answer is out: cutting the line is the only way left to say so
            raise
        return answer_to(error)


def _check_connections(server: Server) -> None:
    limit = server.limits.connections
    if server.lifecycle.connections() > limit:
        headers = {"Retry-After": "1", "Connection": "close"}
        raise Refused(503, "too-many-connections", f"more than {limit:,} connections are open", headers=headers)


def _log(level: int, request: web.Request, response: web.StreamResponse | None, seconds: float) -> None:
    """Write one line without the query, in which secrets may stand; `raw_path` is as it came, so no line breaks."""
    path = request.raw_path.partition("?")[0][:_LONGEST_PATH]
    status = response.status if response is not None else "cut"
    ACCESS.log(level, "%s %s %s %.1f ms", request.method, path, status, seconds * 1000)
