"""Under which conditions a file is wanted, and which part of it, by the tag that stands for its bytes (RFC 9110)."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from aiohttp import hdrs, web

from graphflow.server.problems import Refused


def check_conditions(request: web.Request, path: Path, tag: str) -> None:
    """Raise Refused when the file is not the one, or has not the range, that is asked for."""
    try:
        facts = path.stat()
    except OSError:
        return  # whoever reads it tells of that
    _check_match(request, facts.st_mtime, tag)
    if hdrs.RANGE in request.headers and _same(request, tag):
        _check_range(request, facts.st_size)


def settled(request: web.BaseRequest, tag: str) -> set[str]:
    """Return the headers, in small letters, that say nothing more once these checks have passed."""
    seen = {name.lower() for name in (hdrs.IF_MATCH, hdrs.IF_UNMODIFIED_SINCE) if name in request.headers}
    return seen if _same(request, tag) else {*seen, hdrs.RANGE.lower(), hdrs.IF_RANGE.lower()}


def _check_match(request: web.Request, modified: float, tag: str) -> None:
    if request.if_match is not None:
        fits = any(each.value in (tag, "*") and not each.is_weak for each in request.if_match)
    else:
        since = request.if_unmodified_since
        fits = since is None or int(modified) <= since.timestamp()
    if not fits:
        message = "the file is another than the one that is asked for"
        raise Refused(HTTPStatus.PRECONDITION_FAILED, "other-file", message, hint="fetch it without a condition")


def _check_range(request: web.Request, size: int) -> None:
    try:
        start = request.http_range.start
    except ValueError:
        start = size
    if start is not None and start >= size:
        message = f"the file has {size:,} bytes, and not the range {request.headers[hdrs.RANGE][:80]!r}"
        headers = {"Content-Range": f"bytes */{size}"}
        raise Refused(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "no-such-range", message, headers=headers)


def _same(request: web.BaseRequest, tag: str) -> bool:
    """Say whether a part would fit to what the client has: else it gets the whole. Dates are left to aiohttp."""
    named = request.headers.get(hdrs.IF_RANGE, "").strip()
    return named == f'"{tag}"' or not named.startswith(('"', "W/"))
