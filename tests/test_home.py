"""One folder holds everything; looking creates nothing; saved workflows are found by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from platformdirs import user_data_path

from graphflow import home as module
from graphflow.errors import StorageError, WorkflowError
from graphflow.home import Home, find_home, find_workflow, make_folder, shipped_workflows, workflow_names


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shipped"
    folder.mkdir()
    for name in ("txt2img", "inpaint"):
        (folder / f"{name}.json").write_text("{}")
    monkeypatch.setattr(module, "shipped_workflows", lambda: folder)
    return folder


def test_the_option_goes_before_the_variable_and_that_before_the_platform(tmp_path: Path) -> None:
    environ = {"GRAPHFLOW_HOME": str(tmp_path / "variable")}

    assert find_home(tmp_path / "option", environ).root == tmp_path / "option"
    assert find_home(None, environ).root == tmp_path / "variable"
    assert find_home(None, {}).root == user_data_path("graphflow", appauthor=False)


def test_a_relative_home_is_made_absolute_and_a_tilde_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert find_home(Path("here"), {}).root == tmp_path / "here"
    assert find_home(Path("~/there"), {}).root == Path.home() / "there"


def test_further_models_come_from_options_and_then_from_the_variable(tmp_path: Path) -> None:
    environ = {"GRAPHFLOW_MODELS": os.pathsep.join(["/one", "", "/two"])}

    assert find_home(tmp_path, environ, [Path("/zero")]).extra_model_roots == (
        Path("/zero"),
        Path("/one"),
        Path("/two"),
    )


def test_looking_creates_nothing(tmp_path: Path) -> None:
    home = find_home(tmp_path / "home", {})

    folders = (home.models, home.input, home.output, home.temp, home.cache, home.workflows)
    workflow_names(home)

    assert {folder.parent for folder in folders} == {home.root}
    assert not home.root.exists()


def test_a_home_that_cannot_be_written_is_named_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StorageError, match="cannot create the folder") as caught:
        make_folder(tmp_path / "file" / "output")

    assert str(tmp_path / "file" / "output") in str(caught.value)
    assert "--home" in (caught.value.hint or "")


def test_a_path_goes_before_a_name(tmp_path: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "txt2img.json").write_text("{}")

    assert find_workflow("txt2img.json", Home(tmp_path / "home")) == Path("txt2img.json")
    assert find_workflow("txt2img", Home(tmp_path / "home")) == shipped / "txt2img.json"


def test_the_users_workflow_shadows_the_one_that_ships(tmp_path: Path, shipped: Path) -> None:
    home = Home(tmp_path / "home")
    home.workflows.mkdir(parents=True)
    mine = home.workflows / "txt2img.json"
    mine.write_text("{}")

    assert find_workflow("txt2img", home) == mine
    assert workflow_names(home) == ("inpaint", "txt2img")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("txt2igm", "did you mean 'txt2img'?"),
        ("zzz", "there are: inpaint, txt2img"),
        ("shipped/inpant.json", "did you mean 'inpaint.json'?"),
        ("nowhere/at/all.json", None),
        ("shipped", "name a file in it"),
        ("../shipped/txt2img", None),
        ("nul\0", None),
    ],
)
def test_what_is_not_there_is_named_with_what_is_near(
    tmp_path: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch, name: str, hint: str | None
) -> None:
    monkeypatch.chdir(shipped.parent)

    with pytest.raises(WorkflowError) as caught:
        find_workflow(name, Home(tmp_path / "home"))

    (problem,) = caught.value.problems
    assert problem.code == "no-workflow"
    if hint:
        assert problem.hint == hint


def test_a_saved_workflow_may_lie_in_a_folder(tmp_path: Path, shipped: Path) -> None:
    home = Home(tmp_path)
    inside = home.workflows / "portraits"
    for folder in (inside, home.workflows / ".revisions"):
        folder.mkdir(parents=True)
        (folder / "evening.json").write_text("{}")

    assert find_workflow("portraits/evening", home) == inside / "evening.json"
    assert workflow_names(home) == ("inpaint", "portraits/evening", "txt2img")
    for name in ("portraits/evning", ".revisions/evening", "../shipped/txt2img"):
        with pytest.raises(WorkflowError) as refused:
            find_workflow(name, home)
    with pytest.raises(WorkflowError) as refused:
        find_workflow("portraits/evning", home)
    assert refused.value.problems[0].hint == "did you mean 'portraits/evening'?"


def test_the_workflows_that_ship_are_really_there() -> None:
    assert any(shipped_workflows().glob("*.json"))
