"""Pictures and masks that are sent to be used in workflows: they lie in the user's input folder."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from http import HTTPStatus
from typing import cast

from aiohttp import web

from graphflow.server.files.input_folder import MASKS, Incoming, InputFolder, Kept
from graphflow.server.files.pictures import Picture, read_picture
from graphflow.server.files.receiving import MULTIPART, receive
from graphflow.server.files.sending import send_file
from graphflow.server.problems import Refused, not_found
from graphflow.server.route import Call, Reply, Route
from graphflow.wire.artifacts import FileQuery, Upload, UploadPage, UploadQuery, UploadsQuery

_UNNAMED = "upload"


async def upload_file(call: Call) -> Reply:
    """Take a picture or a mask: as a form with one file, or as the bare bytes of a file with its `name` in the query.

    What it is, its bytes decide: PNG, JPEG, WebP or GIF. It is put into the input folder, under its name or one near
    to it that is free; the same bytes under the same name are kept once.
    """
    query, limits, folder = cast(UploadQuery, call.query), call.server.limits, _folder(call)
    incoming = await asyncio.to_thread(folder.incoming, MASKS if query.folder == MASKS else "")
    try:
        sent = await receive(call.request, incoming, limits.upload_bytes)
        upload, new = await asyncio.to_thread(_keep, folder, incoming, query.name or sent or _UNNAMED, limits.pixels)
    finally:
        await asyncio.to_thread(incoming.close)
    return Reply(upload, HTTPStatus.CREATED if new else HTTPStatus.OK)


async def list_uploads(call: Call) -> UploadPage:
    """Return the pictures in the input folder, newest first, page by page."""
    query, folder = cast(UploadsQuery, call.query), _folder(call)
    begin = query.cursor or 0
    return await asyncio.to_thread(_page, folder, begin, query.limit)


async def read_upload(call: Call) -> web.StreamResponse:
    """Return a picture of the input folder by its name, or one that comes with a node pack, as examples do."""
    folder = _folder(call)

    def look() -> tuple[Kept, Picture, str]:
        kept = folder.readable(call.path("name"))
        return kept, _readable(kept), folder.digest(kept)

    kept, picture, digest = await asyncio.to_thread(look)
    return send_file(
        call.request,
        kept.path,
        tag=digest,
        media_type=picture.media_type,
        name=kept.name,
        download=cast(FileQuery, call.query).download,
        kept="private, no-cache",
    )


async def delete_upload(call: Call) -> Reply:
    """Delete a picture of the input folder; jobs that still want to read it will fail."""
    await asyncio.to_thread(_folder(call).delete, call.path("name"))
    return Reply(status=HTTPStatus.NO_CONTENT)


def _folder(call: Call) -> InputFolder:
    engine = call.server.engine_of(call.user)
    return InputFolder(engine.home.input, engine.files)


def _keep(folder: InputFolder, incoming: Incoming, wanted: str, pixels: int) -> tuple[Upload, bool]:
    incoming.flush()
    picture = read_picture(incoming.path, pixels)
    name, new = folder.keep(incoming, wanted, picture)
    return _shown(folder.get(name), picture, incoming.digest), new


def _page(folder: InputFolder, begin: int, limit: int) -> UploadPage:
    kept = folder.list()
    uploads = []
    for each in kept[begin : begin + limit]:
        with suppress(Refused):  # gone meanwhile, or put there by hand and no picture
            uploads.append(_shown(each, _readable(each), folder.digest(each)))
    end = begin + limit
    return UploadPage(uploads=uploads, next=end if end < len(kept) else None)


def _readable(kept: Kept) -> Picture:
    """Return what a picture is, whatever its size: nothing is decoded to send it."""
    try:
        return read_picture(kept.path, 2**64)
    except OSError as error:
        raise not_found(f"there is no upload {kept.name!r}", code="unknown-upload") from error


def _shown(kept: Kept, picture: Picture, digest: str) -> Upload:
    return Upload(
        name=kept.name,
        sha256=digest,
        media_type=picture.media_type,
        size=kept.size,
        width=picture.width,
        height=picture.height,
        created=kept.modified,
    )


_NAMED = (HTTPStatus.NOT_FOUND,)
_PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif")

ROUTES = (
    Route(
        "POST",
        "/api/v1/uploads",
        upload_file,
        query=UploadQuery,
        answer=Upload,
        status=HTTPStatus.CREATED,
        also=(HTTPStatus.OK,),
        problems=(
            HTTPStatus.CONFLICT,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.INSUFFICIENT_STORAGE,
        ),
        takes=(MULTIPART, *_PICTURES, "application/octet-stream"),
    ),
    Route("GET", "/api/v1/uploads", list_uploads, query=UploadsQuery, answer=UploadPage),
    Route(
        "GET",
        "/api/v1/uploads/{name}",
        read_upload,
        query=FileQuery,
        media_types=_PICTURES,
        problems=(
            *_NAMED,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.PRECONDITION_FAILED,
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        ),
        reads=("Range", "If-Range", "If-Match", "If-None-Match"),
        sends=("ETag", "Cache-Control", "Content-Disposition", "Content-Range"),
    ),
    Route(
        "DELETE",
        "/api/v1/uploads/{name}",
        delete_upload,
        status=HTTPStatus.NO_CONTENT,
        problems=(*_NAMED, HTTPStatus.INSUFFICIENT_STORAGE),
    ),
)
