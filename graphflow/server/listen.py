"""Opens the sockets that the server listens on."""

from __future__ import annotations

import errno
import socket

from graphflow.errors import Problem, WorkflowError

_BACKLOG = 1024


def listen(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen on a host's addresses; raise WorkflowError when the port is taken or not ours."""
    opened: list[socket.socket] = []
    try:
        for family, address in _addresses(host, port):
            opened.append(_open(family, address))
            if port == 0:
                break  # each family would get a port of its own
    except OSError as error:
        for each in opened:
            each.close()
        raise WorkflowError([_problem(host, port, error)]) from error
    return opened


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    kinds = (socket.AF_INET, socket.AF_INET6)
    pairs = [(family, (str(address[0]), port)) for family, _, _, _, address in found if family in kinds]
    return list(dict.fromkeys(sorted(pairs, key=lambda pair: kinds.index(pair[0]))))


def _open(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(address)
        opened.listen(_BACKLOG)
    except OSError:
        opened.close()
        raise
    return opened


def _problem(host: str, port: int, error: OSError) -> Problem:
    match error.errno:
        case errno.EADDRINUSE:
            hint = f"stop the other program, or choose another port: --port {port + 1}"
            return Problem("port-taken", f"another program listens on {host}:{port}", hint=hint)
        case errno.EACCES:
            return Problem("port-denied", f"this user may not listen on port {port}", hint="choose one above 1023")
        case _:
            message = f"cannot listen on {host}:{port}: {error.strerror or error}"
            return Problem("cannot-listen", message, hint="--host wants an address of this machine")
