"""Describes the API: as an OpenAPI document for programs, as an interactive page for people, both offline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path

from aiohttp import web

from graphflow.errors import StorageError
from graphflow.server.openapi.document import document
from graphflow.server.problems import not_found
from graphflow.server.route import TABLE, Call, Route

_KEPT = "private, max-age=3600"
_OURS = Path(__file__).parents[1] / "pages" / "docs"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".png": "image/png", ".html": "text/html"}


async def read_openapi(call: Call) -> web.Response:
    """Return the OpenAPI 3.1 document that describes all routes."""
    body, tag = _written(call.request.app[TABLE], call.server.wall.cookie)
    response = web.Response(body=body, content_type="application/json", headers={"Cache-Control": "private, no-cache"})
    response.etag = tag
    if any(each.value in (tag, "*") for each in call.request.if_none_match or ()):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=response.headers)
    return response


async def show_docs(_: Call) -> web.StreamResponse:
    """Show the interactive page of the API."""
    return _file(_OURS / "index.html", {"Cache-Control": "private, no-cache"})


async def read_docs_file(call: Call) -> web.StreamResponse:
    """Return a script, a style or a picture of the interactive page."""
    path = _files().get(call.path("file"))
    if path is None:
        raise not_found(f"the page of the API has no file {call.path('file')!r}")
    return _file(path, {"Cache-Control": _KEPT})


ROUTES = (
    Route(
        "GET",
        "/api/v1/openapi.json",
        read_openapi,
        media_types=("application/json",),
        reads=("If-None-Match",),
        sends=("ETag",),
    ),
    Route("GET", "/api/v1/docs", show_docs, media_types=("text/html",)),
    Route(
        "GET",
        "/api/v1/docs/{file}",
        read_docs_file,
        media_types=("text/javascript", "text/css", "image/png"),
        problems=(HTTPStatus.NOT_FOUND,),
    ),
)


@lru_cache(maxsize=4)
def _written(routes: tuple[Route, ...], cookie: str) -> tuple[bytes, str]:
    """Return the document's bytes and their tag."""
    body = json.dumps(document(routes, cookie), ensure_ascii=False).encode()
    return body, sha256(body).hexdigest()[:32]


@lru_cache(maxsize=1)
def _files() -> Mapping[str, Path]:
    """Return the files that the page is made of, by the names that it calls them."""
    found = find_spec("swagger_ui")  # found, not imported: its Python is for other servers
    if found is None or found.origin is None:
        raise StorageError("Swagger UI is not installed", hint="install GraphFlow again")
    theirs = Path(found.origin).parent / "static"
    return {
        "docs.js": _OURS / "docs.js",
        "swagger-ui-bundle.js": theirs / "swagger-ui-bundle.js",
        "swagger-ui.css": theirs / "swagger-ui.css",
        "favicon.png": theirs / "favicon-32x32.png",
    }


def _file(path: Path, headers: Mapping[str, str]) -> web.FileResponse:
    response = web.FileResponse(path, headers=headers)
    response.content_type = _TYPES[path.suffix]
    return response
