"""What statuses, headers and parts of a path mean, in the words of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

DESCRIPTION = """Submit workflows as jobs, follow them, and fetch what they made.

A job that was answered with `202` is stored: it will finish, fail or be cancelled, whatever happens to the server. All
times are seconds since 1970. Every answer that is no success has the one shape `ProblemList`.

Programs send `Authorization: Bearer TOKEN`. A browser that logged in has a cookie; its requests that change something
must come from the server's own pages."""

USUAL = {
    HTTPStatus.BAD_REQUEST: "The request is malformed: its JSON, its query or its headers.",
    HTTPStatus.UNAUTHORIZED: "There is no token, or it is not one of this server's.",
    HTTPStatus.FORBIDDEN: "The Host or the Origin is not one that the server knows, or only an administrator may do this.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than the server takes.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The request has no content type, or another than this route takes.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The request can be read but not done: all problems, each with its node and input.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests, or too many jobs wait: try again after `Retry-After`.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The server is stopping, not ready yet, or another program holds its files: try again after `Retry-After`.",
}
"""What every route may answer; those about token, body and values only where there are some."""
FURTHER = {
    HTTPStatus.NOT_FOUND: "There is no such thing, or it belongs to somebody else.",
    HTTPStatus.CONFLICT: "It is not in a state in which this can be done, or somebody else changed it first.",
    HTTPStatus.GONE: "It was there once, and is no longer kept.",
    HTTPStatus.PRECONDITION_FAILED: "The file is another than `If-Match` names.",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "The file has no such range.",
    HTTPStatus.UPGRADE_REQUIRED: "This is a WebSocket, and the request asks for none.",
    HTTPStatus.PRECONDITION_REQUIRED: "The route changes a revision, so it needs `If-Match`.",
    HTTPStatus.INSUFFICIENT_STORAGE: "The disk is full: nothing was stored.",
}
"""What a route may answer besides, where it says so."""
STATUSES = USUAL | FURTHER

HEADERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "Idempotency-Key": (
        "The same key with the same request gives the same job again; with another request it is refused with 409.",
        {"type": "string", "minLength": 1, "maxLength": 200},
    ),
    "If-Match": ("Change it, or send it, only when this is still its tag, as `ETag` gave it.", {"type": "string"}),
    "If-None-Match": (
        "When reading: answer 304 without a body if this is still its tag. When writing `*`: only where there is none.",
        {"type": "string"},
    ),
    "If-Range": ("Heed `Range` only if this is still its tag; else send all of it.", {"type": "string"}),
    "Range": ("Send only these bytes: `bytes=0-1023`.", {"type": "string"}),
    "Last-Event-ID": ("As `after`, which goes before it; browsers send it when they reconnect.", {"type": "string"}),
    "Retry-After": ("Seconds to wait before the next try.", {"type": "integer", "minimum": 0}),
    "ETag": ("The revision; send it back in `If-Match` or `If-None-Match`.", {"type": "string"}),
    "Location": ("Where what was made can be read.", {"type": "string"}),
    "Content-Disposition": ("The file's name for people.", {"type": "string"}),
    "Content-Range": ("Which bytes of how many follow.", {"type": "string"}),
    "Cache-Control": ("How long the answer may be kept.", {"type": "string"}),
    "Set-Cookie": ("The cookie of somebody who logged in.", {"type": "string"}),
}
"""What the headers mean that a route may read or send."""

NO_BODY = "Nothing is wanted but the content type, which forms of other pages cannot send: `{}`, or no bytes at all."

SOCKET = (
    "A client sends `ClientMessage`s as JSON texts and gets `ServerMessage`s. A preview is a binary message: four bytes "
    "with the length of a `PreviewHeader`, the highest first, the header as JSON, and the picture."
)

PATH_PARTS: Mapping[str, str] = {
    "id": "The job's id.",
    "sha256": "The SHA-256 of the file's bytes, in hexadecimal digits.",
    "name": "The name; a slash in it is written %2F.",
    "revision": "The revision, as the list of revisions has it.",
    "folder": "The kind of model files, such as `checkpoints`.",
    "file": "The file's name.",
}
"""What the parts of a path mean."""
