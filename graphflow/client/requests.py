"""Writes requests: paths with quoted names, JSON bodies, queries without what was not given."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from graphflow.client.connection import Request
from graphflow.wire.base import Message

JSON = {"Content-Type": "application/json"}
"""Without it the server takes nothing that changes anything, so that forms of other pages cannot."""


def path(*parts: str) -> str:
    """Return a path of these parts; a slash in a name does not end its part."""
    return "/".join(quote(part, safe="") for part in parts)


def get(*parts: str, **query: str | float | None) -> Request:
    """Return a question, which may be asked again; what is None is not asked for."""
    return Request("GET", path(*parts), _given(query), repeatable=True)


def send(
    method: str,
    *parts: str,
    message: Message | None = None,
    headers: Mapping[str, str] | None = None,
    repeatable: bool = False,
    **query: str | float | None,
) -> Request:
    """Return a request that changes something, with a message as its body; fields that were not set are left out."""
    body = b"" if message is None else message.model_dump_json(exclude_unset=True).encode()
    return Request(method, path(*parts), _given(query), {**JSON, **(headers or {})}, lambda: body, repeatable)


def _given(query: Mapping[str, str | float | None]) -> dict[str, str | float]:
    return {name: value for name, value in query.items() if value is not None}
