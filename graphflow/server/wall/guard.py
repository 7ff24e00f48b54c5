"""The wall around the server: each check of a request stands here once, and the router applies them to every route."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from graphflow.server.problems import Refused
from graphflow.server.wall.users import Identity, Users

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_OWN_SITES = frozenset({"same-origin", "none"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Wall:
    """Who may reach the server from where.

    `hosts` are the Host headers that are served, `origins` those of our own pages, `foreign` the origins of other
    pages that were configured, all compared as whole texts. With `any_address` the address that a connection came in on
    is a host as well: no name stands for it, so no name can be turned to it.
    """

    hosts: frozenset[str]
    origins: frozenset[str]
    foreign: frozenset[str] = frozenset()
    cookie: str = "graphflow"
    scheme: str = "http"
    any_address: bool = False


def make_wall(
    host: str, port: int, *, tls: bool = False, allowed: Iterable[str] = (), foreign: Iterable[str] = ()
) -> Wall:
    """Return the wall of a server that listens there; `allowed` are further hosts, as `name` or `name:port`."""
    scheme = "https" if tls else "http"
    names = [*LOOPBACK_NAMES]
    wild = is_wildcard(host)
    if not wild:
        names.append(f"[{host}]" if ":" in host else host)
    hosts = {f"{name}:{port}".lower() for name in names}
    if port == _DEFAULT_PORTS[scheme]:
        hosts |= {name.lower() for name in names}
    origins = {f"{scheme}://{each}" for each in hosts}
    for each in allowed:
        added = {each.lower()} if _has_port(each) else {each.lower(), f"{each.lower()}:{port}"}
        hosts |= added
        origins |= {f"{kind}://{name}" for name in added for kind in ("http", "https")}  # a proxy may speak TLS for us
    cookie = f"__Host-graphflow-{port}" if tls else f"graphflow-{port}"  # cookies do not tell ports apart
    return Wall(frozenset(hosts), frozenset(origins), frozenset(foreign), cookie, scheme, wild)


def is_wildcard(host: str) -> bool:
    """Say whether this address means all addresses of the machine."""
    return host in ("", "*", "::", "0.0.0.0")  # noqa: S104  it is asked here, not listened on


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_host(request: web.Request, wall: Wall) -> None:
    """Refuse a request that was meant for another host: a name that somebody turned to our address."""
    given = request.headers.getall("Host", [])
    if len(given) == 1 and (given[0].lower() in wall.hosts or (wall.any_address and given[0] == _came_in_on(request))):
        return
    name = given[0] if len(given) == 1 else "none" if not given else "several"
    message = f"this server is not known as {name[:100]!r}"
    hint = "if the name is right, start the server with --allow-host NAME[:PORT]"
    raise Refused(HTTPStatus.FORBIDDEN, "wrong-host", message, hint=hint)


def check_origin(request: web.Request, wall: Wall) -> None:
    """Refuse what a page of another site asks for: anything that changes something, a WebSocket, or an embedded file."""
    headers = request.headers
    changes = request.method not in _SAFE_METHODS or "Upgrade" in headers
    origins = headers.getall("Origin", [])
    if origins:
        own = len(origins) == 1 and _is_own(origins[0], request, wall)
        if own or (len(origins) == 1 and origins[0] in wall.foreign):
            return
        if changes or headers.get("Sec-Fetch-Mode") != "navigate":
            raise _foreign(origins[0])
    site = headers.get("Sec-Fetch-Site")
    if site is not None and site not in _OWN_SITES:
        if changes or headers.get("Sec-Fetch-Mode") != "navigate":
            raise _foreign(f"a {site} page")
        return
    if changes and site is None and not origins and "Authorization" not in headers and request.cookies.get(wall.cookie):
        raise _foreign("an unnamed page")  # browsers name the origin of all that changes something


def check_content_type(request: web.Request, takes: tuple[str, ...]) -> None:
    """Refuse a request that changes something and has not one of these content types: forms of other sites have not."""
    given = request.headers.getall("Content-Type", [])
    kind = given[0].partition(";")[0].strip().lower() if len(given) == 1 else ""
    if any(kind == each or (each.endswith("/*") and kind.startswith(each[:-1])) for each in takes):
        return
    wanted = " or ".join(takes)
    message = f"the content type is {kind[:100] or 'missing'!r}, which is not taken here"
    hint = f"send the header Content-Type: {wanted}"
    raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "wrong-content-type", message, hint=hint)


def identify(request: web.Request, wall: Wall, users: Users) -> Identity:
    """Return who asks, by the bearer's token or the browser's cookie; raise Refused when it is nobody we know."""
    given = request.headers.getall("Authorization", [])
    if given:
        scheme, _, token = given[0].partition(" ")
        found = users.of_token(token.strip()) if len(given) == 1 and scheme.lower() == "bearer" else None
        problem = ("wrong-token", "the token is not valid", "it lies in the file `token` of the server's home")
    else:
        cookie = request.cookies.get(wall.cookie)
        found = users.of_session(cookie) if cookie else None
        hint = "send the header Authorization: Bearer TOKEN, or log in at /login"
        problem = ("logged-out", "the login is over", hint) if cookie else ("no-token", "a token is needed", hint)
    if found is None:
        code, message, hint = problem
        challenge = {"WWW-Authenticate": 'Bearer realm="GraphFlow"'}
        raise Refused(HTTPStatus.UNAUTHORIZED, code, message, hint=hint, headers=challenge)
    return found


def _is_own(origin: str, request: web.Request, wall: Wall) -> bool:
    """Say whether an origin is that of our own pages, under the very host that this request is for."""
    host = request.headers.get("Host", "").lower()
    if origin.partition("://")[2] != host:
        return False
    return origin in wall.origins or (wall.any_address and origin == f"{wall.scheme}://{_came_in_on(request)}")


def _came_in_on(request: web.Request) -> str | None:
    """Return the address at which a connection arrived, as a Host header writes it."""
    name = request.transport.get_extra_info("sockname") if request.transport else None
    if not isinstance(name, tuple) or len(name) < 2:
        return None
    host = str(name[0]).removeprefix("::ffff:")
    return f"[{host}]:{name[1]}" if ":" in host else f"{host}:{name[1]}"


def _has_port(host: str) -> bool:
    return host.rpartition(":")[2].isdigit() and not host.endswith("]")


def _foreign(origin: str) -> Refused:
    message = f"requests from {origin[:100]} are not served"
    hint = "a page of another site needs the server's --cors-origin"
    return Refused(HTTPStatus.FORBIDDEN, "wrong-origin", message, hint=hint)
