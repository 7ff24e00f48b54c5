"""Texts that name files: the files' contents count for the result, whether the text is written or linked."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated, Any

import pytest

from graphflow.api import Folder, Mentions, Text, node
from graphflow.errors import NodeFailed, PackError, Problem, WorkflowError
from graphflow.files import Files, model_roots
from graphflow.home import Home
from graphflow.keys import key_parts
from graphflow.registry import Pack, Registry
from tests.toy import link, plan, run


def names(text: str) -> list[tuple[str, ...]]:
    """`@name`, up to a space; a comma behind it may belong to it or not."""
    words = [word[1:] for word in text.split() if word.startswith("@")]
    return [(word, word.rstrip(",")) if word.endswith(",") else (word,) for word in words]


SPELLS = Folder("spells", (".spell",), refuse={".hex": "hexes can run any program"})


@node("Say", category="toy")
def say(*, value: str) -> str:
    """Return a text."""
    return value


@node("Cast", category="toy")
def cast(text: Annotated[str, Mentions(SPELLS, names)]) -> str:
    """Put in place of each name what its file holds."""
    for name, file in (text.files if isinstance(text, Text) else {}).items():
        text = text.replace(f"@{name}", file.path.read_text())
    return str(text)


REGISTRY = Registry([Pack("toy", (say, cast))])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    write(home, "fire.spell", "ignis")
    write(home, "old/ice.spell", "glacies")
    return home


def write(home: Home, name: str, text: str) -> None:
    path = home.models / "spells" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time.time() - 60, time.time() - 60))


def files(home: Home) -> Files:
    return Files(model_roots(home, {}), None)


def written(text: str) -> dict[str, Any]:
    return {"cast": ("Cast", {"text": text})}


def linked(text: str) -> dict[str, Any]:
    return {"say": ("Say", {"value": text}), "cast": ("Cast", {"text": link("say")})}


both = pytest.mark.parametrize("graph", [written, linked])


def result(nodes: dict[str, Any], home: Home) -> str:
    found: str = run(plan(nodes, "cast", registry=REGISTRY, files=files(home)))["cast"]["out"]
    return found


def key(nodes: dict[str, Any], home: Home) -> str:
    return plan(nodes, "cast", registry=REGISTRY, files=files(home)).steps["cast"].key


def problem(nodes: dict[str, Any], home: Home) -> Problem:
    with pytest.raises((WorkflowError, NodeFailed)) as caught:
        result(nodes, home)
    found = caught.value.problems
    assert [each.input for each in found] == ["text"]
    return found[0]


@both
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no names", "no names"),
        ("@fire and @fire.spell", "ignis and ignis.spell"),
        ("@ice, @old/ice @fire", "glacies, glacies ignis"),
    ],
)
def test_names_lead_to_files_without_ending_subfolder_or_comma(graph: Any, text: str, said: str, home: Home) -> None:
    assert result(graph(text), home) == said


@both
def test_an_unknown_name_is_a_problem_of_the_input(graph: Any, home: Home) -> None:
    found = problem(graph("@fir, x"), home)

    assert (found.code, found.node, found.message) == ("no-such-file", "cast", "there is no 'fir' in spells")
    assert found.hint == "did you mean 'fire'?"


@both
@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "old/../fire"])
def test_a_name_never_leads_out_of_its_folder(graph: Any, name: str, home: Home) -> None:
    (home.root / "secret.spell").write_text("s")

    assert problem(graph(f"@{name}"), home).code == "bad-file-name"


def test_a_file_of_a_refused_kind_is_named_with_the_way_out(home: Home) -> None:
    write(home, "frog.hex", "ribbit")

    found = problem(written("@frog"), home)

    assert (found.code, found.hint) == ("file-refused", "hexes can run any program")


def test_a_written_name_is_a_problem_before_anything_runs(home: Home) -> None:
    with pytest.raises(WorkflowError):
        plan(written("@nothing"), "cast", registry=REGISTRY, files=files(home))


@both
def test_the_contents_of_what_is_named_decide_the_key(graph: Any, home: Home) -> None:
    before = key(graph("@fire"), home)
    write(home, "fire.spell", "incendio")

    assert key(graph("@fire"), home) != before
    assert result(graph("@fire"), home) == "incendio"


def test_what_a_written_text_does_not_name_does_not_count(home: Home) -> None:
    before = key(written("@fire"), home), key(written("no names"), home)
    write(home, "old/ice.spell", "gelu")

    assert (key(written("@fire"), home), key(written("no names"), home)) == before


def test_a_text_without_names_has_the_key_of_a_plain_text(home: Home) -> None:
    @node("Cast", category="toy")
    def plain(text: str) -> str:
        return text

    other = Registry([Pack("toy", (say, plain))])

    assert key(written("x"), home) == plan(written("x"), "cast", registry=other).steps["cast"].key


def test_a_changed_file_is_among_the_reasons(home: Home) -> None:
    step = plan(written("@fire"), "cast", registry=REGISTRY, files=files(home)).steps["cast"]

    parts = key_parts("toy", cast, step.values, {})

    assert parts["text: fire"] == step.values["text"].files["fire"].sha256


def test_only_texts_can_name_files() -> None:
    with pytest.raises(PackError, match="Mentions are for str"):

        @node("Odd")
        def odd(number: Annotated[int, Mentions(SPELLS, names)]) -> str:
            return ""


def test_an_empty_folder_is_named_with_its_place(tmp_path: Path) -> None:
    empty = Home(tmp_path / "empty")

    assert problem(written("@fire"), empty).hint == f"put files ending in .spell into {empty.models / 'spells'}"
