"""Reads what a request carries, strictly: one meaning or none."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, get_args, get_origin

from aiohttp import web
from multidict import MultiMapping

from graphflow.server.limits import Limits
from graphflow.server.problems import Refused
from graphflow.wire.base import Message

OPEN_BYTES = 64 * 1024
"""Of a body where nobody has to say who they are: many at once fill no memory."""
SECONDS = 60.0
"""That a whole body may take to come."""
_TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_SQUARE = bytes.maketrans(b"{}", b"[]")
_NO_BRACKET = bytes(set(range(256)) - set(b"[]{}"))


async def read_body(request: web.Request, model: type[Message], limits: Limits) -> Message:
    """Return the request's JSON as its model; raise Refused, or pydantic's ValidationError with all that does not fit.

    No body at all stands for `{}` where nothing in it is needed.
    """
    raw = await read_bytes(request, limits)
    if not raw and not any(each.is_required() for each in model.model_fields.values()):
        return model()
    check_json(raw, limits)
    return model.model_validate_json(raw)


async def read_bytes(request: web.Request, limits: Limits) -> bytes:
    """Return the whole body, unpacked where it came packed; raise Refused when it is larger than allowed, or slow."""
    body = bytearray()
    if request.content.is_eof():  # mostly it came with the head: then nothing waits, and no clock need be set
        body += request.content.read_nowait()
        _check_size(body, limits)
        return bytes(body)
    try:
        async with asyncio.timeout(SECONDS):
            async for piece in request.content.iter_any():
                body += piece
                _check_size(body, limits)
    except TimeoutError:
        message = f"the request's body did not come within {SECONDS:.0f} seconds"
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, "too-slow", message, headers={"Connection": "close"}) from None
    return bytes(body)


def _check_size(body: bytearray, limits: Limits) -> None:
    if len(body) > limits.body_bytes:
        message = f"the request's body is larger than {limits.body_bytes:,} bytes"
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", message, hint="upload large files")


def check_json(raw: bytes, limits: Limits) -> None:
    """Raise Refused unless these bytes are JSON with one meaning: no key twice, no NaN, not nested without end."""
    if not raw.strip():
        raise _malformed("not-json", "the body is empty", "send JSON, at least {}")
    brackets = raw.count(b"{") + raw.count(b"[")  # which takes no time, and most bodies have few
    if brackets + raw.count(b",") > limits.values:
        message = f"the body holds more than {limits.values:,} values"
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-many-values", message, hint="send it in parts")
    if brackets > limits.depth and _is_deeper(raw, limits.depth):
        raise _malformed("too-deep", f"lists and objects are nested more than {limits.depth} deep")
    try:
        _DECODER.decode(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _malformed("not-utf8", f"the body is not UTF-8 text: byte {error.start}") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _malformed(
            "not-json", f"the body is not JSON: {where}: {error.msg[:1].lower()}{error.msg[1:]}"
        ) from error
    except ValueError as error:  # Python refuses a whole number of thousands of digits
        raise _malformed("not-json", "a number in the body has too many digits") from error


def read_query(query: MultiMapping[str], model: type[Message]) -> Message:
    """Return a query as its model: texts become numbers where numbers are wanted, a list's name may stand often."""
    values: dict[str, Any] = {}
    for name in dict.fromkeys(query):
        given = query.getall(name)
        if _takes_many(model, name):
            values[name] = given
        elif len(given) > 1:
            raise _malformed("duplicate-key", f"{name!r} stands {len(given)} times in the query")
        else:
            values[name] = given[0]
    return model.model_validate(values, strict=False)


def _takes_many(model: type[Message], name: str) -> bool:
    field = next((each for key, each in model.model_fields.items() if name in (key, each.alias)), None)
    if field is None:
        return False
    return any(
        get_origin(each) in (list, tuple, set, frozenset) for each in (field.annotation, *get_args(field.annotation))
    )


def _is_deeper(raw: bytes, most: int) -> bool:
    """Say whether lists and objects stand deeper inside each other; texts are skipped, whatever they hold.

    Each round takes the innermost away, so that neither time nor memory grows with what a clever sender nests.
    """
    left = _TEXTS.sub(b"", raw).translate(_SQUARE, _NO_BRACKET)
    for _ in range(most):
        if b"[]" not in left:
            break
        left = left.replace(b"[]", b"")
    return b"[]" in left or left.count(b"[") > most


def _only_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _malformed(
            "duplicate-key", f"the key {_first_twice(key for key, _ in pairs)!r} stands twice in an object"
        )
    return made


def _first_twice(keys: Iterable[str]) -> str:
    seen: set[str] = set()
    return next(key for key in keys if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # adds on the way


def _no_constant(text: str) -> Any:
    raise _malformed("not-json", f"{text} is no number in JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise _malformed("not-json", f"the number {text[:40]} is too large")
    return value


def _malformed(code: str, message: str, hint: str | None = None) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, code, message, hint=hint)


_DECODER = json.JSONDecoder(object_pairs_hook=_only_once, parse_constant=_no_constant, parse_float=_finite)
"""Made once: `json.loads` would make one for each body, which takes longer than reading a small one."""
