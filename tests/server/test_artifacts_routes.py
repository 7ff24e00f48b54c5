"""What jobs made, over HTTP: whose it is, how it is sent, thumbnails, what is gone."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.toy import workflow

from .painting import REGISTRY, made, painted, run
from .pictures import picture
from .serving import ADMIN, A, Answer, B, Served, serving

ARTIFACTS = "/api/v1/artifacts"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a server that the tests of this file share."""
    with serving(tmp_path_factory.mktemp("home"), registry=REGISTRY) as server:
        yield server


def fetch(served: Served, sha256: str, more: str = "", user: str = A, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return served.ask("GET", f"{ARTIFACTS}/{sha256}{more}", user=user, headers=named)


def blob(served: Served, sha256: str) -> Path:
    return served.server.home.artifacts / sha256[:2] / sha256


def written(text: str, media_type: str, prefix: str = "page") -> dict[str, Any]:
    return workflow({"write": ("Write", {"text": text, "media_type": media_type, "prefix": prefix})})


def test_a_picture_is_sent_to_be_shown_and_kept_for_ever(served: Served) -> None:
    sha256 = made(served, painted(side=5), A)

    answer = fetch(served, sha256)

    assert (answer.status, answer.body) == (200, picture("PNG", (5, 5)))
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("inline; ")
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["Etag"] == f'"{sha256}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert fetch(served, sha256, "?download=1").headers["Content-Disposition"].startswith("attachment; ")


def test_what_a_client_has_is_not_sent_again(served: Served) -> None:
    sha256 = made(served, painted(side=5), A)

    same = fetch(served, sha256, If_None_Match=f'"{sha256}"')

    assert (same.status, same.body, same.headers["Etag"]) == (304, b"", f'"{sha256}"')
    assert fetch(served, sha256, If_None_Match='"other"').status == 200
    assert fetch(served, sha256, user=B, If_None_Match=f'"{sha256}"').status == 404


def test_a_range_is_a_part_of_the_bytes(served: Served) -> None:
    sha256 = made(served, written("0123456789", "text/plain"), A)

    for asked, got in (("bytes=2-4", b"234"), ("bytes=7-", b"789"), ("bytes=-2", b"89")):
        part = fetch(served, sha256, Range=asked)
        assert (part.status, part.body) == (206, got)
    assert fetch(served, sha256, Range="bytes=2-4").headers["Content-Range"] == "bytes 2-4/10"
    assert fetch(served, sha256, Range="bytes=10-").status == 416


def test_a_head_says_the_same_without_the_bytes(served: Served) -> None:
    sha256 = made(served, painted(side=5), A)

    head = served.ask("HEAD", f"{ARTIFACTS}/{sha256}", user=A)

    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(picture("PNG", (5, 5))))


@pytest.mark.parametrize("more", ["", "/thumbnail", "?download=1"])
def test_the_files_of_others_are_not_there(served: Served, more: str) -> None:
    sha256 = made(served, painted(color="#0a0b0c"), A)

    theirs, nobodys = fetch(served, sha256, more, B), fetch(served, "0" * 64, more, B)

    assert (theirs.status, theirs.code) == (404, "unknown-artifact")
    assert theirs.body.replace(sha256.encode(), b"") == nobodys.body.replace(b"0" * 64, b"")
    assert fetch(served, sha256, more, A).status == 200
    assert fetch(served, sha256, more, ADMIN).status == 200


def test_who_made_equal_bytes_may_have_them(served: Served) -> None:
    first = made(served, painted(color="#0d0e0f"), A)

    assert fetch(served, first, user=B).status == 404
    assert made(served, painted(color="#0d0e0f"), B) == first
    assert fetch(served, first, user=B).status == 200


@pytest.mark.parametrize(
    "sha256", ["..%2F..%2Fjobs.db", "%2Fetc%2Fpasswd", "incoming", "A" * 64, "0" * 63, "0" * 65, "0" * 64 + "%00"]
)
def test_what_is_no_hash_leads_nowhere(served: Served, sha256: str) -> None:
    for user in (A, ADMIN):
        assert fetch(served, sha256, user=user).status in (404, 422)


@pytest.mark.parametrize(
    "media_type", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "x/y"]
)
def test_what_browsers_might_run_is_only_saved(served: Served, media_type: str) -> None:
    sha256 = made(served, written("<script>window.pwned = 1</script>", media_type), A)

    answer = fetch(served, sha256)

    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ['a"; filename=evil.html', "<script>alert(1)<", "grüße ✨", "semi;colon", "per%22cent"]
)
def test_a_name_for_people_cannot_leave_its_header(served: Served, name: str) -> None:
    sha256 = made(served, written(f"named {name}", "text/plain", name), A)

    answer = fetch(served, sha256)

    disposition = answer.headers["Content-Disposition"]
    assert disposition.count('"') == 2
    assert disposition.isascii()
    assert "\n" not in disposition
    quoted = disposition.split('"')[1]
    assert not set(quoted) & set('"<>;%\\')
    assert "filename*=UTF-8''" in disposition


def test_a_deleted_file_is_gone_and_a_cut_one_is_not_served(served: Served) -> None:
    gone, cut = made(served, painted(color="#111111"), A), made(served, painted(color="#222222", side=40), A)
    blob(served, gone).unlink()
    os.truncate(blob(served, cut), 50)

    for sha256 in (gone, cut):
        for more in ("", "/thumbnail"):
            answer = fetch(served, sha256, more)
            assert (answer.status, answer.code) == (410, "artifact-gone")


def test_one_file_of_a_job_is_deleted_and_the_job_stays_with_the_others(served: Served) -> None:
    nodes = {each: ("Paint", {"color": each, "side": 33}) for each in ("tan", "teal")}
    job = run(served, workflow(nodes, outputs={each: {"node": each, "output": "files"} for each in nodes}), A)
    gone, stays = (job["outputs"][each][0]["sha256"] for each in nodes)
    fetch(served, gone, "/thumbnail")
    path = f"/api/v1/jobs/{job['id']}/artifacts"

    assert served.ask("DELETE", f"{path}/{gone}", user=B).code == "unknown-job"
    assert served.ask("DELETE", f"{path}/{gone}", user=A).status == 204

    assert [fetch(served, each).status for each in (gone, stays)] == [404, 200]
    assert fetch(served, gone, "/thumbnail").status == 404
    assert [each["sha256"] for each in served.ask("GET", path, user=A).json["artifacts"]] == [stays]
    assert served.ask("GET", f"/api/v1/jobs/{job['id']}", user=A).json["state"] == "done"
    again = served.ask("DELETE", f"{path}/{gone}", user=A)
    assert (again.status, again.code) == (404, "unknown-artifact")


def test_a_file_that_another_job_has_too_stays_when_one_jobs_is_deleted(served: Served) -> None:
    first, second = (run(served, painted(color="#0a0b0c", side=34), A) for _ in range(2))
    sha256 = first["outputs"]["images"][0]["sha256"]

    for job, left in ((first, 200), (second, 404)):
        assert served.ask("DELETE", f"/api/v1/jobs/{job['id']}/artifacts/{sha256}", user=A).status == 204
        assert fetch(served, sha256).status == left


def test_a_thumbnail_is_small_tagged_and_kept(served: Served) -> None:
    sha256 = made(served, painted(side=300), A)

    answer = fetch(served, sha256, "/thumbnail?size=100")

    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/webp")
    assert Image.open(io.BytesIO(answer.body)).size == (128, 128)
    assert answer.headers["Cache-Control"].startswith("private")
    tag = answer.headers["Etag"]
    assert fetch(served, sha256, "/thumbnail?size=120", If_None_Match=tag).status == 304
    assert fetch(served, sha256, "/thumbnail?size=64", If_None_Match=tag).status == 200
    assert (served.server.home.cache / "thumbnails" / sha256[:2] / f"{sha256}-128.webp").is_file()


def test_there_is_no_thumbnail_of_a_text_nor_of_a_strange_size(served: Served) -> None:
    text, art = made(served, written("words", "image/png"), A), made(served, painted(side=5), A)

    assert (fetch(served, text, "/thumbnail").status, fetch(served, text, "/thumbnail").code) == (415, "no-picture")
    for size in ("0", "1025", "x"):
        assert fetch(served, art, f"/thumbnail?size={size}").status == 422


def test_the_gallery_shows_the_newest_first_and_page_by_page(served: Served) -> None:
    jobs = [run(served, painted(side=10 + n, prefix=f"g{n}"), B) for n in range(3)]
    run(served, written("words", "text/plain"), B)

    page = served.ask("GET", f"{ARTIFACTS}?media_type=image/*&limit=2", user=B).json
    rest = served.ask("GET", f"{ARTIFACTS}?media_type=image/*&limit=2&cursor={page['next']}", user=B).json

    assert [each["job"] for each in page["artifacts"]] == [jobs[2]["id"], jobs[1]["id"]]
    assert rest["artifacts"][0]["job"] == jobs[0]["id"]
    newest = page["artifacts"][0]
    assert (newest["node"], newest["purpose"], newest["width"], newest["height"]) == ("paint", "output", 12, 12)
    assert newest["name"].startswith("g2_")
    assert newest["created"] >= jobs[2]["created"]


def test_the_gallery_is_ones_own(served: Served) -> None:
    mine = made(served, painted(color="#0c0c0c"), A)

    def shown(user: str, query: str = "") -> set[str]:
        page = served.ask("GET", f"{ARTIFACTS}?limit=500{query}", user=user).json
        return {each["sha256"] for each in page["artifacts"]}

    assert mine in shown(A)
    assert mine not in shown(B)
    assert mine in shown(ADMIN)
    assert mine not in shown(ADMIN, "&client=bob")
    assert served.ask("GET", f"{ARTIFACTS}?client=ada", user=B).code == "not-admin"


def test_the_gallery_of_one_job_is_for_its_owner(served: Served) -> None:
    job = run(served, painted(), A)

    assert len(served.ask("GET", f"{ARTIFACTS}?job={job['id']}", user=A).json["artifacts"]) == 1
    assert served.ask("GET", f"{ARTIFACTS}?job={job['id']}", user=B).json["artifacts"] == []
