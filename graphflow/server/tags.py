"""Tags of answers and revisions: 304 for what a client has already, and the conditions under which a change is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from http import HTTPStatus

from aiohttp import web

from graphflow.server.problems import Refused
from graphflow.server.route import Reply

KEEP = "private, no-cache"
"""A browser may keep the answer, but asks each time whether it is still good."""
ANY = "*"
_TAGS = re.compile(r'\s*(?:W/)?"([^"]*)"\s*(?:,|$)')


def tag_of(parts: Iterable[object]) -> str:
    """Return a tag that changes whenever one of these does."""
    return sha256("\0".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def headers_of(tag: str) -> dict[str, str]:
    """Return the headers of an answer with this tag."""
    return {"ETag": f'"{tag}"', "Cache-Control": KEEP}


def unchanged(request: web.Request, tag: str) -> Reply | None:
    """Return the answer to a client that has this already; None for one that has not."""
    named = request.headers.get("If-None-Match")
    if named is None or not (named.strip() == ANY or tag in _TAGS.findall(named)):
        return None
    return Reply(status=HTTPStatus.NOT_MODIFIED, headers=headers_of(tag))


def expected(request: web.Request) -> str | None:
    """Return the revision that a save must find, `*` for any, None for nothing; raise Refused when it does not say."""
    if (match := wanted(request)) is not None:
        return match
    absent = request.headers.get("If-None-Match", "").strip()
    if absent == ANY:
        return None
    hint = (
        'send `If-Match: "REVISION"` as ETag gave it, `If-Match: *` to overwrite, or `If-None-Match: *` for a new one'
    )
    message = "a save must say what it replaces"
    raise Refused(HTTPStatus.PRECONDITION_REQUIRED, "no-precondition", message, hint=hint)


def wanted(request: web.Request) -> str | None:
    """Return what `If-Match` names, or None without one; raise Refused when it names several."""
    given = request.headers.get("If-Match")
    if given is None:
        return None
    tags = [ANY] if given.strip() == ANY else _TAGS.findall(given)
    if len(tags) != 1:
        hint = 'write `If-Match: "REVISION"`, or `*`'
        raise Refused(
            HTTPStatus.BAD_REQUEST, "bad-header", f"If-Match names no single revision: {given[:80]!r}", hint=hint
        )
    return str(tags[0])
