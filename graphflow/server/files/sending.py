"""Sends a file of a user's so that a browser cannot be made to run it: as what it is, or to be saved."""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from aiohttp import ETag, hdrs, web
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict

from graphflow.server.files.conditions import check_conditions, settled
from graphflow.server.files.pictures import ENDINGS

INLINE = frozenset(ENDINGS)
"""What browsers may show: nothing in which a script could stand."""
_HARMLESS = frozenset({"text/plain", "text/csv", "application/json"})
"""What is named as it is, though it is only ever saved."""
POLICY = "default-src 'none'; sandbox"
FOREVER = "private, max-age=31536000, immutable"
_PLAIN = re.compile(r"[^A-Za-z0-9 ._()-]")


def send_file(
    request: web.Request, path: Path, *, tag: str, media_type: str, name: str, download: bool, kept: str = FOREVER
) -> web.StreamResponse:
    """Return a file, or the range of it that is asked for, or that nothing has changed; `tag` stands for its bytes.

    Raise Refused when it is not the file, or has not the range, that is asked for.
    """
    check_conditions(request, path, tag)
    headers = file_headers(media_type, name, download=download, kept=kept)
    if is_known(request, tag):
        return not_modified(tag, headers)
    return _Tagged(path, tag, headers)


def file_headers(media_type: str, name: str, *, download: bool, kept: str = FOREVER) -> dict[str, str]:
    """Return the headers of a file: its type if that is harmless, and whether it may be shown."""
    named = media_type in INLINE or media_type in _HARMLESS
    inline = media_type in INLINE and not download
    return {
        hdrs.CONTENT_TYPE: media_type if named else "application/octet-stream",
        hdrs.CONTENT_DISPOSITION: disposition(name, inline=inline),
        hdrs.CACHE_CONTROL: kept,
        "Content-Security-Policy": POLICY,
    }


def disposition(name: str, *, inline: bool) -> str:
    """Write a file's name for people into a header (RFC 6266); nothing in the name can end the value."""
    plain = PurePosixPath(name.replace("\\", "/")).name or "file"
    spoken = _PLAIN.sub("_", plain)
    kind = "inline" if inline else "attachment"
    if spoken == plain:
        return f'{kind}; filename="{plain}"'
    return f"{kind}; filename=\"{spoken}\"; filename*=UTF-8''{quote(plain.encode('utf-8', 'replace'), safe='')}"


def is_known(request: web.Request, tag: str) -> bool:
    """Say whether who asks has these bytes already."""
    return any(each.value in (tag, "*") for each in request.if_none_match or ())


def not_modified(tag: str, headers: dict[str, str]) -> web.Response:
    """Return the answer that nothing has changed."""
    kept = {name: value for name, value in headers.items() if name != hdrs.CONTENT_TYPE}
    response = web.Response(status=HTTPStatus.NOT_MODIFIED, headers=kept)
    response.etag = tag
    return response


class _Tagged(web.FileResponse):
    """A file whose tag is the hash of its bytes, where aiohttp would take its time and size."""

    def __init__(self, path: Path, tag: str, headers: dict[str, str]) -> None:
        super().__init__(path, headers=headers)
        self._tag = tag
        self._headers[hdrs.ETAG] = f'"{tag}"'

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Answer without what was looked at before, by our tag: aiohttp would hold it against one of its own."""
        seen = settled(request, self._tag)
        if not seen:
            return await super().prepare(request)
        kept = CIMultiDict((name, value) for name, value in request.headers.items() if name.lower() not in seen)
        bare = request.clone(headers=kept)
        try:
            return await super().prepare(bare)
        finally:
            request.update(bare)

    @property
    def etag(self) -> ETag | None:
        """The hash of the bytes."""
        return ETag(self._tag)

    @etag.setter
    def etag(self, value: ETag | str | None) -> None:
        """Ignore what aiohttp derives from the file."""
