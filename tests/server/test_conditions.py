"""Conditions on files: what is asked for only if it is this one, and parts that fit to what the client has."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest

from graphflow.server.openapi.document import document
from graphflow.server.openapi.meanings import FURTHER
from graphflow.server.routes import ROUTES
from tests.server.pictures import picture
from tests.server.serving import A, Answer, Served, serving

PICTURE = picture()
TAG = f'"{sha256(PICTURE).hexdigest()}"'
UPLOAD = "/api/v1/uploads/house.png"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home")) as served:
        kind = {"Content-Type": "image/png"}
        sent = served.ask("POST", "/api/v1/uploads?name=house.png", user=A, data=PICTURE, headers=kind)
        assert sent.status == 201
        yield served


def get(server: Served, **headers: str) -> Answer:
    return server.ask("GET", UPLOAD, user=A, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_the_tag_is_the_hash_of_the_bytes(server: Served) -> None:
    assert get(server).headers["Etag"] == TAG


@pytest.mark.parametrize("match", [TAG, "*", f'"other", {TAG}'])
def test_a_file_that_is_the_one_asked_for_comes(server: Served, match: str) -> None:
    answer = get(server, If_Match=match)

    assert (answer.status, answer.body, answer.headers["Etag"]) == (200, PICTURE, TAG)


@pytest.mark.parametrize("match", ['"other"', f"W/{TAG}"])
def test_another_file_than_the_one_asked_for_does_not(server: Served, match: str) -> None:
    answer = get(server, If_Match=match)

    assert (answer.status, answer.code) == (412, "other-file")


def test_a_file_that_changed_since_a_day_does_not_come_and_one_that_did_not_comes(server: Served) -> None:
    old, new = "Mon, 01 Jan 1990 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"

    statuses = [get(server, If_Unmodified_Since=each).status for each in (old, new)]

    assert statuses == [412, 200]
    assert get(server, If_Match=TAG, If_Unmodified_Since=old).status == 200, "a tag goes before a date"


def test_a_part_of_a_file_comes_when_it_is_the_one_that_the_client_began_with(server: Served) -> None:
    part = get(server, Range="bytes=4-7", If_Range=TAG)
    whole = get(server, Range="bytes=4-7", If_Range='"other"')

    assert (part.status, part.body) == (206, PICTURE[4:8])
    assert (whole.status, whole.body) == (200, PICTURE), "parts of two files make none"


@pytest.mark.parametrize("wanted", ["bytes=999999-", "bytes=9-4", "lines=1-2"])
def test_a_range_that_is_not_there_is_told_in_our_shape(server: Served, wanted: str) -> None:
    answer = get(server, Range=wanted)

    assert (answer.status, answer.code) == (416, "no-such-range")
    assert answer.headers["Content-Range"] == f"bytes */{len(PICTURE)}"


def test_no_status_is_described_that_no_route_answers() -> None:
    said = {
        status for path in document(ROUTES)["paths"].values() for each in path.values() for status in each["responses"]
    }

    assert {str(int(each)) for each in FURTHER} - said == set()
