"""Who may do what: every route against a written table, for nobody, two users and an administrator."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from PIL import Image

from graphflow.server.route import Route
from graphflow.server.routes import ROUTES
from tests.server.serving import ADMIN, A, B, Served, serving
from tests.toy import link, workflow

RIGHTS = """
open    GET /  GET /login  GET /login/{file}  GET /healthz  GET /readyz  POST /api/v1/login
shared  GET /assets/{file}  GET /theme.js  GET /icon.svg  POST /api/v1/logout  GET /api/v1/me
shared  GET /api/v1/openapi.json  GET /api/v1/docs  GET /api/v1/docs/{file}
shared  GET /api/v1/nodes  GET /api/v1/nodes/{id}  GET /api/v1/schema/document  GET /api/v1/schema/nodes
shared  GET /api/v1/models  GET /api/v1/models/{folder}  GET /api/v1/models/{folder}/{name}
shared  POST /api/v1/models/{folder}/{name}/hash  POST /api/v1/workflows/validate  POST /api/v1/workflows/convert
shared  GET /api/v1/cache  GET /api/v1/system  GET /api/v1/system/memory  GET /metrics  GET /api/v1/queue
admin   POST /api/v1/queue/pause  POST /api/v1/queue/resume  POST /api/v1/cache/clear  POST /api/v1/system/free
lists   GET /api/v1/jobs  GET /api/v1/events  GET /api/v1/artifacts  GET /api/v1/uploads  GET /api/v1/workflows
lists   GET /api/v1/drafts  GET /api/v1/bin
makes   POST /api/v1/jobs  POST /api/v1/uploads  PUT /api/v1/workflows/{name}  PUT /api/v1/workflows/{name}/draft
sweeps  POST /api/v1/jobs/cancel  POST /api/v1/jobs/clear  DELETE /api/v1/bin
job     GET /api/v1/jobs/{id}  DELETE /api/v1/jobs/{id}  PATCH /api/v1/jobs/{id}  POST /api/v1/jobs/{id}/cancel
job     POST /api/v1/jobs/{id}/retry  POST /api/v1/jobs/{id}/hold  POST /api/v1/jobs/{id}/release
job     POST /api/v1/jobs/{id}/move  GET /api/v1/jobs/{id}/workflow  GET /api/v1/jobs/{id}/artifacts
job     DELETE /api/v1/jobs/{id}/artifacts/{sha256}
job     GET /api/v1/jobs/{id}/events  GET /api/v1/artifacts/{sha256}  GET /api/v1/artifacts/{sha256}/thumbnail
own     GET /api/v1/uploads/{name}  DELETE /api/v1/uploads/{name}  GET /api/v1/workflows/{name}
own     DELETE /api/v1/workflows/{name}  POST /api/v1/workflows/{name}/rename  GET /api/v1/workflows/{name}/file
own     POST /api/v1/workflows/{name}/duplicate  GET /api/v1/workflows/{name}/picture
own     GET /api/v1/workflows/{name}/revisions  GET /api/v1/workflows/{name}/revisions/{revision}
own     POST /api/v1/workflows/{name}/restore  GET /api/v1/workflows/{name}/draft
own     DELETE /api/v1/workflows/{name}/draft  POST /api/v1/bin/{id}/restore  DELETE /api/v1/bin/{id}
own     POST /api/v1/workflows/{name}/run  GET /api/v1/workflows/{name}/schema
socket  GET /api/v1/ws
"""
"""What the words mean.

`open`: everybody, without a token. `shared`: everybody with one, and nothing of others is in it. `admin`: only
administrators. `lists` and `sweeps`: one's own things. `makes`: something new of one's own. `job`: the caller's, or an
administrator's. `own`: the caller's alone, an administrator's folders being others. `socket`: its own tests.
"""

BODIES: Mapping[str, Any] = {
    "PATCH /api/v1/jobs/{id}": {"priority": 1},
    "POST /api/v1/jobs/{id}/move": {"to": "front"},
    "POST /api/v1/workflows/{name}/rename": {"to": "other"},
    "POST /api/v1/workflows/{name}/duplicate": {"to": "other"},
    "POST /api/v1/workflows/{name}/run": {},
    "POST /api/v1/bin/{id}/restore": {},
}
MATCHING = {"If-Match": "*"}
POT: dict[str, tuple[str, Any]] = {"dig": ("Dig", {}), "fire": ("Fire", {"clay": link("dig"), "prefix": "adas-pot"})}


def table() -> dict[str, str]:
    """Return the kind of each route by its title."""
    found: dict[str, str] = {}
    for line in RIGHTS.strip().splitlines():
        kind, _, rest = line.partition(" ")
        found |= dict.fromkeys(re.findall(r"[A-Z]+ \S+", rest), kind)
    return found


KINDS = table()


def title(route: Route) -> str:
    """Write a route as its method and path."""
    return f"{route.method} {route.path}"


def of_kind(*kinds: str) -> list[Route]:
    """Return the routes of these kinds."""
    return [route for route in ROUTES if KINDS.get(title(route)) in kinds]


@dataclass(frozen=True)
class Things:
    """What Ada has."""

    held: str
    done: str
    sha256: str
    upload: str
    flow: str
    revision: str
    binned: str

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """What nobody else may ever read."""
        named = (self.held, self.done, self.sha256, self.upload, self.flow, self.binned, "adas")
        return tuple(each.encode() for each in named)

    def path(self, route: Route) -> str:
        """Return a route's address with what Ada has in the places of names."""
        id = self.binned if "/bin/" in route.path else "Dig" if "/nodes/" in route.path else self.held
        name = self.upload if "/uploads/" in route.path else self.flow
        filled = {"id": id, "sha256": self.sha256, "name": name, "revision": self.revision, "folder": "x", "file": "x"}
        return re.sub(r"\{(\w+)\}", lambda found: filled[found[1]], route.path)

    def body(self, route: Route) -> Any:
        """Return a body that fits a route."""
        if route.path.endswith("{name}/restore"):
            return {"revision": self.revision}
        return BODIES.get(title(route))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def adas(served: Served) -> Things:
    pot = workflow(POT)
    done = made(served, "POST", "/api/v1/jobs", {"workflow": pot, "labels": ["adas-label"]})["id"]
    held = made(served, "POST", "/api/v1/jobs", {"workflow": pot, "held": True})["id"]
    deadline = time.monotonic() + 60
    while (job := served.ask("GET", f"/api/v1/jobs/{done}", user=A).json)["state"] != "done":
        assert job["state"] in ("queued", "running"), job
        assert time.monotonic() < deadline
        time.sleep(0.05)
    artifacts = served.ask("GET", f"/api/v1/jobs/{done}/artifacts", user=A)
    found = re.search(r"[0-9a-f]{64}", artifacts.body.decode())
    assert found is not None
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(picture, "PNG")
    kind = {"Content-Type": "image/png"}
    sent = served.ask("POST", "/api/v1/uploads?name=adas.png", user=A, data=picture.getvalue(), headers=kind)
    flow = made(served, "PUT", "/api/v1/workflows/adas-flow", {"workflow": pot})
    made(served, "PUT", "/api/v1/workflows/adas-flow/draft", {"workflow": pot})
    made(served, "PUT", "/api/v1/workflows/adas-old", {"workflow": pot})
    binned = served.ask("DELETE", "/api/v1/workflows/adas-old", user=A, headers=MATCHING)
    return Things(held, done, found[0], sent.json["name"], "adas-flow", flow["revision"], binned.json["id"])


def made(served: Served, method: str, path: str, body: Any) -> Any:
    """Have Ada make something, and return the answer."""
    headers = {"If-None-Match": "*"} if method == "PUT" else {}
    answer = served.ask(method, path, user=A, body=body, headers=headers)
    assert answer.status < 300, answer.body
    return answer.json


def tried(served: Served, adas: Things, route: Route, user: str) -> tuple[int, bytes]:
    """Have somebody do to Ada's things what a route does, and return the status and what they read."""
    headers = MATCHING if "If-Match" in route.reads else {}
    answer = served.ask(route.method, adas.path(route), user=user, body=adas.body(route), headers=headers)
    return answer.status, answer.body


def test_the_table_holds_every_route_and_no_other() -> None:
    assert set(KINDS) == {title(route) for route in ROUTES}, "say in RIGHTS who may use a new route"


def test_the_table_of_routes_says_the_same() -> None:
    words = {title(route): route.access.value for route in ROUTES}

    assert words == {name: kind if kind in ("open", "admin") else "user" for name, kind in KINDS.items()}


def test_what_is_adas_is_unknown_to_bob(served: Served, adas: Things) -> None:
    found = {title(route): tried(served, adas, route, B) for route in of_kind("job", "own")}

    assert {name: answer for name, answer in found.items() if answer[0] != 404} == {}


def test_what_is_adas_is_not_in_any_list_of_bobs(served: Served, adas: Things) -> None:
    for route in of_kind("lists", "shared"):
        if route.method == "GET":
            status, body = tried(served, adas, route, B)
            path = adas.path(route).encode()
            leaks = [secret for secret in adas.secrets if secret in body.replace(path, b"") and secret not in path]
            assert (title(route), leaks) == (title(route), [])
            assert status < 500


def test_ada_finds_what_is_hers(served: Served, adas: Things) -> None:
    """The addresses above are right: who may, is served there."""
    hers = [route for route in of_kind("job", "own") if route.method == "GET"]
    found = {title(route): tried(served, adas, route, A)[0] for route in hers}

    missing = {"GET /api/v1/artifacts/{sha256}/thumbnail", "GET /api/v1/workflows/{name}/picture"}  # of no picture
    assert {name for name, status in found.items() if status >= 400} <= missing
    listed = [tried(served, adas, route, A)[1] for route in of_kind("lists")]
    assert all(any(secret in body for secret in adas.secrets) for body in listed)


def test_bob_sweeps_his_own_only(served: Served, adas: Things) -> None:
    for route in of_kind("sweeps"):
        assert tried(served, adas, route, B)[0] < 300

    assert served.ask("GET", f"/api/v1/jobs/{adas.held}", user=A).json["state"] == "held"
    assert served.ask("GET", f"/api/v1/jobs/{adas.done}", user=A).status == 200
    assert adas.binned.encode() in served.ask("GET", "/api/v1/bin", user=A).body


def test_an_administrator_sees_jobs_but_has_other_folders(served: Served, adas: Things) -> None:
    looks = [route for route in of_kind("job") if route.method == "GET" and "thumbnail" not in route.path]

    assert {title(route): tried(served, adas, route, ADMIN)[0] for route in looks if route.method == "GET"} == {
        title(route): 200 for route in looks
    }
    assert tried(served, adas, next(iter(of_kind("own"))), ADMIN)[0] == 404


def test_only_administrators_manage_the_server(served: Served, adas: Things) -> None:
    for route in of_kind("admin"):
        assert tried(served, adas, route, B)[0] == 403
        assert tried(served, adas, route, ADMIN)[0] < 300
