"""Receives an upload piece by piece: as multipart from a form, or as the bare bytes of a file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

from aiohttp import BadContentDispositionHeader, BadContentDispositionParam, BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from graphflow.server.files.input_folder import Incoming
from graphflow.server.problems import Refused

MULTIPART = "multipart/form-data"
PIECE = 1 << 20
"""Bytes that are written at once, in a thread."""
_MOST_FIELDS = 16
_CHUNK = 64 * 1024
_MALFORMED = (
    ValueError,
    AssertionError,
    HttpProcessingError,
    BadContentDispositionHeader,
    BadContentDispositionParam,
)
"""How aiohttp says that the parts of a form are no parts."""


async def receive(request: web.Request, incoming: Incoming, most: int) -> str | None:
    """Write the one file of a request into `incoming`, and return the name that its sender gave it.

    Raise Refused: 413 beyond `most` bytes, 422 for no file or several, 400 for a body that is malformed. Raise
    StorageError when the disk does not take it.
    """
    try:
        if request.content_type == MULTIPART:
            return await _from_form(request, incoming, most)
        await _write(request.content.iter_chunked(_CHUNK), incoming, most)
    except _MALFORMED as error:
        raise Refused(HTTPStatus.BAD_REQUEST, "bad-form", "the form's body is malformed or cut off") from error
    if incoming.size == 0:
        raise _no_file("the body is empty")
    return None


async def _from_form(request: web.Request, incoming: Incoming, most: int) -> str | None:
    name: str | None = None
    found = False
    reader = await request.multipart()
    fields = 0
    while (part := await reader.next()) is not None:
        fields += 1
        if fields > _MOST_FIELDS or not isinstance(part, BodyPartReader):
            raise Refused(HTTPStatus.BAD_REQUEST, "bad-form", f"a form may have {_MOST_FIELDS} plain fields")
        if part.filename is None:
            await _skip(part)
            continue
        if found:
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "several-files",
                "the form holds several files",
                hint="send one at a time",
            )
        found, name = True, part.filename
        await _write(_pieces(part), incoming, most)
    if not found or incoming.size == 0:
        raise _no_file("the form holds no file" if not found else "the file is empty")
    return name


async def _pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    while piece := await part.read_chunk(_CHUNK):
        yield piece


async def _skip(part: BodyPartReader) -> None:
    """Read over a field, which must be small."""
    size = 0
    async for piece in _pieces(part):
        size += len(piece)
        if size > _CHUNK:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", "a field beside the file is too large")


async def _write(pieces: AsyncIterator[bytes], incoming: Incoming, most: int) -> None:
    waiting = bytearray()
    total = 0
    async for piece in pieces:
        total += len(piece)
        if total > most:
            message = f"the file is larger than {most:,} bytes"
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", message, hint="make it smaller first")
        waiting += piece
        if len(waiting) >= PIECE:
            await asyncio.to_thread(incoming.write, bytes(waiting))
            waiting.clear()
    if waiting:
        await asyncio.to_thread(incoming.write, bytes(waiting))


def _no_file(message: str) -> Refused:
    hint = "send the picture's bytes, or a form with one file"
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "no-file", message, hint=hint)
