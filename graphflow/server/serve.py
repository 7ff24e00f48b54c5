"""Runs a server from its start to its end: opens the home and the port, says where it is, and stops on a signal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from graphflow.engine import Engine
from graphflow.errors import Problem, StorageError, WorkflowError
from graphflow.jobs.dispatch import Rules
from graphflow.jobs.lock import HomeTaken
from graphflow.jobs.worker import Worker
from graphflow.server.app import make_app
from graphflow.server.assemble import GRACE, open_server, wind_down
from graphflow.server.connections import accept_on
from graphflow.server.limits import Limits
from graphflow.server.listen import listen
from graphflow.server.room import Room
from graphflow.server.state import Server
from graphflow.server.threads import begin_threads
from graphflow.server.wall.accounts import OWNER
from graphflow.server.wall.guard import Wall, is_loopback, is_wildcard, make_wall
from graphflow.version import __version__

LOG = logging.getLogger("graphflow.server")
PORT = 7868
ADDRESS_FILE = "server.json"
"""In the home: where the server that runs there is reached."""
HURRY = 1.5
"""Seconds after a second signal, at most."""


@dataclass(frozen=True, slots=True)
class Options:
    """Where and how to listen, and for how much. `allowed` are further Host headers, `foreign` origins of other sites."""

    host: str = "127.0.0.1"
    port: int = PORT
    certificate: Path | None = None
    key: Path | None = None
    insecure_http: bool = False
    allowed: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    room: Room = field(default_factory=Room)
    rules: Rules = field(default_factory=Rules)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is reached, and the address with which a browser logs in once."""

    url: str
    login: str


class Signals:
    """The first signal asks the server to stop, the second to hurry."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.hurry = asyncio.Event()

    def heard(self) -> None:
        """Take note of a signal; after the second the process ends soon, whatever holds it."""
        if not self.stop.is_set():
            self.stop.set()
            return
        self.hurry.set()
        last = threading.Timer(HURRY, os._exit, [130])
        last.daemon = True
        last.start()


async def serve(engine: Engine, workers: Sequence[Worker], options: Options, ready: Callable[[Address], None]) -> bool:
    """Serve until a signal comes, and return whether the end was in order; `ready` hears where the server is.

    Raise WorkflowError when the options make no sense or the port is taken, StorageError when another server has the
    home.
    """
    check_options(options)
    tls = _open_certificate(options)
    sockets: list[socket.socket] = []

    def open_sockets() -> Wall:
        sockets.extend(listen(options.host, options.port))
        port = int(sockets[0].getsockname()[1])
        return make_wall(options.host, port, tls=tls is not None, allowed=options.allowed, foreign=options.foreign)

    signals = Signals()
    with _heard_by(signals), _named_if_taken(engine.home.root):
        try:
            async with open_server(
                engine, workers, open_sockets, options.limits, options.room, options.rules
            ) as server:
                await begin_threads(server.store)
                return await _run(server, workers, sockets, tls, options, signals, ready)
        finally:
            for each in sockets:
                each.close()


async def _run(
    server: Server,
    workers: Sequence[Worker],
    sockets: Sequence[socket.socket],
    tls: ssl.SSLContext | None,
    options: Options,
    signals: Signals,
    ready: Callable[[Address], None],
) -> bool:
    url = _url(options.host, int(sockets[0].getsockname()[1]), tls is not None)
    code = await asyncio.to_thread(server.users.file.new_code, _first_admin(server))
    async with accept_on(server, make_app(server), sockets, tls):
        with _address_written(server.home.root / ADDRESS_FILE, url):
            ready(Address(url, f"{url}/login#code={code}"))
            await signals.stop.wait()
            LOG.info("stopping: running jobs have %g s to finish; a second signal ends them at once", GRACE)
            return await _stop(server, workers, signals)


async def _stop(server: Server, workers: Sequence[Worker], signals: Signals) -> bool:
    """Wind the server down; on a second signal leave the jobs to the next start."""
    winding = asyncio.create_task(wind_down(server))
    hurry = asyncio.create_task(signals.hurry.wait())
    await asyncio.wait({winding, hurry}, return_when=asyncio.FIRST_COMPLETED)
    hurry.cancel()
    if winding.done():
        await winding
        return True
    winding.cancel()
    for worker in workers:
        worker.kill()
    with contextlib.suppress(asyncio.CancelledError):
        await winding
    server.hub.close()
    return False


def check_options(options: Options) -> None:
    """Raise WorkflowError when it would not be safe to listen so, or when the options contradict each other."""
    problems = []
    if (options.certificate is None) != (options.key is None):
        problems.append(Problem("bad-tls", "--tls-cert and --tls-key belong together", hint="give both, or none"))
    if not is_loopback(options.host) and options.certificate is None and not options.insecure_http:
        message = f"{options.host} can be reached by others, and tokens would travel in clear text"
        hint = "give --tls-cert and --tls-key, or --insecure-http where something else encrypts, such as a proxy"
        problems.append(Problem("clear-http", message, hint=hint))
    for origin in options.foreign:
        scheme, _, host = origin.partition("://")
        if scheme not in ("http", "https") or not host or any(each in host for each in "/*?#@ "):
            hint = "write it as a browser does: https://example.org, or http://localhost:5173"
            problems.append(Problem("bad-origin", f"--cors-origin {origin}: this is no origin", hint=hint))
    problems += [
        Problem("bad-host", f"--allow-host {name}: this is no host", hint="write NAME or NAME:PORT")
        for name in options.allowed
        if not name or any(each in name for each in "/*?#@ ")
    ]
    if problems:
        raise WorkflowError(problems)


def running_address(home: Path) -> str | None:
    """Return where the server of a home said that it is reached; None when none runs, or none said so."""
    try:
        found = json.loads((home / ADDRESS_FILE).read_bytes())["url"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return str(found)


@contextlib.contextmanager
def _named_if_taken(home: Path) -> Iterator[None]:
    try:
        yield
    except HomeTaken as error:
        if (url := running_address(home)) is None:
            raise
        raise StorageError(f"{error}, at {url}", hint=error.hint) from error


@contextlib.contextmanager
def _address_written(path: Path, url: str) -> Iterator[None]:
    """Say where the server is, while it is there; the file of one that was killed is overwritten by the next."""
    text = json.dumps({"url": url, "pid": os.getpid(), "version": __version__})
    new = path.with_suffix(".new")
    new.write_text(f"{text}\n", encoding="utf-8")
    new.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _url(host: str, port: int, tls: bool) -> str:
    name = "localhost" if is_wildcard(host) else f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{name}:{port}"


def _first_admin(server: Server) -> str:
    users = server.users.file.read().users
    return next((each.name for each in users if each.admin), OWNER)


def _open_certificate(options: Options) -> ssl.SSLContext | None:
    if options.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(options.certificate, options.key)
    except OSError as error:  # ssl.SSLError is one
        message = f"cannot use the certificate {options.certificate}: {error.strerror or error}"
        hint = "both files want PEM, and the key must be the certificate's"
        raise WorkflowError([Problem("bad-tls", message, hint=hint)]) from error
    return context


@contextlib.contextmanager
def _heard_by(signals: Signals) -> Iterator[None]:
    loop, kinds = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread():  # only there can signals be taken
        yield
        return
    before = {each: signal.signal(each, lambda *_: loop.call_soon_threadsafe(signals.heard)) for each in kinds}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
