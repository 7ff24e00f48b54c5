"""Uploads: what is taken, under which name, what is refused, and that nothing half is left."""

from __future__ import annotations

import errno
import gzip
import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from graphflow.server.files.input_folder import Incoming
from graphflow.server.limits import Limits

from .pictures import gif_header, picture, png_bomb, png_header
from .serving import ADMIN, A, Answer, B, Served, serving

UPLOADS = "/api/v1/uploads"
RED, BLUE = picture(color="red"), picture(color="blue")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path / "home", limits=Limits(upload_bytes=100_000, pixels=1_000_000)) as server:
        yield server


def folder(served: Served, user: str = A) -> Path:
    return served.server.engine.as_user(None if user == ADMIN else user).home.input


def lying(served: Served, user: str = A) -> list[str]:
    """Return every name in a user's folder, hidden ones as well."""
    root = folder(served, user)
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def send(
    served: Served, data: bytes, name: str | None = None, user: str = A, kind: str = "image/png", **more: Any
) -> Answer:
    query = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in {"name": name, **more}.items() if value)
    return served.ask("POST", f"{UPLOADS}?{query}", user=user, data=data, headers={"Content-Type": kind})


def form(*parts: tuple[str, bytes], boundary: str = "xyz") -> tuple[bytes, str]:
    """Write a form; each part has its disposition and its bytes."""
    body = b"".join(
        b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (boundary.encode(), each.encode(), data)
        for each, data in parts
    )
    return body + b"--%s--\r\n" % boundary.encode(), f"multipart/form-data; boundary={boundary}"


def send_form(served: Served, *parts: tuple[str, bytes]) -> Answer:
    body, kind = form(*parts)
    return send(served, body, kind=kind)


def test_bytes_become_a_picture_in_the_users_own_folder(served: Served) -> None:
    answer = send(served, RED, "cat.png")

    assert answer.status == 201
    told = answer.json
    assert (told["name"], told["sha256"], told["media_type"]) == ("cat.png", sha256(RED).hexdigest(), "image/png")
    assert (told["size"], told["width"], told["height"]) == (len(RED), 4, 3)
    assert (folder(served) / "cat.png").read_bytes() == RED
    assert lying(served, B) == lying(served, ADMIN) == []


def test_a_form_from_a_browser_is_taken_as_well(served: Served) -> None:
    answer = send_form(served, ('name="note"', b"x"), ('name="image"; filename="cat.png"', RED))

    assert (answer.status, answer.json["name"]) == (201, "cat.png")
    assert lying(served) == ["cat.png"]


def test_masks_have_a_folder(served: Served) -> None:
    assert send(served, RED, "m.png", folder="masks").json["name"] == "masks/m.png"
    assert send(served, RED, "m.png", folder="elsewhere").status == 422
    assert lying(served) == ["masks/m.png"]


def test_nothing_is_overwritten_and_equal_bytes_are_kept_once(served: Served) -> None:
    names = [send(served, data, "cat.png").json["name"] for data in (RED, BLUE, RED, BLUE)]

    assert names == ["cat.png", "cat (1).png", "cat.png", "cat (1).png"]
    assert (folder(served) / "cat.png").read_bytes() == RED
    assert send(served, RED, "cat.png").status == 200


def test_many_at_once_get_a_name_each(served: Served) -> None:
    pictures = [picture(color=(n, 0, 0)) for n in range(12)]

    with ThreadPoolExecutor(6) as threads:
        names = list(threads.map(lambda data: send(served, data, "cat.png").json["name"], pictures))

    assert len(set(names)) == 12
    assert [(folder(served) / name).read_bytes() for name in names] == pictures


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.png"),
        ("/etc/cron.d/x.png", "x.png"),
        ("C:\\fakepath\\cat.png", "cat.png"),
        ("..\\..\\x.png", "x.png"),
        ("..", "upload.png"),
        (".hidden.png", "hidden.png"),
        ("~.png", "upload.png"),
        ("a\x00b\r\nc.png", "abc.png"),
        ("<img src=x onerror=alert(1)>.png", "_img src=x onerror=alert(1)_.png"),
        ("evil.html", "evil.html.png"),
        ("photo.jpg", "photo.png"),
        ("CAT.PNG", "CAT.png"),
        ("sha256:" + "0" * 64, "sha256_" + "0" * 64 + ".png"),
        ("x.png [output]", "x.png [output].png"),
        ("grüße ✨.png", "grüße ✨.png"),
        ("\u202egnp.exe", "gnp.exe.png"),
        ("é" * 500 + ".png", "é" * 80 + ".png"),
    ],
)
def test_a_name_stays_in_the_folder_and_fits_every_system(served: Served, given: str, kept: str) -> None:
    answer = send(served, RED, given)

    assert (answer.status, answer.json["name"]) == (201, kept)
    assert lying(served) == [kept]
    assert served.ask("GET", f"{UPLOADS}/{quote(kept, safe='')}", user=A).body == RED


def test_without_a_name_it_gets_one(served: Served) -> None:
    assert send(served, RED).json["name"] == "upload.png"


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "no-file"),
        (b"<html><script>alert(1)</script>", 415, "no-picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "no-picture"),
        (RED[:20], 422, "damaged-picture"),
        (RED + bytes(100_001 - len(RED)), 413, "too-large"),
        (png_header(1_001, 1_000), 413, "too-many-pixels"),
        (png_header(30_000, 30_000), 413, "too-many-pixels"),
        (png_bomb(5_000, 5_000), 413, "too-many-pixels"),
        (gif_header(40_000, 40_000), 413, "too-many-pixels"),
    ],
)
def test_what_is_no_fit_picture_is_refused_and_leaves_nothing(
    served: Served, data: bytes, status: int, code: str
) -> None:
    answer = send(served, data, "cat.png")

    assert (answer.status, answer.code) == (status, code)
    assert lying(served) == []
    assert send(served, RED, "cat.png").status == 201


def test_what_lies_just_within_the_limits_is_taken(served: Served) -> None:
    assert send(served, RED + bytes(100_000 - len(RED)), "full.png").status == 201
    assert send(served, png_header(1_000, 1_000), "wide.png").status == 201


@pytest.mark.parametrize(
    "kind", ["application/json", "text/html", "image/svg+xml", "application/x-www-form-urlencoded", None]
)
def test_only_pictures_and_forms_are_taken(served: Served, kind: str | None) -> None:
    answer = served.ask("POST", UPLOADS, user=A, data=RED, headers={"Content-Type": kind})

    assert (answer.status, answer.code) == (415, "wrong-content-type")


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((), "no-file"),
        ((('name="note"', b"x"),), "no-file"),
        ((('name="a"; filename="a.png"', b""),), "no-file"),
        ((('name="a"; filename="a.png"', RED), ('name="b"; filename="b.png"', BLUE)), "several-files"),
        (tuple((f'name="{n}"', b"x") for n in range(20)), "bad-form"),
        ((('name="note"', bytes(70_000)), ('name="a"; filename="a.png"', RED)), "too-large"),
    ],
)
def test_a_form_holds_one_file(served: Served, parts: tuple[tuple[str, bytes], ...], code: str) -> None:
    assert send_form(served, *parts).code == code
    assert lying(served) == []


@pytest.mark.parametrize("cut", [10, 60, 100, 130])
def test_a_form_that_is_cut_off_is_refused(served: Served, cut: int) -> None:
    body, kind = form(('name="image"; filename="cat.png"', RED))

    answer = send(served, body[:cut], kind=kind)

    assert 400 <= answer.status < 500
    assert lying(served) == []
    assert send(served, b"no parts", kind="multipart/form-data").status == 400


def test_a_sender_who_vanishes_leaves_nothing(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    names = {"Content-Type": "image/png", "Content-Length": "90000"}
    lines = [f"{name}: {value}" for name, value in (served.headers(A) | names).items()]
    with socket.create_connection((served.host, served.port), 30) as sender:
        sender.sendall("\r\n".join([f"POST {UPLOADS} HTTP/1.1", *lines, "", ""]).encode() + RED)
        wait_for(lambda: lying(served) != [])

    wait_for(lambda: lying(served) == [])

    assert [each.message for each in caplog.records if each.levelname == "ERROR"] == []


def wait_for(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("packing", ["gzip", "deflate", "br"])
def test_a_body_that_is_not_packed_as_it_says_is_refused(served: Served, packing: str) -> None:
    headers = {"Content-Type": "image/png", "Content-Encoding": packing}

    answer = served.ask("POST", UPLOADS, user=A, data=b"not packed", headers=headers)

    assert 400 <= answer.status < 500
    assert lying(served) == []


def test_a_packed_body_counts_unpacked(served: Served) -> None:
    packed = gzip.compress(RED + bytes(5_000_000))
    headers = {"Content-Type": "image/png", "Content-Encoding": "gzip"}

    answer = served.ask("POST", UPLOADS, user=A, data=packed, headers=headers)

    assert (answer.status, answer.code) == (413, "too-large")
    assert lying(served) == []


def test_a_full_disk_is_told_and_the_next_upload_is_taken(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Incoming, "finish", full)
        refused = send(served, RED, "cat.png")

    assert (refused.status, refused.code) == (507, "storage")
    assert "disk is full" in refused.json["problems"][0]["message"]
    assert lying(served) == []
    assert send(served, RED, "cat.png").status == 201


def full(incoming: Incoming) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_picture_that_is_a_script_too_is_sent_as_a_picture(served: Served) -> None:
    both = picture("GIF") + b"<script>window.pwned = 1</script>"
    name = send(served, both, "x.html", kind="application/octet-stream").json["name"]

    answer = served.ask("GET", f"{UPLOADS}/{quote(name)}", user=A)

    assert name == "x.html.gif"
    assert answer.headers["Content-Type"] == "image/gif"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_uploads_are_listed_fetched_and_deleted_by_their_owner(served: Served) -> None:
    for name, data in (("a.png", RED), ("b.png", BLUE)):
        send(served, data, name)

    first = served.ask("GET", f"{UPLOADS}?limit=1", user=A).json
    rest = served.ask("GET", f"{UPLOADS}?limit=1&cursor={first['next']}", user=A).json
    assert {first["uploads"][0]["name"], rest["uploads"][0]["name"]} == {"a.png", "b.png"}
    assert rest["next"] is None

    for user in (B, ADMIN):
        assert served.ask("GET", UPLOADS, user=user).json == {"uploads": [], "next": None}
        assert served.ask("GET", f"{UPLOADS}/a.png", user=user).code == "unknown-upload"
        assert served.ask("DELETE", f"{UPLOADS}/a.png", user=user).status == 404
    assert served.ask("DELETE", f"{UPLOADS}/a.png", user=A).status == 204
    assert served.ask("DELETE", f"{UPLOADS}/a.png", user=A).status == 404
    assert lying(served) == ["b.png"]


def test_an_upload_can_be_fetched_by_its_hash_and_drawn_small(served: Served) -> None:
    sha = send(served, RED, "a.png").json["sha256"]

    assert served.ask("GET", f"/api/v1/artifacts/{sha}", user=A).body == RED
    assert served.ask("GET", f"/api/v1/artifacts/{sha}/thumbnail", user=A).status == 200
    assert served.ask("GET", f"/api/v1/artifacts/{sha}", user=B).status == 404
    assert served.ask("GET", f"/api/v1/artifacts/{sha}", user=A).headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    "name",
    ["..%2F..%2Fsecret.png", "%2E%2E%2Fsecret.png", "%2Fetc%2Fpasswd", "..%5Csecret.png", "link.png", "evil%2Fsecret.png",
     "a.png%00", "a.png%20%5Boutput%5D", ".hidden.png", "masks", "masks%2F..%2F..%2Fsecret.png"],
)  # fmt: skip
def test_no_name_leads_out_of_the_folder(served: Served, tmp_path: Path, name: str) -> None:
    send(served, RED, "a.png")
    send(served, RED, "m.png", folder="masks")
    outside = tmp_path / "outside"
    outside.mkdir()
    for place in (outside, folder(served).parent, served.server.home.root):
        (place / "secret.png").write_bytes(BLUE)
    (folder(served) / "link.png").symlink_to(outside / "secret.png")
    (folder(served) / "evil").symlink_to(outside)
    (folder(served) / ".hidden.png").write_bytes(BLUE)

    for method in ("GET", "DELETE"):
        answer = served.ask(method, f"{UPLOADS}/{name}", user=A)
        assert answer.status in (404, 422), (method, answer)
    assert (outside / "secret.png").is_file()
    assert {each["name"] for each in served.ask("GET", UPLOADS, user=A).json["uploads"]} == {"a.png", "masks/m.png"}


def test_a_link_in_the_place_of_the_masks_is_not_followed(served: Served, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    folder(served).mkdir(parents=True)
    (folder(served) / "masks").symlink_to(outside)

    answer = send(served, RED, "m.png", folder="masks")

    assert (answer.status, answer.code) == (409, "folder-outside")
    assert list(outside.iterdir()) == []


def test_a_link_with_a_wanted_name_is_neither_followed_nor_replaced(served: Served, tmp_path: Path) -> None:
    victim = tmp_path / "victim.png"
    victim.write_bytes(BLUE)
    folder(served).mkdir(parents=True)
    (folder(served) / "cat.png").symlink_to(victim)

    assert send(served, RED, "cat.png").json["name"] == "cat (1).png"
    assert victim.read_bytes() == BLUE
    assert (folder(served) / "cat.png").is_symlink()


def test_what_was_put_there_by_hand_and_is_no_picture_is_passed_over(served: Served) -> None:
    folder(served).mkdir(parents=True)
    (folder(served) / "odd.png").write_text(json.dumps({"no": "picture"}))
    send(served, RED, "a.png")

    assert [each["name"] for each in served.ask("GET", UPLOADS, user=A).json["uploads"]] == ["a.png"]
