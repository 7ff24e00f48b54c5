"""A server that answers as a test wants, fault by fault, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from graphflow.client import AsyncClient

TOKEN = "a-token-of-a-test"  # noqa: S105  of no server that lasts


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


Answerer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Faulty:
    """Where the server is, and what it was asked, in order."""

    url: str
    asked: list[Asked] = field(default_factory=list)

    def client(self, patience: float = 20.0) -> AsyncClient:
        """Return a client of this server."""
        return AsyncClient(self.url, TOKEN, patience=patience)


@asynccontextmanager
async def faulty(*answerers: Answerer) -> AsyncIterator[Faulty]:
    """Serve one request by each answerer, in order, and further ones by the last."""
    waiting = list(answerers)
    server = Faulty("")

    async def serve(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        server.asked.append(
            Asked(request.method, request.path, dict(request.query), dict(request.headers.items()), body)
        )
        return await (waiting.pop(0) if len(waiting) > 1 else waiting[0])(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


def says(text: str, status: int = 200, **headers: str) -> Answerer:
    """Answer with this JSON; `Retry_After="1"` gives a header."""

    async def answer(_: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=text, content_type="application/json", headers=named)

    return answer


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """Do what was asked, and lose the line before the answer."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


def streams(*data: str, cut: bool = False) -> Answerer:
    """Send these events, and end the stream; `cut` breaks the line in the midst of a further one."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for each in data:
            await response.write(f"data: {each}\n\n".encode())
        if cut:
            await response.write(b'data: {"seq":')
            assert request.transport is not None
            request.transport.close()
        return response

    return answer
