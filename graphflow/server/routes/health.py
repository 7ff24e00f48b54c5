"""Tells watchers whether the server lives, and whether it takes work; nothing else, for anybody may ask."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

from graphflow.server.problems import Refused
from graphflow.server.route import Access, Call, Route
from graphflow.wire.base import Message


class Health(Message):
    """The server answers."""

    status: Literal["ok"] = "ok"


async def health(_: Call) -> Health:
    """Say that the server answers."""
    return Health()


async def ready(call: Call) -> Health:
    """Say that the server takes jobs; 503 while it starts and while it stops."""
    lifecycle = call.server.lifecycle
    if lifecycle.stopping or not lifecycle.ready:
        what = "stopping" if lifecycle.stopping else "starting"
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, what, f"the server is {what}", headers={"Retry-After": "1"})
    return Health()


ROUTES = (
    Route("GET", "/healthz", health, access=Access.OPEN, answer=Health),
    Route("GET", "/readyz", ready, access=Access.OPEN, answer=Health),
)
