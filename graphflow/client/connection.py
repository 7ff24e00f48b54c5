"""Speaks HTTP with one server: the token, the problems, and when to try again."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import (
    ClientConnectionError,
    ClientConnectorError,
    ClientPayloadError,
    ClientResponse,
    ClientSession,
    ClientWebSocketResponse,
    WSServerHandshakeError,
)
from aiohttp import ClientTimeout as Timeout
from pydantic import TypeAdapter, ValidationError
from yarl import URL

from graphflow.client.errors import ApiError, Unreachable
from graphflow.errors import Problem
from graphflow.wire.base import Message
from graphflow.wire.problems import ProblemList

_OBJECT: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
Answer = TypeVar("Answer", bound=Message)

PATIENCE = 30.0
"""Seconds that a call goes on trying before it gives up."""
QUIET = 30.0
"""Seconds without a byte, after which a connection counts as lost; on a stream the server says something more often."""
BROKEN = (ClientConnectionError, ClientPayloadError, TimeoutError, ConnectionError)
"""What says that a connection was lost, not that the server refused."""
_LATER = (429, 503)
"""The server did nothing, and asks for another try."""
_PROXIES = (502, 504)
"""Something between here and the server lost it, and nobody knows whether the server did something."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to be sent as often as it takes; `body` makes its bytes anew each time.

    `path` stands behind `/api/v1/`, its parts quoted.
    `repeatable` says that doing it twice does no harm, so that it may be sent again after a lost answer.
    """

    method: str
    path: str
    query: Mapping[str, str | int | float | Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[], Any] | None = None
    repeatable: bool = False


class Pauses:
    """How long to wait between tries: longer each time, never longer than the patience that is left."""

    def __init__(self, patience: float) -> None:
        self._end = time.monotonic() + patience
        self._next = _FIRST_PAUSE

    async def wait(self, wanted: float | None = None) -> bool:
        """Wait so many seconds, or a little longer than the last time; with False there is no patience left for it."""
        pause = self._next * random.uniform(0.5, 1.0) if wanted is None else wanted
        self._next = min(2 * self._next, _LONGEST_PAUSE)
        if time.monotonic() + pause > self._end:
            return False
        await asyncio.sleep(pause)
        return True


class Connection:
    """The way to one server. It obeys Retry-After, and tries again what may be tried again, for `patience` seconds."""

    def __init__(self, url: URL, token: str | None, tls: ssl.SSLContext | None, patience: float = PATIENCE) -> None:
        self.url = url
        self.patience = patience
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._tls: ssl.SSLContext | bool = True if tls is None else tls
        self._session: ClientSession | None = None

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(self, request: Request, answer: type[Answer]) -> Answer:
        """Return the answer as its model; raise ApiError or Unreachable."""
        raw = await self.read(request)
        try:
            return answer.model_validate_json(raw)
        except ValidationError as error:
            hint = "the server is of another version than this client, or no GraphFlow server"
            raise Unreachable(f"{self.url} answered {request.path} with something unknown: {error}", hint) from error

    async def ask_plain(self, request: Request) -> dict[str, Any]:
        """Return an answer that is a JSON object of its own kind; raise ApiError or Unreachable."""
        return _OBJECT.validate_json(await self.read(request))

    async def read(self, request: Request) -> bytes:
        """Return the answer's bytes; raise ApiError or Unreachable."""
        pauses = Pauses(self.patience)
        while True:
            try:
                async with self._try(request) as response:
                    return await response.read()
            except ApiError as refused:
                if not (may_repeat(request, refused) and await pauses.wait(refused.retry_after)):
                    raise
            except BROKEN as error:
                if not (may_repeat(request, error) and await pauses.wait()):
                    raise self.lost(error) from error

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[ClientResponse]:
        """Give an answer that is read bit by bit, at the first try; raise ApiError, or what is in BROKEN."""
        async with self._try(request) as response:
            yield response

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[ClientWebSocketResponse]:
        """Give an open WebSocket; raise ApiError, or what is in BROKEN."""
        where = self.url.joinpath("api/v1/ws", encoded=True)
        try:
            async with self._opened().ws_connect(where, headers=self._headers, ssl=self._tls, heartbeat=QUIET) as line:
                yield line
        except WSServerHandshakeError as error:
            raise ApiError(error.status, (Problem("no-websocket", f"{where} opened no WebSocket"),)) from error

    def lost(self, error: Exception) -> Unreachable:
        """Return what to raise when there is no patience left."""
        reason = str(error) or type(error).__name__
        return Unreachable(f"cannot reach {self.url}: {reason}", hint="is `graphflow serve` running there?")

    @asynccontextmanager
    async def _try(self, request: Request) -> AsyncIterator[ClientResponse]:
        async with self._opened().request(
            request.method,
            self.url.joinpath("api/v1", request.path, encoded=True),
            params=request.query,
            headers={**self._headers, **request.headers},
            data=None if request.body is None else request.body(),
            ssl=self._tls,
            allow_redirects=False,  # the token goes to the server that was named, and nowhere else
        ) as response:
            if response.status >= 300:
                raise await _refusal(response)
            yield response

    def _opened(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(timeout=Timeout(total=None, sock_connect=10, sock_read=QUIET))
        return self._session


def may_repeat(request: Request, error: Exception) -> bool:
    """May this be sent again? Yes when nothing was done, or when doing it twice does no harm."""
    if isinstance(error, ApiError):
        return error.status in _LATER or (request.repeatable and error.status in _PROXIES)
    return request.repeatable or isinstance(error, ClientConnectorError)


async def _refusal(response: ClientResponse) -> ApiError:
    raw = await response.read()
    try:
        problems = tuple(Problem(**each.model_dump()) for each in ProblemList.model_validate_json(raw).problems)
    except ValidationError:  # a proxy's page, or no server of ours
        problems = (Problem("not-graphflow", f"{response.url} answered {response.status} {response.reason}"),)
    return ApiError(response.status, problems, _seconds(response.headers.get("Retry-After")))


def _seconds(text: str | None) -> float | None:
    """Return how long Retry-After says to wait; a date, which some proxies send, counts as no word."""
    return float(text) if text is not None and text.isascii() and text.isdigit() else None
