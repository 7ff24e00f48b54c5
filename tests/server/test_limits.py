"""Each limit at its edge: what lies within is taken, one more is refused with its own code."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from graphflow.server.limits import Limits
from graphflow.server.problems import Refused
from graphflow.server.route import Call, Route
from graphflow.server.routes import ROUTES
from graphflow.server.wall.rates import Rates
from tests.server.serving import ADMIN, A, B, Served, serving


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def taken(rates: Rates, user: str, most: int = 100) -> int:
    """Return how many requests are taken in a row."""
    for count in range(most):
        try:
            rates.count(user)
        except Refused:
            return count
    return most


def test_requests_are_counted_for_each_user_alone() -> None:
    rates = Rates(Limits(requests_per_second=10, burst=5), Clock())

    assert [taken(rates, "ada"), taken(rates, "ada"), taken(rates, "bob")] == [5, 0, 5]


def test_requests_come_back_with_time_and_never_beyond_the_burst() -> None:
    clock = Clock()
    rates = Rates(Limits(requests_per_second=10, burst=5), clock)
    taken(rates, "ada")

    clock.now = 0.35
    assert taken(rates, "ada") == 3
    clock.now = 1000.0
    assert taken(rates, "ada") == 5


def test_one_request_too_many_is_told_when_to_come_back(tmp_path: Path) -> None:
    with serving(tmp_path, limits=Limits(requests_per_second=0.001, burst=3)) as served:
        statuses = [served.ask("GET", "/api/v1/me", user=A).status for _ in range(3)]
        refused = served.ask("GET", "/api/v1/me", user=A)

        assert statuses == [200, 200, 200]
        assert (refused.status, refused.code) == (429, "too-many-requests")
        assert int(refused.headers["Retry-After"]) >= 1
        assert served.ask("GET", "/api/v1/me", user=B).status == 200
        assert served.ask("GET", "/healthz", user=None).status == 200


@pytest.mark.parametrize("rate", [0.04, 0.3, 2.0, 3000.0])
def test_whoever_waits_as_long_as_told_is_served_and_was_not_told_much_too_long(rate: float) -> None:
    clock = Clock()
    rates = Rates(Limits(requests_per_second=rate, burst=2), clock)
    taken(rates, "ada")
    clock.now = 0.1 / rate
    with pytest.raises(Refused) as refused:
        rates.count("ada")

    told = int(refused.value.headers["Retry-After"])
    clock.now += told

    assert taken(rates, "ada") >= 1
    assert told <= 1 + 0.9 / rate


async def hang(call: Call) -> web.StreamResponse:
    """Stream nothing, for as long as somebody listens."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(call.request)
    await response.write(b":\n\n")
    await asyncio.Event().wait()
    return response


HANG = Route("GET", "/api/v1/hang", hang, media_types=("text/event-stream",))


@contextmanager
def stream(served: Served, user: str) -> Iterator[socket.socket]:
    """Open a stream, and yield its socket once the answer has begun."""
    with socket.create_connection((served.host, served.port), timeout=30) as line:
        headers = {**served.headers(user), "Accept": "text/event-stream"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        line.sendall(f"GET {HANG.path} HTTP/1.1\r\n{lines}\r\n".encode())
        heard = b""
        while not heard.endswith(b":\n\n\r\n"):  # the first chunk, whole
            more = line.recv(4096)
            assert more, heard
            heard += more
        yield line


def test_one_stream_too_many_is_refused_and_others_have_their_own(tmp_path: Path) -> None:
    listening = {"Accept": "text/event-stream"}
    with serving(tmp_path, routes=(*ROUTES, HANG), limits=Limits(streams=2)) as served:
        with stream(served, A), stream(served, A):
            refused = served.ask("GET", HANG.path, user=A, headers=listening)
            with stream(served, B) as others:
                assert others.fileno() > 0

        assert (refused.status, refused.code) == (429, "too-many-streams")


def test_a_stream_of_somebody_who_was_removed_ends(tmp_path: Path) -> None:
    with serving(tmp_path, routes=(*ROUTES, HANG)) as served, ExitStack() as open_streams:
        revoked = open_streams.enter_context(stream(served, A))
        kept = open_streams.enter_context(stream(served, B))
        served.server.users.file.remove(A)

        revoked.settimeout(5)
        while revoked.recv(4096):
            pass
        kept.settimeout(0.2)
        with pytest.raises(TimeoutError):
            kept.recv(4096)


def test_one_connection_too_many_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path, routes=(*ROUTES, HANG), limits=Limits(connections=2)) as served:
        with stream(served, A):
            assert served.ask("GET", "/healthz", user=None).status == 200
            with stream(served, A):
                refused = served.ask("GET", "/healthz", user=None)

        assert (refused.status, refused.code) == (503, "too-many-connections")
        assert refused.headers["Connection"] == "close"


def test_while_it_stops_nothing_new_is_taken_and_all_can_be_read(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        assert served.ask("GET", "/readyz", user=None).status == 200
        stopped = threading.Event()

        def stop() -> None:
            served.server.lifecycle.stopping = True
            stopped.set()

        served.loop.call_soon_threadsafe(stop)
        stopped.wait(10)
        refused = served.ask("POST", "/api/v1/logout", user=ADMIN)
        reading, ready = served.ask("GET", "/api/v1/me"), served.ask("GET", "/readyz", user=None)
        served.server.lifecycle.stopping = False

    assert (refused.status, refused.code, refused.headers["Retry-After"]) == (503, "stopping", "5")
    assert (reading.status, ready.status) == (200, 503)


async def closed_how(served: Served, path: str, change: Callable[[], object]) -> tuple[aiohttp.WSMsgType, int | None]:
    """Open a WebSocket as Ada, change something, and return how the socket ends."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{served.url}{path}", headers=served.headers(A)) as line,
    ):
        await asyncio.to_thread(change)
        async with asyncio.timeout(5):
            while (message := await line.receive()).type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                pass
        return message.type, line.close_code


@pytest.mark.parametrize("act", ["remove", "new_token"])
def test_a_websocket_of_somebody_who_lost_their_access_is_closed_within_seconds(tmp_path: Path, act: str) -> None:
    with serving(tmp_path) as served:
        change = getattr(served.server.users.file, act)
        kind, code = asyncio.run(closed_how(served, "/api/v1/ws", lambda: change(A)))

    assert kind in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
    assert code == 4401
