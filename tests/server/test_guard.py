"""The wall around every route, generated from the routes' own table, so that a new route cannot be forgotten."""

from __future__ import annotations

import base64
import re
import socket
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from graphflow.jobs.database import FILE
from graphflow.server import app, router
from graphflow.server.route import Access, Route
from graphflow.server.routes import ROUTES
from tests.server.serving import ADMIN, A, Served, serving

OPEN = {"GET /", "GET /login", "GET /login/{file}", "GET /healthz", "GET /readyz", "POST /api/v1/login"}
"""All that is served to strangers."""

CHANGING = tuple(route for route in ROUTES if route.method != "GET")
GUARDED = tuple(route for route in ROUTES if route.access is not Access.OPEN)
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": base64.b64encode(b"0123456789abcdef").decode(),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home")) as running:
        yield running


def title(route: Route) -> str:
    """Write a route as its method and path."""
    return f"{route.method} {route.path}"


def path_of(route: Route) -> str:
    """Return an address of a route, with something in the place of each name."""
    return re.sub(r"\{[^}]*\}", "x", route.path)


@dataclass(frozen=True)
class Attack:
    """Headers that must be refused on some routes, with this status and one of these codes."""

    routes: Iterable[Route]
    headers: Mapping[str, str | None]
    status: int
    codes: tuple[str, ...]
    user: str | None = ADMIN


def holes(served: Served, attack: Attack) -> dict[str, tuple[int, bytes]]:
    """Return the routes that did not refuse, with what they answered; HEAD is tried wherever there is GET."""
    found = {}
    for route in attack.routes:
        answer = served.ask(route.method, path_of(route), user=attack.user, headers=attack.headers)
        refused = answer.status == attack.status and answer.code in attack.codes
        if route.method == "GET":
            head = served.ask("HEAD", path_of(route), user=attack.user, headers=attack.headers)
            refused = refused and head.status in (attack.status, 405)
        if not refused:
            found[title(route)] = (answer.status, answer.body[:100])
    return found


def strangers(served: Served) -> dict[str, Attack]:
    """Return all ways to ask without a right to it, by name."""
    here = f"{served.host}:{served.port}"
    token = served.tokens[ADMIN]
    cookie = served.server.wall.cookie

    def with_token(value: str) -> Attack:
        return Attack(GUARDED, {"Authorization": value}, 401, ("wrong-token",), None)

    return {
        "no token": Attack(GUARDED, {}, 401, ("no-token",), None),
        "a wrong token": with_token("Bearer wrong"),
        "an empty token": with_token("Bearer "),
        "half a token": with_token(f"Bearer {token[:-1]}"),
        "a token of another scheme": with_token(f"Basic {token}"),
        "a wrong cookie": Attack(
            GUARDED, {"Cookie": f"{cookie}={token}", "Sec-Fetch-Site": "same-origin"}, 401, ("logged-out",), None
        ),
        **{
            f"host {host}": Attack(ROUTES, {"Host": host}, 403, ("wrong-host",))
            for host in (
                "evil.example",
                f"evil.example:{served.port}",
                f"{here}.evil.example",
                f"127.0.0.1.evil.example:{served.port}",
                f"evil.example@{here}",
                "127.0.0.1",
                "127.0.0.1:1",
                f"127.0.0.2:{served.port}",
                "",
            )
        },
    }


def pages(served: Served) -> dict[str, Attack]:
    """Return all ways in which another site's page may ask, by name; a token helps none of them."""
    here = f"{served.host}:{served.port}"
    sent: dict[str, dict[str, str | None]] = {
        f"origin {origin}": {"Origin": origin}
        for origin in (
            "http://evil.example",
            "null",
            "",
            "file://",
            f"https://{here}",
            f"http://localhost:{served.port}",
            "http://127.0.0.1",
            f"http://{here}.evil.example",
            f"http://evil.example/{here}",
            f"http://{here}/",
        )
    }
    sent["a cross-site request"] = {"Sec-Fetch-Site": "cross-site"}
    sent["a page on another port"] = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"}
    by_token = {name: Attack(CHANGING, headers, 403, ("wrong-origin",)) for name, headers in sent.items()}
    session = {"Cookie": f"{served.server.wall.cookie}={served.server.users.log_in(served.tokens[ADMIN])}"}
    by_cookie = {
        f"{name} with a cookie": Attack(CHANGING, {**headers, **session}, 403, ("wrong-origin",), None)
        for name, headers in {**sent, "no origin": {}}.items()
    }
    return {**by_token, **by_cookie}


def forms(served: Served) -> dict[str, Attack]:
    """Return what HTML forms and careless programs send, by name."""
    kinds = (None, "", "text/plain", "application/x-www-form-urlencoded", "text/json", "application/json5", "x")
    named = {
        f"content type {kind}": Attack(CHANGING, {"Content-Type": kind}, 415, ("wrong-content-type",)) for kind in kinds
    }
    parts = [route for route in CHANGING if "multipart/form-data" not in route.takes]
    boundary = {"Content-Type": "multipart/form-data; boundary=x"}
    return {**named, "a form of files": Attack(parts, boundary, 415, ("wrong-content-type",))}


KINDS: dict[str, Callable[[Served], dict[str, Attack]]] = {"strangers": strangers, "pages": pages, "forms": forms}


@pytest.mark.parametrize("kind", KINDS)
def test_no_route_lets_through(served: Served, kind: str) -> None:
    found = {name: hole for name, attack in KINDS[kind](served).items() if (hole := holes(served, attack))}

    assert found == {}


def test_only_these_routes_are_open() -> None:
    assert {title(route) for route in ROUTES if route.access is Access.OPEN} == OPEN


def test_no_route_can_be_opened_as_a_websocket_by_another_site(served: Served) -> None:
    gets = [route for route in ROUTES if route.method == "GET"]
    attacks = [
        Attack(gets, {**UPGRADE, "Origin": origin}, 403, ("wrong-origin",))
        for origin in ("http://evil.example", "null")
    ]

    assert [holes(served, attack) for attack in attacks] == [{}, {}]


def test_pictures_of_ours_cannot_be_embedded_by_another_site(served: Served) -> None:
    gets = [route for route in ROUTES if route.method == "GET"]
    embedded = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}

    assert holes(served, Attack(gets, embedded, 403, ("wrong-origin",))) == {}


def test_a_link_from_another_site_may_lead_here(served: Served) -> None:
    linked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

    assert served.ask("GET", "/login", user=None, headers=linked).status == 200


def test_our_own_pages_are_served_under_each_of_our_names(served: Served) -> None:
    for host in (
        f"127.0.0.1:{served.port}",
        f"localhost:{served.port}",
        f"LOCALHOST:{served.port}",
        f"[::1]:{served.port}",
    ):
        own = {"Host": host, "Origin": f"http://{host.lower()}", "Sec-Fetch-Site": "same-origin"}
        assert served.ask("GET", "/api/v1/me", headers=own).status == 200
        assert served.ask("POST", "/api/v1/logout", headers=own).status == 204


def test_two_host_headers_are_refused(served: Served) -> None:
    request = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nHost: evil.example\r\n\r\n"

    assert b" 400 " in raw(served, request).splitlines()[0]


def test_a_whole_address_in_the_request_line_does_not_hide_the_host(served: Served) -> None:
    request = f"GET http://127.0.0.1:{served.port}/healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"

    assert raw(served, request).startswith(b"HTTP/1.1 403")


def raw(served: Served, request: str) -> bytes:
    """Send bytes as they are, and return the first that come back."""
    with socket.create_connection((served.host, served.port), timeout=30) as line:
        line.sendall(request.encode())
        return line.recv(1000)


CONTROLS = {
    "strangers": (router, "identify"),
    "hosts": (app, "check_host"),
    "pages": (router, "check_origin"),
    "forms": (router, "check_content_type"),
}


@pytest.mark.parametrize("check", CONTROLS)
def test_with_a_check_switched_off_these_tests_turn_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: str
) -> None:
    where, name = CONTROLS[check]
    with serving(tmp_path) as open_wide:
        someone = open_wide.server.users.of_token(open_wide.tokens[ADMIN])
        monkeypatch.setattr(where, name, lambda *_: someone)
        attacks = KINDS["strangers" if check == "hosts" else check](open_wide)
        chosen = [each for title, each in attacks.items() if title.startswith("host ") == (check == "hosts")]

        assert all(holes(open_wide, attack) for attack in chosen)


def digest(home: Path) -> str:
    """Return a hash of all that a home holds but what may be lost at any time."""
    total = sha256()
    with closing(sqlite3.connect(home / "jobs" / FILE)) as database:
        for line in database.iterdump():
            total.update(line.encode())
    for path in sorted(home.rglob("*")):
        lost = path.relative_to(home).parts[0] in ("cache", "temp", "logs") or path.name.startswith(FILE)
        if path.is_file() and not lost:
            total.update(str(path).encode() + path.read_bytes())
    return total.hexdigest()


def test_no_get_changes_anything(served: Served) -> None:
    home = served.server.home.root
    before = digest(home)

    for route in ROUTES:
        if route.method == "GET":
            for user in (None, A, ADMIN):
                assert served.ask("GET", path_of(route), user=user).status < 500

    assert digest(home) == before


def test_the_watch_over_changes_sees_one(served: Served) -> None:
    home = served.server.home.root
    before = digest(home)
    served.server.users.file.new_code(ADMIN)

    assert digest(home) != before
