"""Files that nodes may choose, over HTTP: what there is, what is known of it, and nothing outside the folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.server.serving import A, B, Served, serving

MOULDS = "/api/v1/models/moulds"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("home")
    moulds = home / "models" / "moulds"
    for name, text in (
        ("big.mould", "size 5"),
        ("deep/small.mould", "size 2"),
        ("bad.mould", "no size"),
        (".hidden.mould", "size 1"),
        ("other.txt", "size 1"),
    ):
        (moulds / name).parent.mkdir(parents=True, exist_ok=True)
        (moulds / name).write_text(text)
        os.utime(moulds / name, (1000, 1000))
    secret = home / "secret.mould"
    secret.write_text("size 9")
    (moulds / "leak.mould").symlink_to(tmp_path_factory.mktemp("outside") / "x.mould")
    (moulds / "leak.mould").resolve().write_text("size 9")
    with serving(home) as served:
        yield served


def test_the_folders_are_those_that_nodes_take_files_from(server: Served) -> None:
    mine = server.ask("GET", "/api/v1/models", user=A).json["folders"]
    admins = server.ask("GET", "/api/v1/models").json["folders"]

    assert [(each["name"], each["files"], each["used_by"]) for each in mine] == [("moulds", 3, ["Press.mould"])]
    assert mine[0]["places"] is None
    assert admins[0]["places"][0] == str(server.server.home.models / "moulds")


def test_files_are_listed_with_what_their_headers_say(server: Served) -> None:
    listed = {each["name"]: each for each in server.ask("GET", MOULDS, user=A).json["models"]}

    assert list(listed) == ["bad.mould", "big.mould", "deep/small.mould"]
    assert listed["deep/small.mould"]["facts"] == {"size": 2}
    assert (listed["big.mould"]["size"], listed["big.mould"]["modified"]) == (6, 1000.0)
    assert listed["bad.mould"]["problem"] == "this is no mould: it does not say its size"
    assert {each["path"] for each in listed.values()} == {None}


def test_a_list_that_has_not_changed_is_not_sent_again(server: Served) -> None:
    tag = server.ask("GET", MOULDS, user=A).headers["ETag"]

    assert server.ask("GET", MOULDS, user=A, headers={"If-None-Match": tag}).status == 304


def test_a_list_can_be_narrowed_to_one_input(server: Served) -> None:
    fitting = server.ask("GET", f"{MOULDS}?node=Press&input=mould", user=A)
    wrong = server.ask("GET", f"{MOULDS}?node=Dig", user=A)
    unknown = server.ask("GET", "/api/v1/models/mould", user=A)

    assert len(fitting.json["models"]) == 3
    assert (wrong.status, wrong.code) == (422, "unknown-input")
    assert (unknown.status, unknown.json["problems"][0]["hint"]) == (404, "did you mean 'moulds'?")


def test_a_digest_is_computed_when_somebody_asks_and_remembered(server: Served) -> None:
    path = f"{MOULDS}/deep%2Fsmall.mould"

    before = server.ask("GET", path, user=A).json["sha256"]
    computed = server.ask("POST", f"{path}/hash", user=A).json["sha256"]
    after = server.ask("GET", path, user=B).json["sha256"]

    assert before is None
    assert computed == after == sha256(b"size 2").hexdigest()


def test_administrators_are_told_where_a_link_leads(server: Served) -> None:
    answer = server.ask("GET", f"{MOULDS}/leak.mould")

    assert answer.code == "file-outside"
    assert "outside0/x.mould" in answer.body.decode()


@pytest.mark.parametrize(
    "name",
    ["../secret.mould", "../../secret.mould", ".hidden.mould", "leak.mould", "/etc/passwd", "other.txt", "none.mould",
     "sha256:" + "0" * 64, "a\\b.mould", "big.mould/../big.mould", "big.mould\0"],
)  # fmt: skip
def test_files_outside_hidden_or_unfit_are_refused_without_a_word_of_where_they_lie(server: Served, name: str) -> None:
    for method, rest in (("GET", ""), ("POST", "/hash")):
        answer = server.ask(method, f"{MOULDS}/{quote(name, safe='')}{rest}", user=A)

        assert answer.status in (404, 422), answer.body
        assert str(Path(server.server.home.root).parent) not in answer.body.decode()
