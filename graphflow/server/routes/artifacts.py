"""Files that jobs made: listed, sent, and drawn small."""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from pathlib import Path
from typing import cast

from aiohttp import web

from graphflow.errors import UnknownArtifact
from graphflow.jobs.gallery import Wanted
from graphflow.server.files.input_folder import InputFolder
from graphflow.server.files.pictures import HEAD, media_type_of
from graphflow.server.files.sending import file_headers, is_known, not_modified, send_file
from graphflow.server.files.thumbnails import MEDIA_TYPE, size_of
from graphflow.server.problems import Refused
from graphflow.server.requests.artifact_view import show_artifact
from graphflow.server.requests.belongings import Belonging, Belongings
from graphflow.server.requests.submission import PREFIX
from graphflow.server.route import Call, Route
from graphflow.server.streams.following import whose
from graphflow.wire.artifacts import ArtifactPage, ArtifactQuery, FileQuery, ThumbnailQuery

_HASH = re.compile(r"[0-9a-f]{64}")


async def list_artifacts(call: Call) -> ArtifactPage:
    """Return what jobs made, newest first, page by page; an administrator sees everybody's and may choose a `client`."""
    query, store = cast(ArtifactQuery, call.query), call.server.store
    client = whose(call.user, query.client)
    wanted = Wanted(client=client, job=query.job, purpose=query.purpose, media_type=query.media_type)
    page = await asyncio.to_thread(store.artifacts, wanted, query.cursor, query.limit)
    return ArtifactPage(artifacts=[show_artifact(each) for each in page.artifacts], next=page.before)


async def read_artifact(call: Call) -> web.StreamResponse:
    """Return a file by the hash of its bytes, so it never changes; or a part of it, for a Range.

    Pictures may be shown by browsers, everything else is sent to be saved.
    """
    found, path = await asyncio.to_thread(_find, call)
    media_type = await asyncio.to_thread(_type_of, path) if found.media_type is None else found.media_type
    download = cast(FileQuery, call.query).download
    return send_file(call.request, path, tag=found.sha256, media_type=media_type, name=found.name, download=download)


async def read_thumbnail(call: Call) -> web.StreamResponse:
    """Return a small WebP of a picture; it is drawn when somebody first asks for it."""
    found, path = await asyncio.to_thread(_find, call)
    size = size_of(cast(ThumbnailQuery, call.query).size)
    tag = f"{found.sha256}-{size}"
    headers = file_headers(MEDIA_TYPE, f"{found.name}.webp", download=False)
    if is_known(call.request, tag):
        return not_modified(tag, headers)
    data = await call.server.thumbnails.get(found.sha256, path, size)
    response = web.Response(body=data, headers=headers)
    response.etag = tag
    return response


def _find(call: Call) -> tuple[Belonging, Path]:
    """Return the caller's file of the path; raise Refused for one that is not theirs as for one that is not there."""
    server, user, sha256 = call.server, call.user, call.path("sha256")
    engine = server.engine_of(user)
    inputs = InputFolder(engine.home.input, engine.files)
    theirs = Belongings(server.store, server.blobs, inputs, None if user.admin else user.name)
    found = theirs.find(sha256) if _HASH.fullmatch(sha256) else None
    if found is None:
        raise UnknownArtifact(sha256)
    made = found.value.startswith(PREFIX)
    path = server.blobs.sound(sha256) if made and found.path is not None else found.path
    if path is None:
        raise Refused(
            HTTPStatus.GONE,
            "artifact-gone",
            f"the file of {found.name!r} was deleted or damaged",
            hint="run its job again",
        )
    return found, path


def _type_of(path: Path) -> str:
    with path.open("rb") as file:
        return media_type_of(file.read(HEAD)) or "application/octet-stream"


_FILE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_READS = ("Range", "If-Range", "If-Match", "If-None-Match")
_SENDS = ("ETag", "Cache-Control", "Content-Disposition", "Content-Range")

ROUTES = (
    Route("GET", "/api/v1/artifacts", list_artifacts, query=ArtifactQuery, answer=ArtifactPage),
    Route(
        "GET",
        "/api/v1/artifacts/{sha256}",
        read_artifact,
        query=FileQuery,
        media_types=("application/octet-stream", "image/png", "image/jpeg", "image/webp", "image/gif"),
        problems=(*_FILE, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE),
        reads=_READS,
        sends=_SENDS,
    ),
    Route(
        "GET",
        "/api/v1/artifacts/{sha256}/thumbnail",
        read_thumbnail,
        query=ThumbnailQuery,
        media_types=(MEDIA_TYPE,),
        problems=(*_FILE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
        reads=("If-None-Match",),
        sends=("ETag", "Cache-Control"),
    ),
)
