"""What a route is: declared once, as data, for the router, the guard, the OpenAPI document and the tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Literal, TypeAlias

from aiohttp import web

from graphflow.server.state import Server
from graphflow.server.wall.users import User
from graphflow.wire.base import Message

Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class Access(Enum):
    """Who may call a route."""

    OPEN = "open"
    """Anybody: health, and the page to log in. Nothing else."""
    USER = "user"
    """Everybody with a token, each for what is theirs."""
    ADMIN = "admin"
    """Administrators only: what concerns the whole server."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request after the guard let it in: who asks, and what was read from it by the route's models."""

    request: web.Request
    server: Server
    user: User
    body: Message | None
    query: Message | None

    def path(self, name: str) -> str:
        """Return a part of the path by its name in the route."""
        return self.request.match_info[name]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is more than a model with the route's usual status."""

    message: Message | None = None
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


Handler: TypeAlias = Callable[[Call], Awaitable["Message | Reply | web.StreamResponse"]]


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path. `handler`'s docstring describes it in the OpenAPI document.

    `body`, `query` and `answer` are models; `media_types` says what is answered where it is not JSON, `takes` what is
    accepted where it is not JSON. `also` are further status codes of success, `problems` those of refusals, besides those
    that every route may give (400, 401, 403, 415, 429, 503). A GET changes nothing. `reads` and `sends` name the headers
    of request and answer that mean something here; graphflow/server/openapi/meanings.py describes each.
    """

    method: Method
    path: str
    handler: Handler
    access: Access = Access.USER
    body: type[Message] | None = None
    query: type[Message] | None = None
    answer: type[Message] | None = None
    status: int = HTTPStatus.OK
    also: tuple[int, ...] = ()
    problems: tuple[int, ...] = ()
    media_types: tuple[str, ...] = ()
    takes: tuple[str, ...] = ("application/json",)
    reads: tuple[str, ...] = ()
    sends: tuple[str, ...] = ()


TABLE: web.AppKey[tuple[Route, ...]] = web.AppKey("table", tuple)
"""Where an application keeps the routes that it serves, so that one of them can describe all."""
