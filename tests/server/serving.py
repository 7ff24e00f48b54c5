"""Starts the real application on a real socket, with toy nodes, and asks it things."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphflow.engine import Engine
from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.worker.inline import InlineWorker
from graphflow.registry import Registry
from graphflow.server.app import make_app
from graphflow.server.assemble import open_server, wind_down
from graphflow.server.connections import accept_on
from graphflow.server.limits import Limits
from graphflow.server.listen import listen
from graphflow.server.route import Route
from graphflow.server.routes import ROUTES
from graphflow.server.state import Server
from graphflow.server.wall.guard import make_wall
from tests.toy import REGISTRY

ADMIN, A, B = "owner", "ada", "bob"
"""The names of the users there are: the owner of the home, and two with folders of their own."""
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, as data."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of the first problem."""
        return str(self.json["problems"][0]["code"])


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: where it listens, the tokens of its users by name, its parts, and the loop that it runs on."""

    host: str
    port: int
    tokens: Mapping[str, str]
    server: Server
    loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        """The address without a slash at its end."""
        return f"http://{self.host}:{self.port}"

    def headers(self, user: str | None = ADMIN) -> dict[str, str]:
        """Return the headers of a well-behaved program; without a user it has no token."""
        token = {} if user is None else {"Authorization": f"Bearer {self.tokens[user]}"}
        return {"Host": f"{self.host}:{self.port}", **token}

    def ask(
        self,
        method: str,
        path: str,
        *,
        user: str | None = ADMIN,
        body: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Answer:
        """Send one request: `body` as JSON, or `data` as it is; a header that is None is left out."""
        sent: dict[str, str | None] = dict(self.headers(user))
        if method not in ("GET", "HEAD"):
            sent["Content-Type"] = JSON
        raw = json.dumps(body).encode() if body is not None else data
        sent |= headers or {}
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                if value is not None:
                    connection.putheader(name, value)
            if (raw is not None or method not in ("GET", "HEAD")) and "Content-Length" not in sent:
                connection.putheader("Content-Length", str(len(raw or b"")))
            connection.endheaders(raw)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()


@contextmanager
def serving(
    home: Path,
    *,
    routes: Iterable[Route] = ROUTES,
    registry: Registry = REGISTRY,
    limits: Limits | None = None,
    **wall: Any,
) -> Iterator[Served]:
    """Serve a fresh home on a free port of 127.0.0.1, with toy nodes and a worker in this process.

    `wall` goes to `make_wall`: `allowed`, `foreign`.
    """
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    made: list[Served] = []

    def run() -> None:
        try:
            serve = _serve(home, tuple(routes), registry, limits or Limits(), wall, loop, made, ready, stop)
            loop.run_until_complete(serve)
        finally:
            ready.set()
            loop.close()

    with ThreadPoolExecutor(1, "server") as thread:
        running = thread.submit(run)
        ready.wait(60)
        try:
            if not made:
                running.result()
            yield made[0]
        finally:
            if not running.done():
                loop.call_soon_threadsafe(stop.set)
            running.result(60)


async def _serve(
    home: Path,
    routes: tuple[Route, ...],
    registry: Registry,
    limits: Limits,
    wall: Mapping[str, Any],
    loop: asyncio.AbstractEventLoop,
    made: list[Served],
    ready: threading.Event,
    stop: asyncio.Event,
) -> None:
    sockets = listen("127.0.0.1", 0)
    port = int(sockets[0].getsockname()[1])
    with Engine(home, registry=registry) as engine:
        worker = InlineWorker(engine, BlobFolder(engine.home.artifacts))
        around = make_wall("127.0.0.1", port, **wall)
        async with open_server(engine, [worker], lambda: around, limits) as server:
            tokens = {ADMIN: server.users.file.token_path.read_text().strip()}
            tokens |= {name: server.users.file.add(name) for name in (A, B)}
            server.users.refresh()
            async with accept_on(server, make_app(server, routes), sockets):
                made.append(Served("127.0.0.1", port, tokens, server, loop))
                ready.set()
                await stop.wait()
                await wind_down(server)
