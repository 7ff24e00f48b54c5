"""The editor's page and files over a real socket: who sees what, packed how, kept how long."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphflow.server.routes import editor
from graphflow.server.wall.headers import POLICY
from tests.server.serving import A, Answer, Served, serving

PAGE = b'<!doctype html><title>The editor</title><script type="module" src="./assets/index-1a2b.js"></script>'
SCRIPT = b"console.log('a long script');" * 100


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out a built editor."""
    folder = tmp_path_factory.mktemp("static")
    (folder / "assets").mkdir()
    (folder / "index.html").write_bytes(PAGE)
    (folder / "theme.js").write_bytes(b"// light or dark")
    (folder / "icon.svg").write_bytes(b"<svg/>")
    (folder / "secret.js").write_bytes(b"not one of ours")
    script = folder / "assets" / "index-1a2b.js"
    script.write_bytes(SCRIPT)
    script.with_name(script.name + ".gz").write_bytes(gzip.compress(SCRIPT))
    script.with_name(script.name + ".br").write_bytes(b"packed as Brotli packs")
    (folder / "assets" / "notes.txt").write_bytes(b"of no type that the editor has")
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, static: Path) -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as patch, serving(tmp_path_factory.mktemp("home")) as running:
        patch.setattr(editor, "STATIC", static)
        yield running


@pytest.fixture(scope="module")
def cookie(served: Served) -> dict[str, str]:
    """Log Ada's browser in, and return what it sends from then on."""
    code = served.server.users.file.new_code(A)
    answer = served.ask("POST", "/api/v1/login", user=None, body={"secret": code})
    return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0], "Sec-Fetch-Site": "same-origin"}


def script(served: Served, accepted: str | None) -> Answer:
    """Fetch the editor's script as a browser that unpacks this."""
    return served.ask("GET", "/assets/index-1a2b.js", headers={"Accept-Encoding": accepted})


def test_who_is_logged_in_gets_the_editor_and_a_stranger_the_page_to_log_in(
    served: Served, cookie: dict[str, str]
) -> None:
    mine = served.ask("GET", "/?workflow=portraits%2Fevening", user=None, headers=cookie)
    strangers = served.ask("GET", "/?workflow=portraits%2Fevening", user=None)

    assert (mine.status, mine.body) == (200, PAGE)
    assert strangers.status == 200
    assert b'<form id="form">' in strangers.body
    assert PAGE not in strangers.body
    assert {mine.headers["Cache-Control"], strangers.headers["Cache-Control"]} == {"private, no-cache"}


def test_a_cookie_that_is_over_leads_back_to_the_login(served: Served, cookie: dict[str, str]) -> None:
    over = {**cookie, "Cookie": cookie["Cookie"][:-4] + "0000"}

    assert b'<form id="form">' in served.ask("GET", "/", user=None, headers=over).body


def test_the_page_is_asked_for_each_time_and_sent_when_it_changed(served: Served, cookie: dict[str, str]) -> None:
    first = served.ask("GET", "/", user=None, headers=cookie)
    known = {"If-None-Match": first.headers["Etag"]}

    again = served.ask("GET", "/", user=None, headers={**cookie, **known})
    logged_out = served.ask("GET", "/", user=None, headers=known)

    assert (again.status, again.body) == (304, b"")
    assert (logged_out.status, b'<form id="form">' in logged_out.body) == (200, True), "another page has another tag"


def test_every_answer_forbids_scripts_that_are_not_files_of_ours(served: Served, cookie: dict[str, str]) -> None:
    page = served.ask("GET", "/", user=None, headers=cookie)

    assert page.headers["Content-Security-Policy"] == POLICY
    assert "default-src 'self'" in POLICY
    assert "unsafe" not in POLICY
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def test_a_script_goes_out_packed_as_the_browser_likes_it(served: Served) -> None:
    plain, packed, small = script(served, None), script(served, "gzip"), script(served, "gzip, deflate, br, zstd")

    assert (plain.body, plain.headers.get("Content-Encoding")) == (SCRIPT, None)
    assert (gzip.decompress(packed.body), packed.headers["Content-Encoding"]) == (SCRIPT, "gzip")
    assert (small.body, small.headers["Content-Encoding"]) == (b"packed as Brotli packs", "br")
    assert {each.headers["Content-Type"] for each in (plain, packed, small)} == {"text/javascript; charset=utf-8"}
    assert {each.headers["Vary"] for each in (plain, packed, small)} == {"Accept-Encoding"}


def test_a_file_with_a_hash_in_its_name_is_kept_for_ever_and_one_without_is_asked_for(served: Served) -> None:
    kept = {path: served.ask("GET", path).headers["Cache-Control"] for path in ("/theme.js", "/icon.svg")}

    assert script(served, None).headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert kept == dict.fromkeys(("/theme.js", "/icon.svg"), "private, no-cache")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone-1a2b.js",
        "/assets/index-1a2b.js.gz",
        "/assets/notes.txt",
        "/assets/..%2fsecret.js",
        "/assets/.%2e%2fsecret.js",
        "/assets/..%5csecret.js",
        "/assets/%2fetc%2fpasswd",
        "/secret.js",
        "/index.html",
    ],
)
def test_nothing_else_leaves_the_folder(served: Served, path: str) -> None:
    answer = served.ask("GET", path)

    assert answer.status == 404
    assert answer.json["problems"]


def test_without_the_editor_the_page_says_how_to_get_it(
    served: Served, cookie: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editor, "STATIC", tmp_path / "nowhere")

    page = served.ask("GET", "/", user=None, headers=cookie)

    assert page.status == 200
    assert b"GRAPHFLOW_WEB=skip" in page.body
    assert b"make editor" in page.body
    assert served.ask("GET", "/theme.js").status == 404
    assert b'<form id="form">' in served.ask("GET", "/", user=None).body, "a stranger learns nothing of it"


def test_who_is_in_finds_the_way_out_at_login(served: Served, cookie: dict[str, str]) -> None:
    assert b'id="logout"' in served.ask("GET", "/login", user=None, headers=cookie).body
    assert b'id="form"' in served.ask("GET", "/login", user=None).body
