"""`graphflow run --grid`: many values of an input, one command."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from graphflow.events import EVENT
from tests.cli.conftest import TOY, Said, Say
from tests.toy import link

WITH_TOY = ("--pack", TOY)


def table(said: Said) -> list[dict[str, str]]:
    """Read the table that a sweep named last on stdout."""
    with Path(said.out.splitlines()[-1]).open(newline="") as file:
        return list(csv.DictReader(file))


def columns(said: Said, *names: str) -> list[tuple[str, ...]]:
    return [tuple(line[name] for name in names) for line in table(said)]


def test_a_grid_runs_every_combination_and_saves_every_file(graphflow: Say, pots: Path) -> None:
    said = graphflow(
        "run", pots, *WITH_TOY, "--set", "times=1..3", "--set", "colour=red,blue", "--grid", "times,colour"
    )

    assert said.code == 0
    *files, last = said.out.splitlines()
    assert [Path(each).read_text() for each in files] == ["red~", "red~~", "red~~~", "blue~", "blue~~", "blue~~~"]
    assert last.endswith("sweep_00001_.csv")
    assert columns(said, "run", "times", "colour")[3] == ("4", "1", "blue")
    assert "4/6  times=1, colour=blue: " in said.err
    assert "6 of 6 runs done in" in said.err


def test_only_what_is_named_is_split(graphflow: Say, pots: Path) -> None:
    said = graphflow("run", pots, *WITH_TOY, "--set", "times=1,2", "--set", "colour=red, 1..4", "--grid", "times")

    assert [Path(each).read_text() for each in said.out.splitlines()[:2]] == ["red, 1..4~", "red, 1..4~~"]


def test_a_json_list_keeps_commas(graphflow: Say, pots: Path) -> None:
    said = graphflow("run", pots, *WITH_TOY, "--set", 'colour=["red, old", "blue"]', "--grid", "colour")

    assert columns(said, "colour") == [("red, old",), ("blue",)]


def test_a_zip_goes_pair_by_pair_and_multiplies_with_a_grid(graphflow: Say, pots: Path) -> None:
    values = ("--set", "colour=red,blue", "--set", "times=1,2", "--set", "fire.prefix=a,b")

    said = graphflow("run", pots, *WITH_TOY, *values, "--zip", "colour,times", "--grid", "fire.prefix")

    assert columns(said, "fire.prefix", "colour", "times") == [
        ("a", "red", "1"),
        ("b", "red", "1"),
        ("a", "blue", "2"),
        ("b", "blue", "2"),
    ]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1..4", [1, 2, 3, 4]),
        ("1..9:2", [1, 3, 5, 7, 9]),
        ("4..1", [4, 3, 2, 1]),
        ("9..1:-4", [9, 5, 1]),
        ("1..3,10, 7", [1, 2, 3, 10, 7]),
        ("-2..-1", [-2, -1]),
        ("18446744073709551614..18446744073709551615", [2**64 - 2, 2**64 - 1]),
        ("[5, 6]", [5, 6]),
    ],
)
def test_whole_numbers_are_written_as_lists_and_ranges(
    graphflow: Say, write: Callable[..., Path], text: str, values: list[int]
) -> None:
    path = write("count", {"count": ("Count", {"value": 1})}, outputs={"n": link("count")})

    said = graphflow("run", path, *WITH_TOY, "--set", f"count.value={text}", "--grid", "count.value")

    assert columns(said, "count.value", "n") == [(str(value), str(value)) for value in values]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.2..1.0:0.2", [0.2, 0.4, 0.6, 0.8, 1.0]),
        ("0.1..0.75:0.3", [0.1, 0.4, 0.7]),
        ("1..3", [1.0, 2.0, 3.0]),
        ("1e-1,2", [0.1, 2.0]),
    ],
)
def test_numbers_are_what_is_written(
    graphflow: Say, write: Callable[..., Path], text: str, values: list[float]
) -> None:
    path = write("scale", {"scale": ("Scale", {})}, outputs={"n": link("scale")})

    said = graphflow("run", path, *WITH_TOY, "--set", f"scale.factor={text}", "--grid", "scale.factor")

    assert [float(n) for (n,) in columns(said, "n")] == values


def test_random_values_are_the_same_for_the_same_seed(graphflow: Say, pots: Path, write: Callable[..., Path]) -> None:
    path = write("dig", {"dig": ("Dig", {}), "fire": ("Fire", {"clay": link("dig")}), "scale": ("Scale", {})})
    options = ("--set", "dig.seed=random:3", "--grid", "dig.seed", "--random", "scale.factor=1.5..3.5:2")

    said = [
        graphflow("run", path, *WITH_TOY, *options, "--targets", "fire,scale", *more)
        for more in (("--sweep-seed", "5"), ("--sweep-seed", "5"), ("--sweep-seed", "6"), ())
    ]

    one, two, other, fresh = (columns(each, "dig.seed", "scale.factor", "sweep_seed") for each in said)
    assert one == two
    assert {seed for *_, seed in one} == {"5"}
    assert len({seed for seed, *_ in (*one, *other, *fresh)}) == 9
    assert all(0 <= int(seed) < 2**32 and 1.5 <= float(factor) <= 3.5 for seed, factor, _ in (*one, *other, *fresh))
    assert f"--sweep-seed {fresh[0][2]} draws the same values" in said[3].err


def test_random_axes_are_drawn_together(graphflow: Say, pots: Path) -> None:
    said = graphflow("run", pots, *WITH_TOY, "--random", "times=1..9:5", "--random", "dig.seed=5")

    assert len(columns(said, "times", "dig.seed")) == 5
    assert all(1 <= int(times) <= 9 for (times,) in columns(said, "times"))


def test_every_mistake_of_a_sweep_is_told_at_once(graphflow: Say, pots: Path) -> None:
    values = ("--set", "times=1,much", "--set", "colour=red,blue,green", "--set", "dig.seed=1..", "--set", "glow=1")

    said = graphflow(
        "run", pots, *WITH_TOY, *values, "--grid", "times,warmth", "--zip", "colour,fire.prefix,clour", "--grid", "dig.seed",
        "--set", "fire.prefix=a,b", "--set", "clour=1,2,3",
    )  # fmt: skip

    assert said.code == 2
    for message in (
        "--grid times: times wants a whole number, got 'much'",
        "--grid warmth: nothing says which values it takes",
        "--set warmth=1,3,7",
        "the workflow has no input 'clour' to sweep",
        "did you mean 'colour'?",
        "axes that are zipped must be equally long: colour has 3, fire.prefix has 2, clour has 3",
        "the workflow has no input 'glow'",
        "--grid dig.seed: '' in '1..' is no number",
    ):
        assert message in said.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1..9:0", "no steps of 0 lead from 1 to 9"),
        ("1..9:-1", "no steps of -1 lead from 1 to 9"),
        ("1..9:0.5", "times wants whole numbers, and 0.5 is none"),
        ("1..2..3", "'2..3' in '1..2..3' is no number"),
        ("1..1000000000000", "more than 10,000 values"),
        ("1..1e999999", "is too large"),
        ("1..nan", "is too large"),
        ("random:0", "does not say how many"),
        ("random:4", "say between which numbers"),
        ("random:9..1:4", "9 is more than 1"),
        ("random:1..2:99999999", "are too many"),
        ("[1, 2", "begins like a JSON list and is none"),
        ("1,,2", "times wants a whole number, got ''"),
        ("1,99", "times must lie between 1 and 10, got 99"),
        ('[1, "x"]', "times wants a whole number, got 'x'"),
        ("[1, 1.5]", "times wants an INT, got 1.5"),
        ("[]", "axis times has no values"),
    ],
)
def test_values_that_make_no_axis_are_said_with_their_input(
    graphflow: Say, pots: Path, text: str, message: str
) -> None:
    said = graphflow("run", pots, *WITH_TOY, "--set", f"times={text}", "--grid", "times")

    assert said.code == 2
    assert message in said.err
    assert "times" in said.err.splitlines()[0]


def test_an_absurd_sweep_is_refused_at_once(graphflow: Say, pots: Path) -> None:
    values = ("--set", "times=1..10", "--set", "dig.seed=1..9999", "--grid", "times,dig.seed")

    start = time.monotonic()
    said = graphflow("run", pots, *WITH_TOY, *values)

    assert said.code == 2
    assert "10 x 9,999 = 99,990 runs; 10,000 are allowed" in said.err
    assert time.monotonic() - start < 5


def test_a_dry_run_counts_runs_and_nodes_and_runs_nothing(graphflow: Say, pots: Path, home: Path) -> None:
    values = ("--set", "times=1..3", "--set", "colour=red,blue", "--grid", "times,colour", "--dry-run")

    said = graphflow("run", pots, *WITH_TOY, *values)
    as_json = graphflow("run", pots, *WITH_TOY, *values, "--json")

    # Two lumps are dug, six kneaded, six fired.
    assert said.out.splitlines()[-1] == "6 runs, 14 nodes to run of 18; the others are shared or cached"
    assert said.out.splitlines()[3] == "  4  times=1, colour=blue"
    (told,) = as_json.lines
    assert (told["runs"], told["to_run"], told["planned"]) == (6, 14, 18)
    assert told["axes"] == {"times": [1, 2, 3], "colour": ["red", "blue"]}
    assert not (home / "output").exists()


def test_a_failed_run_is_told_at_the_end_and_loses_no_other(graphflow: Say, write: Callable[..., Path]) -> None:
    nodes = {
        "dig": ("Dig", {"name": "red"}),
        "break": ("Break", {"clay": link("dig")}),
        "pick": ("Pick", {"on": True, "if_true": link("dig"), "if_false": link("break")}),
        "fire": ("Fire", {"clay": link("pick")}),
    }

    said = graphflow("run", write("risk", nodes), *WITH_TOY, "--set", "pick.on=true,false,yes", "--grid", "pick.on")

    assert said.code == 1
    assert [line["error"] != "" for line in table(said)] == [False, True, False]
    assert "run 2 (pick.on=false): red broke" in said.err
    assert "2 of 3 runs done" in said.err
    assert "1 failed" in said.err


def test_json_tells_events_with_their_run_and_everything_at_the_end(graphflow: Say, pots: Path) -> None:
    said = graphflow("run", pots, *WITH_TOY, "--set", "times=1,2", "--grid", "times", "--json")

    *lines, end = said.lines
    assert said.err == ""
    assert {line["run"] for line in lines} == {1, 2}
    finished = [line for line in lines if line["kind"] == "run.done"]
    assert [line["values"] for line in finished] == [{"times": 1}, {"times": 2}]
    for line in lines:
        if not line["kind"].startswith("run."):
            EVENT.validate_python({name: value for name, value in line.items() if name != "run"})
    assert (end["kind"], end["exit_code"]) == ("sweep.finished", 0)
    assert [run["files"] for run in end["runs"]] == [line["files"] for line in finished]
    assert Path(end["table"]).is_file()


def test_no_cache_shares_within_the_sweep_and_keeps_nothing(graphflow: Say, pots: Path, home: Path) -> None:
    options = ("--set", "times=1..3", "--grid", "times", "--no-cache", "--json")

    for _ in range(2):
        said = graphflow("run", pots, *WITH_TOY, *options)
        began = [line["node"] for line in said.lines if line["kind"] == "node.started"]
        assert (began.count("dig"), began.count("knead"), began.count("fire")) == (1, 3, 3)
    assert not (home / "cache" / "results").exists()


def test_pictures_come_on_a_labelled_sheet_that_runs_again(graphflow: Say, write: Callable[..., Path]) -> None:
    Image.fromarray(np.full((40, 40, 3), (255, 0, 0), np.uint8)).save("red.png")
    Image.fromarray(np.full((40, 40, 3), (0, 0, 255), np.uint8)).save("blue.png")
    nodes: dict[str, tuple[str, Any]] = {
        "load": ("LoadImage", {"image": "red.png"}),
        "scale": ("ImageScale", {"image": link("load", "image"), "width": 120, "height": 120}),
        "save": ("SaveImage", {"images": link("scale")}),
    }
    values = ("--set", "load.image=./red.png,./blue.png", "--set", "scale.height=120,60")

    said = graphflow("run", write("show", nodes), *values, "--grid", "load.image,scale.height")

    assert said.code == 0, said.err
    sheet = next(line for line in said.out.splitlines() if "sweep-sheet" in line)
    with Image.open(sheet) as picture:
        pixels = np.asarray(picture)
    red, blue = ((pixels == colour).all(axis=-1) for colour in ((255, 0, 0), (0, 0, 255)))
    assert (red.sum(), blue.sum()) == (240 * 360, 240 * 360)  # twice as large on the sheet
    assert np.nonzero(red)[1].max() < np.nonzero(blue)[1].min()  # red is the left column
    again = graphflow("run", sheet)
    with Image.open(again.out.strip()) as picture:
        np.testing.assert_array_equal(np.asarray(picture), pixels)


def test_ctrl_c_keeps_what_was_finished_and_writes_the_table(home: Path, write: Callable[..., Path]) -> None:
    Path("slow.py").write_text(
        "import time\n"
        "from graphflow.api import SILENT, Context, node\n"
        "@node('Slow')\n"
        "def slow(value: int = 0, ctx: Context = SILENT) -> int:\n"
        "    for _ in ctx.track(range(10 if value < 2 else 100_000)):\n"
        "        time.sleep(0.01)\n"
        "    return value\n"
        "NODES = (slow,)\n"
    )
    path = write("slow", {"slow": ("Slow", {})}, outputs={"n": link("slow")})
    command = ["run", str(path), "--pack", "slow.py", "--set", "slow.value=0..9", "--grid", "slow.value", "--json"]

    with subprocess.Popen([sys.executable, "-m", "graphflow.cli", *command], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        lines = []
        for line in run.stdout:
            lines.append(json.loads(line))
            if lines[-1].get("run") == 3 and lines[-1]["kind"] == "node.progress":
                run.send_signal(signal.SIGINT)
                break
        lines += [json.loads(line) for line in run.stdout]

    assert run.returncode == 130
    assert lines[-1]["kind"] == "sweep.cancelled"
    with Path(lines[-1]["table"]).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["n"], row["error"]) for row in rows[:3]] == [("0", ""), ("1", ""), ("", "cancelled")]
