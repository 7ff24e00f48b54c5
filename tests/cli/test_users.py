"""`graphflow users`: who may use the server, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graphflow.cli import main
from graphflow.server.wall.users import Users


@pytest.fixture
def home(tmp_path: Path) -> Path:
    Users(tmp_path)  # what the first start of a server makes
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], home: Path, *arguments: str) -> tuple[int, Any]:
    """Run a command and return its exit code and the JSON that it printed."""
    code = main(["users", *arguments, "--home", str(home), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_somebody_is_added_listed_and_removed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, added = run(capsys, home, "add", "ada")
    assert Users(home).of_token(added["token"]) is not None

    _, listed = run(capsys, home, "list")
    assert listed["users"] == [
        {"name": "owner", "admin": True, "folder": None},
        {"name": "ada", "admin": False, "folder": "ada"},
    ]

    assert run(capsys, home, "remove", "ada")[0] == 0
    assert Users(home).of_token(added["token"]) is None


def test_a_new_token_of_the_owner_is_put_where_programs_look(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = (home / "token").read_text().strip()
    _, given = run(capsys, home, "token")

    assert (home / "token").read_text().strip() == given["token"] != old
    assert Users(home).of_token(old) is None


def test_a_code_comes_as_an_address_to_open(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, given = run(capsys, home, "code")

    address, _, code = given["login"].partition("#code=")
    assert address == "http://127.0.0.1:7868/login"
    assert Users(home).log_in(code) is not None


def test_a_token_is_shown_once_to_people(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["users", "add", "ada", "--home", str(home)])
    token = capsys.readouterr().out.split()[-1]
    main(["users", "list", "--home", str(home)])

    assert Users(home).of_token(token) is not None
    assert token not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("add",), "no-name"),
        (("remove",), "no-name"),
        (("remove", "owner"), "last-admin"),
        (("remove", "nobody"), "no-user"),
        (("add", "OWNER"), "user-exists"),
        (("add", "../x"), "bad-name"),
    ],
)
def test_what_cannot_be_done_is_said(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], problem: str
) -> None:
    code, said = run(capsys, home, *arguments)

    assert (code, said["problems"][0]["code"]) == (2, problem)


def test_before_the_first_start_there_is_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(capsys, tmp_path, "code")

    assert (code, said["problems"][0]["hint"]) == (2, "start the server once: graphflow serve")
    assert not (tmp_path / "users.json").exists()


def test_whoever_is_added_before_the_first_start_comes_after_the_owner(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "never served"

    _, added = run(capsys, home, "add", "ada")

    users = Users(home)
    assert users.of_token(added["token"]) is not None
    assert users.of_token((home / "token").read_text().strip()) is not None
