"""Speaks HTTP badly: raw bytes to a socket, and what came back for them."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass

import psutil
import pytest

from tests.server.serving import ADMIN, Served

MIB = 2**20
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back on one connection: the status of every answer, all bytes, and how long it took."""

    statuses: tuple[int, ...]
    data: bytes
    seconds: float


def say(served: Served, data: bytes | Iterable[bytes], *, patience: float = PATIENCE, shut: bool = False) -> Heard:
    """Send bytes, close our half where that is wanted, and read until the server closes or the patience is over."""
    begun = time.monotonic()
    heard = bytearray()
    with socket.create_connection((served.host, served.port), timeout=patience) as line:
        try:
            for piece in [data] if isinstance(data, bytes) else data:
                line.sendall(piece)
            if shut:
                line.shutdown(socket.SHUT_WR)
            while piece := line.recv(65536):
                heard += piece
        except (ConnectionResetError, BrokenPipeError, TimeoutError):
            pass  # it has said its answer and does not want the rest, or it waits for more
    return Heard(statuses(bytes(heard)), bytes(heard), time.monotonic() - begun)


def statuses(data: bytes) -> tuple[int, ...]:
    """Return the status of each answer in a stream of bytes."""
    lines = [part[:40].split(b" ") for part in data.split(b"HTTP/1.")[1:]]
    return tuple(int(line[1]) for line in lines if len(line) > 1 and line[1].isdigit())


def request(
    served: Served,
    method: str = "POST",
    path: str = "/api/v1/jobs",
    *lines: bytes,
    body: bytes = b"",
    user: str | None = ADMIN,
    length: bool = True,
) -> bytes:
    """Return the bytes of one request; `lines` are further headers as they are."""
    head = [f"{method} {path} HTTP/1.1".encode(), *(f"{k}: {v}".encode() for k, v in served.headers(user).items())]
    if length and method not in ("GET", "HEAD"):
        head += [b"Content-Type: application/json", b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*head, b"Connection: close", *lines]) + b"\r\n\r\n" + body


def resident() -> int:
    """Return how many bytes of memory this process holds."""
    return int(psutil.Process().memory_info().rss)


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the server complained of; that it refused a request stands in the access log, as it should."""
    records = (each for each in caplog.records if each.levelno >= logging.WARNING and each.name != "graphflow.access")
    return [each.getMessage() for each in records]
