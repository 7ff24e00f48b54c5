"""Lets browsers in and out: a one-time code becomes a cookie that no script can read."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, cast

from aiohttp import web
from pydantic import Field

from graphflow.server.problems import Refused, not_found
from graphflow.server.route import Access, Call, Route
from graphflow.server.tags import KEEP
from graphflow.server.wall.accounts import SESSION_SECONDS
from graphflow.server.wall.guard import identify
from graphflow.wire.base import Message

_PAGES = Path(__file__).parents[1] / "pages" / "login"
_FILES = {"login.js": "text/javascript", "home.js": "text/javascript", "page.css": "text/css"}


class LogIn(Message):
    """A one-time code, or a token, to be traded for a cookie."""

    secret: Annotated[str, Field(min_length=1, max_length=200)]


class Me(Message):
    """Who is asking."""

    name: str
    admin: bool


async def log_in(call: Call) -> web.Response:
    """Log a browser in: the answer sets a cookie. A code is good for one time."""
    server = call.server
    session = await asyncio.to_thread(server.users.log_in, cast(LogIn, call.body).secret)
    if session is None:
        hint = "codes are good for one time and ten minutes; `graphflow users code` makes a new one"
        raise Refused(HTTPStatus.UNAUTHORIZED, "wrong-code", "this code or token is not valid", hint=hint)
    response = web.Response(status=HTTPStatus.NO_CONTENT)
    response.set_cookie(
        server.wall.cookie,
        session,
        max_age=int(SESSION_SECONDS),
        path="/",
        httponly=True,
        samesite="Strict",
        secure=server.wall.scheme == "https",
    )
    return response


async def log_out(call: Call) -> web.Response:
    """Log this browser out; its cookie is worth nothing from then on, wherever it was copied to."""
    server = call.server
    identity = identify(call.request, server.wall, server.users)
    if identity.by == "session":
        await asyncio.to_thread(server.users.log_out, identity)
    response = web.Response(status=HTTPStatus.NO_CONTENT)
    response.del_cookie(
        server.wall.cookie, path="/", httponly=True, samesite="Strict", secure=server.wall.scheme == "https"
    )
    return response


async def who_am_i(call: Call) -> Me:
    """Return who is asking."""
    return Me(name=call.user.name, admin=call.user.admin)


async def show_login(call: Call) -> web.StreamResponse:
    """Show the page to log in, or to those who are in, who they are and the way out."""
    return send_page(_PAGES / "home.html") if is_logged_in(call) else login_page()


async def read_login_file(call: Call) -> web.StreamResponse:
    """Return a script or a style of these pages."""
    name = call.path("file")
    if name not in _FILES:
        raise not_found(f"these pages have no file {name!r}")
    return send_page(_PAGES / name, _FILES[name])


def is_logged_in(call: Call) -> bool:
    """Say whether an open page is asked for by somebody whom we know."""
    try:
        identify(call.request, call.server.wall, call.server.users)
    except Refused:
        return False
    return True


def login_page() -> web.StreamResponse:
    """Return the page to log in, which brings one back to where it was shown."""
    return send_page(_PAGES / "login.html")


def send_page(path: Path, media_type: str = "text/html") -> web.StreamResponse:
    """Return a page, or a part of one, that a browser asks for again each time."""
    response = web.FileResponse(path, headers={"Cache-Control": KEEP})
    response.content_type = media_type
    response.charset = "utf-8"
    return response


ROUTES = (
    Route("GET", "/login", show_login, access=Access.OPEN, media_types=("text/html",)),
    Route(
        "GET",
        "/login/{file}",
        read_login_file,
        access=Access.OPEN,
        media_types=("text/javascript", "text/css"),
        problems=(HTTPStatus.NOT_FOUND,),
    ),
    Route(
        "POST", "/api/v1/login", log_in, access=Access.OPEN, body=LogIn, status=HTTPStatus.NO_CONTENT, problems=(401,)
    ),
    Route("POST", "/api/v1/logout", log_out, status=HTTPStatus.NO_CONTENT),
    Route("GET", "/api/v1/me", who_am_i, answer=Me),
)
