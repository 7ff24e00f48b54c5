"""Serves the editor that was built into the package: its page to those who are logged in, and what the page asks for."""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from graphflow.server.files.sending import FOREVER
from graphflow.server.problems import not_found
from graphflow.server.route import Access, Call, Route
from graphflow.server.routes.login import is_logged_in, login_page, send_page
from graphflow.server.tags import KEEP

STATIC = Path(__file__).parents[1] / "static"
"""Where hatch_build.py puts the editor."""
_UNBUILT = Path(__file__).parents[1] / "pages" / "unbuilt" / "index.html"
_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".json": "application/json",
}
_NAME = re.compile(r"\w[\w.-]*")


async def show_editor(call: Call) -> web.StreamResponse:
    """Show the editor, or the page to log in; the editor's own places stand behind the `?`."""
    if not is_logged_in(call):
        return login_page()
    page = STATIC / "index.html"
    return send_page(page if page.is_file() else _UNBUILT)


async def read_editor_file(call: Call) -> web.StreamResponse:
    """Return a script, a style, a picture or a font of the editor; its name holds a hash, so it never changes."""
    return _send(STATIC / "assets", call.path("file"), FOREVER)


async def read_theme(_: Call) -> web.StreamResponse:
    """Return the script that chooses light or dark before the editor is painted."""
    return _send(STATIC, "theme.js", KEEP)


async def read_icon(_: Call) -> web.StreamResponse:
    """Return the editor's icon."""
    return _send(STATIC, "icon.svg", KEEP)


def _send(folder: Path, name: str, kept: str) -> web.StreamResponse:
    path = folder / name
    if not _NAME.fullmatch(name) or path.suffix not in _TYPES or not path.is_file():
        raise not_found(f"the editor has no file {name!r}")
    headers = {"Cache-Control": kept, "Vary": "Accept-Encoding"}
    response = web.FileResponse(path, headers=headers)  # as it is, or its packed twin where the browser takes that
    response.content_type = _TYPES[path.suffix]
    if path.suffix in (".js", ".css", ".json"):
        response.charset = "utf-8"
    return response


ROUTES = (
    Route("GET", "/", show_editor, access=Access.OPEN, media_types=("text/html",)),
    Route(
        "GET",
        "/assets/{file}",
        read_editor_file,
        media_types=tuple(_TYPES.values()),
        problems=(HTTPStatus.NOT_FOUND,),
    ),
    Route("GET", "/theme.js", read_theme, media_types=("text/javascript",), problems=(HTTPStatus.NOT_FOUND,)),
    Route("GET", "/icon.svg", read_icon, media_types=("image/svg+xml",), problems=(HTTPStatus.NOT_FOUND,)),
)
