"""`graphflow run` runs a workflow, tells what happens, and saves what was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphflow.events import EVENT, ArtifactSaved, NodeFinished, NodeStarted
from tests.cli.conftest import TOY, Say
from tests.toy import link

WITH_TOY = ("--pack", TOY)


def test_a_run_saves_its_files_and_prints_their_paths(graphflow: Say, pots: Path, home: Path) -> None:
    said = graphflow("run", pots, *WITH_TOY)

    assert said.code == 0
    assert said.out == f"{home / 'output' / 'pot_00001_.txt'}\n"
    assert Path(said.out.strip()).read_text() == "red~~"
    assert "done in" in said.err
    assert "3 nodes ran" in said.err


def test_two_folders_get_two_equal_files_though_everything_was_cached(graphflow: Say, pots: Path) -> None:
    for folder in ("one", "two"):
        assert graphflow("run", pots, *WITH_TOY, "--out", folder).code == 0

    assert Path("one/pot_00001_.txt").read_bytes() == Path("two/pot_00001_.txt").read_bytes()


def test_inputs_are_set_by_name_or_by_node_and_get_their_declared_type(graphflow: Say, pots: Path) -> None:
    graphflow("run", pots, *WITH_TOY, "--out", "a", "--set", "colour=blue clay=wet", "--set", "times=1")
    graphflow("run", pots, *WITH_TOY, "--out", "b", "--set", "fire.prefix=deep/jar", "--set", "colour=7")

    assert Path("a/pot_00001_.txt").read_text() == "blue clay=wet~"
    assert Path("b/deep/jar_00001_.txt").read_text() == "7~~"


def test_all_settings_that_are_wrong_are_reported_at_once_with_the_workflows_own_problems(
    graphflow: Say, pots: Path
) -> None:
    said = graphflow(
        "run",
        pots,
        *WITH_TOY,
        "--set",
        "tmes=3",
        "--set",
        "times=many",
        "--set",
        "nothing",
        "--set",
        "dig.seed=-1",
        "--set",
        "knead.tims=1",
    )

    assert said.code == 2
    assert "the workflow has no input 'tmes'" in said.err
    assert "did you mean 'times'?" in said.err
    assert "times wants a whole number, got 'many'" in said.err
    assert "--set wants NAME=VALUE, got 'nothing'" in said.err
    assert "did you mean 'knead.times'" in said.err
    assert "dig.seed: seed must lie between 0 and" in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("entry", "text", "made"),
    [
        ("factor", "2", "2.0"),
        ("factor", "0.1", "0.1"),
        ("weights", "1, 2.5", "4.5"),
        ("weights", "", "1.0"),
        ("odd.name.", "3", "4.0"),
    ],
)
def test_texts_become_values(graphflow: Say, write: Callable[..., Path], entry: str, text: str, made: str) -> None:
    file = write("scale", {"scale": ("Scale", {})}, outputs={"number": link("scale")})

    said = graphflow("run", file, *WITH_TOY, "--set", f"scale.{entry}={text}")

    assert (said.code, said.out) == (0, f"number = {made}\n")


@pytest.mark.parametrize(("text", "shape"), [("true", "red"), ("Off", None), ("1", "red"), ("no", None)])
def test_truth_is_read_in_the_words_that_people_use(
    graphflow: Say, write: Callable[..., Path], text: str, shape: str | None
) -> None:
    nodes = {
        "dig": ("Dig", {"name": "red"}),
        "gate": ("Gate", {"clay": link("dig"), "open": True}),
        "fire": ("Fire", {"clay": link("gate")}),
    }
    said = graphflow("run", write("gate", nodes), *WITH_TOY, "--set", f"gate.open={text}")

    assert said.code == 0
    assert [Path(line).read_text() for line in said.out.splitlines()] == ([shape] if shape else [])
    assert ("skipped: the gate is shut" in said.err) is (shape is None)


def test_only_what_a_target_needs_runs(graphflow: Say, pots: Path, home: Path) -> None:
    said = graphflow("run", pots, *WITH_TOY, "--targets", "knead")

    assert said.code == 0
    assert "2 nodes ran" in said.err
    assert not (home / "output").exists()


def test_an_unknown_target_is_named_with_what_is_near(graphflow: Say, pots: Path) -> None:
    said = graphflow("run", pots, *WITH_TOY, "--targets", "knaed")

    assert said.code == 2
    assert "did you mean 'knead'?" in said.err


def test_json_gives_one_event_a_line_and_an_end(graphflow: Say, pots: Path) -> None:
    said = graphflow("run", pots, *WITH_TOY, "--json")

    events = [EVENT.validate_python(line) for line in said.lines[:-1]]
    assert said.code == 0
    assert said.err == ""
    assert [event.node for event in events if isinstance(event, NodeStarted)] == ["dig", "knead", "fire"]
    assert len([event for event in events if isinstance(event, NodeFinished)]) == 3
    (saved,) = (event for event in events if isinstance(event, ArtifactSaved))
    end = said.lines[-1]
    assert (end["kind"], end["exit_code"], end["nodes"]) == ("run.finished", 0, {"ran": 3})
    assert end["files"] == [{"node": "fire", "purpose": "output", "path": saved.path}]


def test_json_tells_of_failure_as_well(graphflow: Say, write: Callable[..., Path]) -> None:
    file = write("bad", {"fire": ("Fire", {"clay": 7})})

    said = graphflow("run", file, *WITH_TOY, "--json")

    assert said.code == 2
    assert said.lines[-1]["exit_code"] == 2
    assert said.lines[-1]["problems"][0]["node"] == "fire"


def test_a_dry_run_says_what_would_run_and_runs_nothing(graphflow: Say, pots: Path, home: Path) -> None:
    said = graphflow("run", pots, *WITH_TOY, "--dry-run")

    assert said.code == 0
    assert said.out.splitlines()[-1] == "3 to run"
    assert not home.exists()


def test_without_the_cache_nothing_is_read_or_kept(graphflow: Say, write: Callable[..., Path], home: Path) -> None:
    pack = Path("counting_pack.py")
    pack.write_text(
        "from graphflow.api import node\n"
        "@node('Counted', keep='disk')\n"
        "def counted() -> str:\n"
        "    'Count calls.'\n"
        "    with open('calls', 'a') as file:\n"
        "        file.write('x')\n"
        "    return 'done'\n"
        "NODES = (counted,)\n"
    )
    file = write("counted", {"counted": ("Counted", {})}, outputs={"word": link("counted")})

    for arguments in ((), (), ("--no-cache",)):
        assert graphflow("run", file, "--pack", pack, *arguments).out == "word = done\n"

    assert Path("calls").read_text() == "xx"  # the second run found the first one's result on disk


def test_a_failed_node_is_named_with_its_cause_and_the_way_out(graphflow: Say, write: Callable[..., Path]) -> None:
    nodes = {"dig": ("Dig", {}), "break": ("Break", {"clay": link("dig")}), "fire": ("Fire", {"clay": link("break")})}

    said = graphflow("run", write("broken", nodes), *WITH_TOY)

    assert said.code == 1
    assert "error: break.clay: clay broke" in said.err
    assert "be gentle" in said.err


def test_a_nodes_mistake_is_told_without_a_traceback_and_shown_with_debug(
    graphflow: Say, write: Callable[..., Path]
) -> None:
    nodes = {"dig": ("Dig", {}), "crash": ("Crash", {"clay": link("dig")}), "fire": ("Fire", {"clay": link("crash")})}
    file = write("crash", nodes)

    said = graphflow("run", file, *WITH_TOY)
    debugged = graphflow("run", file, *WITH_TOY, "--debug")

    assert said.code == debugged.code == 1
    assert "KeyError" in said.err
    assert "Traceback" in debugged.err
    assert "in crash" in debugged.err


def test_a_saved_workflow_is_found_by_its_name(graphflow: Say, pots: Path, home: Path) -> None:
    (home / "workflows").mkdir(parents=True)
    pots.rename(home / "workflows" / "pots.json")

    assert graphflow("run", "pots", *WITH_TOY).code == 0


def test_a_large_graph_is_told_in_short(graphflow: Say, write: Callable[..., Path]) -> None:
    nodes: dict[str, Any] = {"n0": ("Dig", {})} | {
        f"n{i}": ("Knead", {"clay": link(f"n{i - 1}")}) for i in range(1, 300)
    }

    said = graphflow("run", write("long", nodes), *WITH_TOY, "--targets", "n299")

    assert said.code == 0
    assert "300 nodes ran" in said.err
    assert len(said.err.splitlines()) < 10


def test_what_a_file_says_cannot_steer_the_terminal(graphflow: Say, write: Callable[..., Path]) -> None:
    nodes = {"dig": ("Dig", {"name": "\x1b]0;owned\x07\x1b[2J\u202e"}), "fire": ("Break", {"clay": link("dig")})}

    said = graphflow("run", write("escape", nodes), *WITH_TOY, "--targets", "fire")

    assert said.code == 1
    assert not {"\x1b", "\x07", "\u202e"} & set(said.err + said.out)


def test_explain_names_the_part_of_the_key_that_made_the_difference(graphflow: Say, write: Callable[..., Path]) -> None:
    pack = Path("slow_pack.py")
    pack.write_text(
        "import time\n"
        "from graphflow.api import node\n"
        "@node('Slowly')\n"
        "def slowly(*, word: str = 'a', again: str = '') -> str:\n"
        "    'Take so long that the result goes to disk.'\n"
        "    time.sleep(0.06)\n"
        "    return word + again\n"
        "NODES = (slowly,)\n"
    )
    nodes = {
        "first": ("Slowly", {"word": "x"}),
        "second": ("Slowly", {"word": "y"}),
        "last": ("Slowly", {"word": link("first"), "again": link("second")}),
    }
    file = write("slow", nodes, outputs={"word": link("last")})
    new = json.loads(graphflow("explain", file, "--pack", pack, "--json").out)["nodes"]
    graphflow("run", file, "--pack", pack)
    same = json.loads(graphflow("explain", file, "--pack", pack, "--json").out)["nodes"]
    changed = graphflow("explain", file, "--pack", pack, "--set", "second.word=z")

    assert [(each["fate"], each["why"]) for each in new] == [("runs", ["was not in the last run"])] * 3
    assert {each["node"]: each["fate"] for each in same} == {
        "first": "not needed",
        "second": "not needed",
        "last": "cached",
    }
    lines = [line.split() for line in changed.out.splitlines()]
    assert ["first", "Slowly", "cached"] in lines
    assert ["second", "Slowly", "runs"] in lines
    assert ["word:", "'y'", "→", "'z'"] in lines
    assert ["again:", "comes", "from", "second,", "which", "changed"] in lines
    assert changed.out.splitlines()[-1] == "2 to run, 1 cached"
