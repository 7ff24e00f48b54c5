"""How an error becomes an answer: one JSON shape, the right status code, and never a traceback."""

from __future__ import annotations

import errno
import logging
import secrets
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from math import ceil

from aiohttp import web
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from graphflow.errors import (
    GraphFlowError,
    JobConflict,
    Problem,
    StaleAttempt,
    StorageBusy,
    StorageError,
    UnknownArtifact,
    UnknownJob,
    WorkflowError,
)
from graphflow.library import BadName, LibraryError, Unknown
from graphflow.wire.problems import ProblemItem, ProblemList

LOG = logging.getLogger("graphflow.server")

LET_GO = 5.0
"""Seconds after which somebody who held a file for long may have let go of it."""
MOST_PROBLEMS = 1_000
"""Told at once: a body of 32 MiB could hold millions."""

_STATUS: tuple[tuple[type[GraphFlowError], HTTPStatus], ...] = (
    (WorkflowError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (UnknownArtifact, HTTPStatus.NOT_FOUND),
    (UnknownJob, HTTPStatus.NOT_FOUND),
    (JobConflict, HTTPStatus.CONFLICT),
    (StaleAttempt, HTTPStatus.CONFLICT),
    (BadName, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Unknown, HTTPStatus.NOT_FOUND),
    (LibraryError, HTTPStatus.CONFLICT),
    (StorageError, HTTPStatus.INSUFFICIENT_STORAGE),
)
_CODES = {
    HTTPStatus.BAD_REQUEST: "bad-request",
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "wrong-content-type",
}
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class Refused(GraphFlowError):
    """A request that is not served: the status code says of which kind the reason is, `problems` say what it is."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        hint: str | None = None,
        node: str | None = None,
        input: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self._problem = Problem(code, message, node, input, hint)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was refused, with its way out."""
        return (self._problem,)


def not_found(message: str, *, code: str = "not-found", hint: str | None = None) -> Refused:
    """Return the refusal of what is not there, or not for this user: the two are not told apart."""
    return Refused(HTTPStatus.NOT_FOUND, code, message, hint=hint)


def busy(code: str, message: str, seconds: float, *, hint: str | None = None) -> Refused:
    """Return the refusal of what would be served some seconds later."""
    return Refused(HTTPStatus.TOO_MANY_REQUESTS, code, message, hint=hint, headers=_wait(seconds))


def unavailable(code: str, message: str, seconds: float, *, hint: str | None = None) -> Refused:
    """Return the refusal of a server that cannot serve this now, and may some seconds later."""
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, code, message, hint=hint, headers=_wait(seconds))


def _wait(seconds: float) -> dict[str, str]:
    """Say in whole seconds when it is worth asking again, never too early."""
    return {"Retry-After": str(max(1, ceil(seconds)))}


def answer_to(error: Exception) -> web.Response:
    """Return the answer that tells of an error; what nobody foresaw is logged and told without its text."""
    match error:
        case Refused():
            return answer(error.status, error.problems, error.headers)
        case StorageBusy():
            return answer(HTTPStatus.SERVICE_UNAVAILABLE, error.problems, _wait(LET_GO))
        case GraphFlowError():
            return answer(_status_of(error), error.problems)
        case ValidationError():
            return answer(HTTPStatus.UNPROCESSABLE_ENTITY, problems_of(error))
        case web.HTTPException():
            return _answer_to_http(error)
        case web.RequestPayloadError() | ConnectionResetError():  # to the latter nobody listens any more
            problem = Problem(
                "bad-body", "the body is cut off, or not packed as Content-Encoding says", hint="send it again"
            )
            return answer(HTTPStatus.BAD_REQUEST, [problem])
        case OSError() if error.errno in _DISK_FULL:
            problem = Problem(
                "disk-full", "there is no space left on the server's disk", hint="free some, and try again"
            )
            return answer(HTTPStatus.INSUFFICIENT_STORAGE, [problem])
        case _:
            return _answer_to_the_unforeseen(error)


def answer(status: int, problems: Iterable[Problem], headers: Mapping[str, str] | None = None) -> web.Response:
    """Return an answer that lists problems."""
    listed = ProblemList(problems=[ProblemItem.of(each) for each in problems])
    return web.Response(
        status=status, body=listed.model_dump_json().encode(), content_type="application/json", headers=headers
    )


def problems_of(error: ValidationError) -> list[Problem]:
    """Return one problem for each field that does not fit its model, in plain words."""
    details = error.errors(include_url=False, include_context=True)
    told: dict[tuple[str, str], Problem] = {}
    for each in details[:MOST_PROBLEMS]:
        place = _place(each["loc"])
        message = _in_words(each)
        told.setdefault((place, message), Problem(_code(each), message, input=place or None))
    return list(told.values())


_UNION_ARMS = ("function-", "constrained-", "dict[", "list[", "tagged-union", "lax-or-strict", "json-or-python")
_PLAIN_ARMS = frozenset({"str", "int", "float", "bool", "none"})


def _place(location: tuple[int | str, ...]) -> str:
    """Write where a value stands, without the names that pydantic gives to the arms of a union."""
    parts = [
        str(each)
        for index, each in enumerate(location)
        if not (isinstance(each, str) and index and (each in _PLAIN_ARMS or each.startswith(_UNION_ARMS)))
    ]
    return ".".join(parts)


def _code(each: ErrorDetails) -> str:
    kinds = {"missing": "missing", "extra_forbidden": "unknown-field", "finite_number": "not-finite"}
    return kinds.get(each["type"], "wrong-value")


_WORDS = {
    "missing": "this is needed",
    "extra_forbidden": "there is no such field",
    "json_invalid": "this is not JSON",
    **dict.fromkeys(("string_type", "string_sub_type"), "this must be a text"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "this must be a whole number"),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "this must be a finite number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "this must be true or false"),
    **dict.fromkeys(("list_type", "tuple_type"), "this must be a list"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "this must be an object"),
}


def _in_words(each: ErrorDetails) -> str:
    return _WORDS.get(each["type"]) or each["msg"].replace("Input should", "this should", 1).replace(
        "Value error, ", ""
    )


def _status_of(error: GraphFlowError) -> HTTPStatus:
    found = next((status for kind, status in _STATUS if isinstance(error, kind)), None)
    if found is None:
        LOG.error("a request failed: %s", error)
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return found


def _answer_to_http(error: web.HTTPException) -> web.Response:
    """Tell of what aiohttp refuses in our own shape, with the headers that belong to it."""
    status = HTTPStatus(error.status)
    code, message, hint = _CODES.get(status, "refused"), status.description or status.phrase, None
    match error:
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            message, hint = f"{error.method} is not possible here", f"possible are: {allowed}"
        case web.HTTPNotFound():
            message, hint = "there is nothing at this address", "the API is described at /api/v1/docs"
        case web.HTTPRequestEntityTooLarge():
            message, hint = "the request is larger than the server takes", None
        case web.HTTPBadRequest() if error.text:
            message = error.text
        case _:
            message = message[:1].lower() + message[1:]
    kept = {name: error.headers[name] for name in ("Allow", "Location", "Retry-After") if name in error.headers}
    return answer(status, [Problem(code, message, hint=hint)], kept)


def _answer_to_the_unforeseen(error: Exception) -> web.Response:
    mark = secrets.token_hex(4)
    LOG.error("unexpected %s [%s]", type(error).__name__, mark, exc_info=error)
    problem = Problem("internal", f"something unexpected went wrong in the server [{mark}]", hint="its log says more")
    return answer(HTTPStatus.INTERNAL_SERVER_ERROR, [problem])
