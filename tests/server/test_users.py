"""Who may talk to the server: hashed tokens, one-time codes, sessions, and how fast access goes away."""

from __future__ import annotations

import json
import stat
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from graphflow.errors import StorageError, WorkflowError
from graphflow.server.wall.accounts import OWNER, AccountFile
from graphflow.server.wall.users import Users
from tests.server.serving import ADMIN, A, Served, serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home")) as running:
        yield running


def eventually(users: Users, token: str) -> bool:
    """Say whether a token is known, once the file was surely looked at again."""
    time.sleep(0.3)
    return users.of_token(token) is not None


def test_the_first_start_makes_an_owner_whose_token_only_programs_of_the_owner_can_read(tmp_path: Path) -> None:
    users = Users(tmp_path)

    token = (tmp_path / "token").read_text().strip()
    found = users.of_token(token)
    assert found is not None
    assert (found.user.name, found.user.admin, found.user.folder) == (OWNER, True, None)
    for name in ("token", "users.json"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert token not in (tmp_path / "users.json").read_text(), "only its hash is kept there"


def test_a_second_start_keeps_the_token(tmp_path: Path) -> None:
    Users(tmp_path)
    token = (tmp_path / "token").read_text()
    Users(tmp_path)

    assert (tmp_path / "token").read_text() == token


def test_two_first_starts_at_once_make_one_owner(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for each in [pool.submit(AccountFile(tmp_path).make_owner) for _ in range(8)]:
            each.result()

    accounts = AccountFile(tmp_path).read()
    assert [each.name for each in accounts.users] == [OWNER]
    assert Users(tmp_path).of_token((tmp_path / "token").read_text().strip()) is not None


def test_the_environments_token_stands_in_for_the_owners(tmp_path: Path) -> None:
    Users(tmp_path)
    own = (tmp_path / "token").read_text().strip()
    users = Users(tmp_path, "chosen by somebody")

    assert users.of_token("chosen by somebody") is not None
    assert users.of_token(own) is None


@pytest.mark.parametrize("token", ["", "x" * 15])
def test_a_token_that_can_be_guessed_is_refused(tmp_path: Path, token: str) -> None:
    with pytest.raises(WorkflowError, match="16 are needed"):
        Users(tmp_path, token)


def test_a_running_server_follows_the_file(tmp_path: Path) -> None:
    users, file = Users(tmp_path), AccountFile(tmp_path)

    token = file.add("ada")
    assert eventually(users, token)
    new = file.new_token("ada")
    assert (eventually(users, token), users.of_token(new) is not None) == (False, True)
    file.remove("ada")
    assert not eventually(users, new)


def test_changes_at_once_lose_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for each in [pool.submit(AccountFile(tmp_path).add, f"user{index}") for index in range(24)]:
            each.result()

    names = [each.name for each in AccountFile(tmp_path).read().users]
    assert sorted(names) == sorted(["owner", *(f"user{index}" for index in range(24))])


@pytest.mark.parametrize("name", ["", "a/b", "..", ".a", "a.", "con", "a b", "a\n", "x" * 65, "ä"])
def test_a_name_that_could_be_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(WorkflowError, match="cannot be a user's name"):
        AccountFile(tmp_path).add(name)


def test_names_that_differ_in_case_only_would_share_a_folder(tmp_path: Path) -> None:
    file = AccountFile(tmp_path)
    file.add("Ada")

    with pytest.raises(WorkflowError, match="already"):
        file.add("ada")


def test_the_last_administrator_stays(tmp_path: Path) -> None:
    file = AccountFile(tmp_path)
    file.make_owner()
    with pytest.raises(WorkflowError, match="only administrator"):
        file.remove(OWNER)

    file.add("eve", admin=True)
    file.remove(OWNER)
    assert [each.name for each in file.read().users] == ["eve"]


def test_an_unknown_user_is_told_with_those_there_are(tmp_path: Path) -> None:
    file = AccountFile(tmp_path)
    file.make_owner()

    with pytest.raises(WorkflowError, match="did you mean 'owner'"):
        file.new_code("ownr")


def test_a_damaged_file_lets_nobody_in_and_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text("{")

    with pytest.raises(StorageError, match="damaged"):
        Users(tmp_path)
    assert (tmp_path / "users.json").read_text() == "{"


def test_a_code_is_good_once(tmp_path: Path) -> None:
    users = Users(tmp_path)
    code = users.file.new_code(OWNER)

    session = users.log_in(code)
    assert session is not None
    found = users.of_session(session)
    assert found is not None
    assert found.user.name == OWNER
    assert users.log_in(code) is None
    text = (tmp_path / "users.json").read_text()
    assert code not in text
    assert session not in text


def test_of_many_who_have_a_code_one_comes_in(tmp_path: Path) -> None:
    users = Users(tmp_path)
    code = users.file.new_code(OWNER)
    barrier = threading.Barrier(8)

    def try_it() -> str | None:
        barrier.wait()
        return users.log_in(code)

    with ThreadPoolExecutor(8) as pool:
        found = [each.result() for each in [pool.submit(try_it) for _ in range(8)]]

    assert sum(each is not None for each in found) == 1


def test_a_code_that_is_too_old_lets_nobody_in(tmp_path: Path) -> None:
    users = Users(tmp_path)

    assert users.log_in(users.file.new_code(OWNER, seconds=-1)) is None


def test_a_wrong_code_writes_nothing(tmp_path: Path) -> None:
    users = Users(tmp_path)
    before = (tmp_path / "users.json").stat().st_mtime_ns

    assert users.log_in("wrong") is None
    assert (tmp_path / "users.json").stat().st_mtime_ns == before


def test_sessions_outlive_a_restart_and_end_with_the_token(tmp_path: Path) -> None:
    users = Users(tmp_path)
    session = users.log_in((tmp_path / "token").read_text().strip())
    assert session is not None

    again = Users(tmp_path)
    assert again.of_session(session) is not None
    again.file.new_token(OWNER)
    time.sleep(0.3)
    assert again.of_session(session) is None
    assert json.loads((tmp_path / "users.json").read_text())["sessions"] == []


def test_a_browser_logs_in_and_out(served: Served) -> None:
    code = served.server.users.file.new_code(A)

    answer = served.ask("POST", "/api/v1/login", user=None, body={"secret": code})
    assert answer.status == 204
    set_cookie = answer.headers["Set-Cookie"]
    assert all(each in set_cookie for each in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="))
    cookie = {"Cookie": set_cookie.partition(";")[0], "Sec-Fetch-Site": "same-origin"}
    assert served.ask("GET", "/api/v1/me", user=None, headers=cookie).json == {"name": A, "admin": False}

    assert served.ask("POST", "/api/v1/logout", user=None, headers=cookie).status == 204
    assert served.ask("GET", "/api/v1/me", user=None, headers=cookie).code == "logged-out"


def test_a_wrong_code_is_told_without_saying_it(served: Served) -> None:
    answer = served.ask("POST", "/api/v1/login", user=None, body={"secret": "a-wrong-code"})

    assert (answer.status, answer.code) == (401, "wrong-code")
    assert b"a-wrong-code" not in answer.body
    assert "Set-Cookie" not in answer.headers


def test_the_pages_hold_no_script_and_no_style_of_their_own(served: Served) -> None:
    for path in ("/", "/login"):
        page = served.ask("GET", path, user=None)
        text = page.body.decode()
        assert page.status == 200
        assert page.headers["Content-Type"].startswith("text/html")
        assert "<style" not in text
        assert "</script>" in text
        assert all(part.startswith(" src=") for part in text.split("<script")[1:])
        assert not any(f" on{event}=" in text for event in ("click", "load", "error", "submit"))


def test_what_stands_behind_login_goes_nowhere_else(served: Served) -> None:
    for path in ("/login?next=http://evil.example", "/login?next=//evil.example", "/login/..%2f..%2faccounts.py"):
        answer = served.ask("GET", path, user=None)
        assert answer.status in (200, 404)
        assert "Location" not in answer.headers
        assert b"evil.example" not in answer.body


def test_an_owner_is_no_other_user(served: Served) -> None:
    assert served.ask("GET", "/api/v1/me").json == {"name": ADMIN, "admin": True}
    assert served.ask("GET", "/api/v1/me", user=A).json == {"name": A, "admin": False}
