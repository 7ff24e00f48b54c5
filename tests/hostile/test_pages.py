"""Nothing that a user can name, save or make runs in a browser, and a login is nobody else's."""

from __future__ import annotations

from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from tests.server.painting import REGISTRY, made, painted, run
from tests.server.serving import A, Answer, B, Served, serving
from tests.toy import workflow

SCRIPT = "<script>window.pwned=1</script>\"'><img src=x onerror=window.pwned=1>\r\nX-Evil: 1"
SAFE = frozenset({"application/json", "application/octet-stream", "image/png", "image/webp", "text/plain", "text/csv"})
PAGES = ("/", "/login", "/login/login.js", "/api/v1/docs")


def assert_harmless(answer: Answer) -> None:
    """Hold an answer to a type that runs nothing, that may not be guessed, and to headers of its own only."""
    kind = answer.headers["Content-Type"].partition(";")[0]
    assert kind in SAFE, kind
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src" in answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert "X-Evil" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_scripts_in_names_prompts_titles_and_files_come_back_as_data(tmp_path: Path) -> None:
    with serving(tmp_path / "home", registry=REGISTRY) as served:
        graph = workflow(
            {"<script>": ("Write", {"text": SCRIPT, "prefix": "page"})}, name=SCRIPT[:100], description=SCRIPT
        )
        job = run(served, graph, A, labels=[SCRIPT[:90]])
        saved = served.ask(
            "PUT", "/api/v1/workflows/x", user=A, body={"workflow": graph}, headers={"If-None-Match": "*"}
        )
        digests = [made(served, workflow({"w": ("Write", {"text": SCRIPT, "media_type": kind})}), A) for kind in KINDS]
        paths = [f"/api/v1/jobs/{job['id']}{more}" for more in ("", "/events", "/workflow", "/artifacts")]
        paths += ["/api/v1/jobs", "/api/v1/artifacts", "/api/v1/workflows", "/api/v1/workflows/x"]
        paths += ["/api/v1/workflows/x/file", "/api/v1/events", *(f"/api/v1/artifacts/{each}" for each in digests)]

        assert (job["state"], saved.status) == ("done", 201)
        for path in paths:
            answer = served.ask("GET", path, user=A)
            assert answer.status == 200, path
            assert_harmless(answer)


KINDS = (
    "text/html",
    "image/svg+xml",
    "application/xhtml+xml",
    "text/javascript",
    "text/xml",
    "text/html; charset=utf-7",
)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_browser_could_run_is_only_saved(tmp_path: Path, kind: str) -> None:
    with serving(tmp_path / "home", registry=REGISTRY) as served:
        digest = made(served, workflow({"w": ("Write", {"text": SCRIPT, "media_type": kind})}), A)
        answer = served.ask("GET", f"/api/v1/artifacts/{digest}", user=A)

    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_scripts_in_an_address_are_answered_as_data(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as served:
        for path in ("uploads", "workflows", "jobs", "artifacts", "models", "nodes", "models/input"):
            answer = served.ask("GET", f"/api/v1/{path}/%3Cscript%3Ealert(1)%3C%2Fscript%3E%0d%0aX-Evil:1", user=A)
            assert answer.status in (404, 422)
            assert_harmless(answer)


def test_a_session_is_made_by_us_and_kept_from_scripts_and_other_sites(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as served:
        name = served.server.wall.cookie
        chosen = {"Cookie": f"{name}=chosen-by-somebody-else"}
        first = log_in(served, A, chosen)
        second = log_in(served, A, chosen)
        cookie = SimpleCookie(first.headers["Set-Cookie"])[name]

        assert cookie.value not in ("chosen-by-somebody-else", SimpleCookie(second.headers["Set-Cookie"])[name].value)
        assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Strict", "/", "")
        assert served.ask("GET", "/api/v1/me", user=None, headers=chosen).status == 401
        assert (
            served.ask("GET", "/api/v1/me", user=None, headers={"Cookie": f"{name}={cookie.value}"}).json["name"] == A
        )
        assert served.tokens[A] not in first.headers["Set-Cookie"]


def log_in(served: Served, user: str, headers: dict[str, str]) -> Answer:
    sent = {"Origin": served.url, "Sec-Fetch-Site": "same-origin", **headers}
    return served.ask("POST", "/api/v1/login", user=None, body={"secret": served.tokens[user]}, headers=sent)


def test_a_session_of_one_user_opens_nothing_of_another(tmp_path: Path) -> None:
    with serving(tmp_path / "home", registry=REGISTRY) as served:
        name = served.server.wall.cookie
        job = run(served, painted(), A)["id"]
        value = SimpleCookie(log_in(served, B, {}).headers["Set-Cookie"])[name].value

        bob = {"Cookie": f"{name}={value}", "Origin": served.url}
        assert served.ask("GET", f"/api/v1/jobs/{job}", user=None, headers=bob).status == 404
        assert served.ask("POST", f"/api/v1/jobs/{job}/cancel", user=None, headers=bob).status == 404


NEXT = (
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "/%0d%0aX: y",
)


@pytest.mark.parametrize("where", NEXT)
def test_a_login_leads_nowhere_else(tmp_path: Path, where: str) -> None:
    with serving(tmp_path / "home") as served:
        for path in ("/", "/login"):
            answer = served.ask("GET", f"{path}?next={where.replace(' ', '%20')}", user=None)
            assert answer.status == 200
            assert "Location" not in answer.headers
            assert b"evil.example" not in answer.body


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "", "text/json"]
)
def test_a_form_of_another_site_changes_nothing(tmp_path: Path, kind: str) -> None:
    with serving(tmp_path / "home") as served:
        name = served.server.wall.cookie
        value = SimpleCookie(log_in(served, A, {}).headers["Set-Cookie"])[name].value
        before = served.server.store.last_seq()
        for origin in (
            "https://evil.example",
            "null",
            None,
            f"http://127.0.0.1:{served.port + 1}",
            served.url + ".evil.example",
        ):
            headers = {"Cookie": f"{name}={value}", "Content-Type": kind, "Origin": origin}
            for path in ("/api/v1/jobs", "/api/v1/jobs/cancel", "/api/v1/logout", "/api/v1/login"):
                answer = served.ask("POST", path, user=None, data=b"{}", headers=headers)
                assert answer.status in (403, 415), (origin, path)

        assert served.server.store.last_seq() == before
        assert served.ask("GET", "/api/v1/me", user=None, headers={"Cookie": f"{name}={value}"}).status == 200


@pytest.mark.parametrize("path", PAGES)
def test_our_pages_may_not_be_framed_and_run_no_script_of_others(tmp_path: Path, path: str) -> None:
    with serving(tmp_path / "home") as served:
        headers = served.ask("GET", path).headers

    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "object-src 'none'" in policy
    assert "script-src 'unsafe" not in policy
    assert (headers["X-Frame-Options"], headers["Referrer-Policy"]) == ("DENY", "no-referrer")
