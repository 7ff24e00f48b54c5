"""Writes requests: paths with quoted names, JSON bodies, queries without what was not given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias
from urllib.parse import quote

from graphflow.client.connection import Request
from graphflow.wire.base import Message

JSON = {"Content-Type": "application/json"}
"""Without it the server takes nothing that changes anything, so that forms of other pages cannot."""


Asked: TypeAlias = str | float | Sequence[str] | None
"""What may stand in a query; a list stands there as often as it has elements."""


def path(*parts: str) -> str:
    """Return a path of these parts; a slash in a name does not end its part."""
    return "/".join(quote(part, safe="") for part in parts)


def get(*parts: str, **query: Asked) -> Request:
    """Return a question, which may be asked again; what is None is not asked for."""
    return Request("GET", path(*parts), _given(query), repeatable=True)


def send(
    method: str,
    *parts: str,
    message: Message | None = None,
    data: bytes = b"",
    headers: Mapping[str, str] | None = None,
    repeatable: bool = False,
    **query: Asked,
) -> Request:
    """Return a request that changes something, with a message as its body; fields that were not set are left out.

    Bytes go as `data`, with their content type among the headers.
    """
    body = data if message is None else message.model_dump_json(exclude_unset=True).encode()
    return Request(method, path(*parts), _given(query), {**JSON, **(headers or {})}, lambda: body, repeatable)


def _given(query: Mapping[str, Asked]) -> dict[str, str | float | Sequence[str]]:
    return {name: value for name, value in query.items() if value is not None}
