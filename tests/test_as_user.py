"""One engine for many users: each has folders of their own, and all share what costs time."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphflow.api import Folder
from graphflow.engine import Engine
from graphflow.events import Event
from graphflow.files import FileProblem
from tests.toy import CHAIN, REGISTRY, finished, link, workflow

FIRED = workflow({**CHAIN, "fire": ("Fire", {"clay": link("throw")})})
TEXTS = Folder("input", (".txt",))


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path, registry=REGISTRY)


def test_the_owner_has_the_homes_own_folders(engine: Engine, tmp_path: Path) -> None:
    assert engine.as_user(None) is engine
    assert engine.home.output == tmp_path / "output"


def test_a_user_saves_into_a_folder_of_their_own(engine: Engine, tmp_path: Path) -> None:
    (saved,) = engine.as_user("ann").run(FIRED).artifacts

    assert Path(saved.path).parent == tmp_path / "users" / "ann" / "output"
    assert not (tmp_path / "output").exists()


def test_users_do_not_see_each_others_inputs_and_outputs(engine: Engine) -> None:
    ann, bob = engine.as_user("ann"), engine.as_user("bob")
    for folder in ("input", "output"):
        place = ann.files.roots(folder)[0]
        place.mkdir(parents=True)
        (place / "mine.txt").write_text("mine")

    assert ann.files.choices(TEXTS) == ("mine.txt",)
    for name in ("mine.txt", "mine.txt [output]", "../../ann/input/mine.txt"):
        with pytest.raises(FileProblem):
            bob.files.find(TEXTS, name)
        with pytest.raises(FileProblem):
            engine.files.find(TEXTS, name)


def test_users_share_the_cache(engine: Engine) -> None:
    seen: list[Event] = []
    engine.as_user("ann").run(FIRED)

    engine.as_user("bob").run(FIRED, emit=seen.append)

    assert dict(finished(seen)) == {"throw": "cached", "fire": "ran"}
    assert engine.as_user("bob").resources is engine.resources


def test_a_user_finds_their_own_saved_workflows_and_those_that_ship(engine: Engine) -> None:
    home = engine.as_user("ann").home
    home.workflows.mkdir(parents=True)
    (home.workflows / "mine.json").write_text('{"format": "graphflow/1", "nodes": {"dig": {"type": "Dig"}}}')

    assert list(engine.as_user("ann").read("mine").nodes) == ["dig"]
    assert engine.as_user("ann").home.models == engine.home.models


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "a\\b", "a\0", "-x", ".hidden", "x" * 65, "ä"])
def test_a_name_that_is_no_plain_folder_is_refused(engine: Engine, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a user's folder"):
        engine.as_user(name)
