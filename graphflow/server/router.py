"""Makes the routes' table into a running application: every request passes the guard before its handler sees it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from http import HTTPStatus

from aiohttp import web

from graphflow.server.bodies import OPEN_BYTES, read_body, read_bytes, read_query
from graphflow.server.limits import Limits
from graphflow.server.problems import Refused
from graphflow.server.route import Access, Call, Reply, Route
from graphflow.server.state import Server
from graphflow.server.wall.guard import check_content_type, check_origin, identify
from graphflow.server.wall.rates import Rates, Streams
from graphflow.server.wall.users import Identity, User
from graphflow.wire.base import Message

Endpoint = Callable[[web.Request], Awaitable[web.StreamResponse]]

NOBODY = User("", admin=False, folder=None)
"""Who calls an open route."""
JSON = ("application/json",)
STREAM = "text/event-stream"
_NOTHING = re.compile(rb"(?:[ \t\r\n]*\{[ \t\r\n]*\}[ \t\r\n]*)?")
"""No body, or an empty object: programs send either where nothing is taken. Blanks alone are no JSON."""


def add_routes(app: web.Application, routes: Iterable[Route], server: Server, rates: Rates, streams: Streams) -> None:
    """Add every route with its guard; paths of words come before those with names in them."""
    ordered = sorted(routes, key=lambda route: [part.startswith("{") for part in route.path.split("/")])
    resources: dict[str, web.Resource] = {}
    for route in ordered:
        if route.path not in resources:
            resources[route.path] = app.router.add_resource(route.path)
        endpoint = make_endpoint(route, server, rates, streams)
        resources[route.path].add_route(route.method, endpoint)
        if route.method == "GET" and STREAM not in route.media_types:
            resources[route.path].add_route("HEAD", endpoint)


def make_endpoint(route: Route, server: Server, rates: Rates, streams: Streams) -> Endpoint:
    """Return what answers a route's requests: the checks in order, then the handler."""

    async def answer(request: web.Request) -> web.StreamResponse:
        check_origin(request, server.wall)
        identity = _let_in(route, request, server, rates)
        _check_running(route, server)
        if route.method != "GET":
            check_content_type(request, route.takes)
        call = await _read(route, request, server, identity.user if identity else NOBODY)
        if identity is None or not _is_stream(route, request):
            return _write(route, await route.handler(call))
        with streams.opened(identity):
            return _write(route, await route.handler(call))

    return answer


def _is_stream(route: Route, request: web.Request) -> bool:
    """Say whether the answer stays open: a WebSocket, or events for as long as the client listens."""
    return "Upgrade" in request.headers or (STREAM in route.media_types and STREAM in request.headers.get("Accept", ""))


def _let_in(route: Route, request: web.Request, server: Server, rates: Rates) -> Identity | None:
    """Return who calls, None on an open route; raise Refused when they may not."""
    if route.access is Access.OPEN:
        return None
    identity = identify(request, server.wall, server.users)
    rates.count(identity.user.name)
    if route.access is Access.ADMIN and not identity.user.admin:
        raise Refused(HTTPStatus.FORBIDDEN, "not-admin", "only an administrator may do this")
    return identity


def _check_running(route: Route, server: Server) -> None:
    if server.lifecycle.stopping and route.method != "GET":
        message = "the server is shutting down"
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "stopping", message, headers={"Retry-After": "5"})


async def _read(route: Route, request: web.Request, server: Server, user: User) -> Call:
    """Read what the request carries by the route's models; raise Refused or ValidationError."""
    _check_names(request, server.limits)
    limits = _limits_of(route, server)
    body: Message | None = None
    if route.body is not None:
        body = await read_body(request, route.body, limits)
    elif route.method != "GET" and route.takes == JSON and not _NOTHING.fullmatch(await read_bytes(request, limits)):
        raise Refused(HTTPStatus.BAD_REQUEST, "unwanted-body", "nothing is taken in the body here", hint="send none")
    query = read_query(request.query, route.query) if route.query is not None else None
    return Call(request, server, user, body, query)


def _limits_of(route: Route, server: Server) -> Limits:
    """Return how much one may send here; of strangers little is taken."""
    if route.access is not Access.OPEN:
        return server.limits
    return replace(server.limits, body_bytes=min(OPEN_BYTES, server.limits.body_bytes))


def _check_names(request: web.Request, limits: Limits) -> None:
    for name, value in request.match_info.items():
        if len(value) > limits.name:
            message = f"{name} has {len(value):,} characters; {limits.name} are allowed"
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "name-too-long", message, input=name)


def _write(route: Route, result: Message | Reply | web.StreamResponse) -> web.StreamResponse:
    """Return a handler's result as an answer."""
    if isinstance(result, web.StreamResponse):
        return result
    if isinstance(result, Message):
        return _json(result, route.status)
    if result.message is None:
        return web.Response(status=result.status, headers=result.headers)
    return _json(result.message, result.status, result)


def _json(message: Message, status: int, reply: Reply | None = None) -> web.Response:
    headers = reply.headers if reply else None
    body = message.model_dump_json().encode()
    return web.Response(status=status, body=body, headers=headers, content_type="application/json")
