"""Files and facts: found, refused and compared before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graphflow.api import Checked, node
from graphflow.files import Files
from graphflow.registry import Pack, Registry
from tests.planning import problems
from tests.toy import Clay, link, plan, run


@pytest.fixture
def files(tmp_path: Path) -> Files:
    (tmp_path / "round.mould").write_text("size 3")
    (tmp_path / "square.mould").write_text("size 4")
    (tmp_path / "torn.mould").write_text("no size")
    (tmp_path / "notes.txt").write_text("size 3")
    return Files({"moulds": (tmp_path,)}, None)


def pressed(mould: Any, again: str | None = None) -> dict[str, Any]:
    nodes: dict[str, Any] = {"dig": ("Dig", {}), "press": ("Press", {"clay": link("dig"), "mould": mould})}
    if again:
        nodes["again"] = ("Press", {"clay": link("press"), "mould": again})
    return nodes


def test_a_file_is_found_by_its_name(files: Files) -> None:
    assert run(plan(pressed("round.mould"), "press", files=files))["press"]["out"].shape == "clay in size 3"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("rund.mould", "no-such-file"),
        ("../round.mould", "bad-file-name"),
        ("/etc/passwd", "bad-file-name"),
        ("notes.txt", "wrong-file-kind"),
        ("torn.mould", "unfit-file"),
        (7, "wrong-type"),
        (link("dig"), "literal-wanted"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_problem_of_its_input(name: Any, code: str, files: Files) -> None:
    (problem,) = problems(pressed(name), "press", files=files)

    assert (problem.code, problem.node, problem.input) == (code, "press", "mould")


def test_a_missing_file_has_a_near_name(files: Files) -> None:
    (problem,) = problems(pressed("rund.mould"), "press", files=files)

    assert problem.hint is not None
    assert problem.hint.startswith("did you mean 'round.mould'")


def test_facts_travel_along_links_and_checks_compare_them(files: Files) -> None:
    plan(pressed("round.mould", again="round.mould"), "again", files=files)

    (problem,) = problems(pressed("round.mould", again="square.mould"), "again", files=files)

    assert (problem.code, problem.node, problem.input) == ("size-mismatch", "again", "clay")
    assert problem.message == "the mould has size 4, the clay 3"


def test_a_check_that_fails_is_a_problem_of_its_node() -> None:
    def check(values: Any, facts: Any) -> Checked:
        raise KeyError("x")

    @node("Careless", category="toy", check=check)
    def careless() -> Clay:
        return Clay("x")

    (problem,) = problems({"c": ("Careless", {})}, "c", registry=Registry([Pack("c", (careless,))]))

    assert (problem.code, problem.node) == ("check-failed", "c")
    assert problem.message == "Careless could not check its inputs: KeyError: 'x'"
