"""`Engine.sweep` runs a workflow for many values, and shares all that does not depend on them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graphflow.engine import Engine
from graphflow.errors import WorkflowError
from graphflow.events import Event, NodeFinished
from tests.sweeping import POT, Studio
from tests.toy import Clay, link, workflow


@pytest.fixture
def studio() -> Studio:
    return Studio()


@pytest.fixture(params=[True, False], ids=["cache", "no-cache"])
def engine(studio: Studio, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    with Engine(tmp_path / "home", registry=studio.registry, caching=request.param) as engine:
        yield engine


def table(path: Path | None) -> list[dict[str, str]]:
    assert path is not None
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def codes(error: WorkflowError) -> list[tuple[str, str | None, str | None]]:
    return [(each.code, each.node, each.input) for each in error.problems]


def test_a_node_runs_once_per_value_of_the_axes_above_it(engine: Engine, studio: Studio) -> None:
    results = engine.sweep(POT, {"degrees": [1, 2, 3], "times": [4, 5]})

    # Roll says keep="never": within the sweep it is shared all the same.
    assert studio.calls == {"Source": 1, "Roll": 2, "Heat": 6, "SaveImage": 6 + 1, "Grid": 1}
    assert len(results) == 6
    assert results.at(degrees=3, times=4).results is not None


def test_every_run_saves_what_it_would_save_alone(engine: Engine) -> None:
    results = engine.sweep(POT, {"degrees": [1, 2], "times": [4, 5]})

    saved = [Path(run.files[0].path).read_text() for run in results]
    assert [text.splitlines()[0] for text in saved] == ["a4@1", "a4@2", "a5@1", "a5@2"]
    alone = engine.run(POT, {"degrees": 2, "times": 5})
    assert Path(alone.artifacts[0].path).read_text() == saved[3]


def test_a_zip_takes_the_values_pair_by_pair(engine: Engine, studio: Studio) -> None:
    results = engine.sweep(POT, {"degrees": [1, 2], "times": [4, 5]}, mode="zip")

    assert [dict(run.values) for run in results] == [{"degrees": 1, "times": 4}, {"degrees": 2, "times": 5}]
    assert studio.calls["Heat"] == 2


def test_the_sheet_has_the_first_axis_in_columns_and_the_second_in_rows(engine: Engine) -> None:
    results = engine.sweep(POT, {"degrees": [1.5, 2], "times": [4, 5]})

    (sheet,) = results.sheets
    said = Path(sheet.path).read_text().splitlines()[0]
    assert said == "Pots | degrees=1.5/degrees=2 | times=4/times=5 |  | 0:a4@1.5 1:a4@2 2:a5@1.5 3:a5@2"


def test_one_axis_or_a_zip_gives_captions(engine: Engine) -> None:
    results = engine.sweep(POT, {"degrees": [1, 2], "times": [4, 5]}, mode="zip")

    said = Path(results.sheets[0].path).read_text().splitlines()[0]
    assert said == "Pots |  |  | degrees=1, times=4/degrees=2, times=5 | 0:a4@1 1:a5@2"


def test_each_value_of_a_third_axis_is_a_sheet_of_its_own(engine: Engine) -> None:
    results = engine.sweep(POT, {"degrees": [1, 2], "times": [4], "name": ["a", "b"]})

    first, second = (Path(each.path).read_text().splitlines()[0] for each in results.sheets)
    assert first == "Pots · name=a | degrees=1/degrees=2 | times=4 |  | 0:a4@1 1:a4@2"
    assert second == "Pots · name=b | degrees=1/degrees=2 | times=4 |  | 0:b4@1 1:b4@2"


def test_a_sheet_carries_a_workflow_that_makes_it_again(studio: Studio, tmp_path: Path) -> None:
    with Engine(tmp_path / "one", registry=studio.registry) as engine:
        said = Path(engine.sweep(POT, {"degrees": [1, 2], "times": [4, 5]}).sheets[0].path).read_text()
    line, _, text = said.partition("\n")
    studio.calls.clear()

    with Engine(tmp_path / "two", registry=studio.registry) as engine:
        again = engine.run(text.encode())

    assert again["sheet"] == Clay(line)
    assert studio.calls == {"Source": 1, "Roll": 2, "Heat": 4, "Grid": 1, "SaveImage": 1}


def test_a_failed_run_loses_no_other_and_leaves_its_cell_empty(engine: Engine) -> None:
    results = engine.sweep(POT, {"degrees": [1, 13, 2]})

    assert [run.outcome for run in results] == ["done", "failed", "done"]
    (failed,) = results.failed
    assert failed.problem is not None
    assert (failed.problem.node, failed.problem.input) == ("heat", "degrees")
    assert Path(results.sheets[0].path).read_text().splitlines()[0].endswith("| 0:a1@1 2:a1@2")
    assert [line["error"] for line in table(results.table)] == ["", "heat.degrees: a1 burst", ""]


def test_a_shared_node_that_fails_is_tried_once(engine: Engine, studio: Studio) -> None:
    results = engine.sweep(POT, {"degrees": [1, 2, 3]}, inputs={"broken": True})

    assert [run.problem.message for run in results if run.problem] == ["nothing to dig"] * 3
    assert studio.calls["Source"] == 1
    assert results.sheets == ()


def test_the_table_has_a_line_per_run(engine: Engine) -> None:
    results = engine.sweep(POT, {"degrees": [1, 20.5], "times": [4]})

    lines = table(results.table)
    assert list(lines[0]) == ["run", "degrees", "times", "files", "weight", "seconds", "error"]
    assert [(line["run"], line["degrees"], line["times"], line["weight"]) for line in lines] == [
        ("1", "1", "4", "4"),
        ("2", "20.5", "4", "7"),
    ]
    assert [line["files"] for line in lines] == [run.files[0].path for run in results]
    assert all(float(line["seconds"]) >= 0 for line in lines)


def test_the_table_notes_seeds_that_are_no_axis(engine: Engine) -> None:
    nodes = {"dig": ("Dig", {"seed": 7}), "save": ("SaveImage", {"images": link("dig")})}
    named = workflow(nodes, inputs={"seed": {"node": "dig", "input": "seed"}, "name": {"node": "dig", "input": "name"}})

    by_name = engine.sweep(named, {"name": ["a", "b"]})
    by_seed = engine.sweep(workflow(nodes), {"dig.seed": [2**64 - 1]})

    assert [line["seed"] for line in table(by_name.table)] == ["7", "7"]
    assert table(by_seed.table)[0]["dig.seed"] == str(2**64 - 1)


def test_events_come_with_the_number_of_their_run(engine: Engine) -> None:
    heard: list[tuple[int, str, str]] = []

    def emit(number: int, event: Event) -> None:
        if isinstance(event, NodeFinished):
            heard.append((number, event.node, event.how))

    engine.sweep(POT, {"degrees": [1, 2]}, emit=emit)

    assert (1, "roll", "ran") in heard
    assert (2, "roll", "cached") in heard
    assert [(node, how) for number, node, how in heard if number == 0 and how == "ran"] == [
        ("grid", "ran"),
        ("save", "ran"),
    ]


def test_a_cancelled_sweep_keeps_what_was_finished(engine: Engine) -> None:
    done: list[str] = []

    def emit(number: int, event: Event) -> None:
        if isinstance(event, NodeFinished) and event.node == "weight":
            done.append(event.node)

    results = engine.sweep(POT, {"degrees": [1, 2, 3, 4]}, emit=emit, cancelled=lambda: len(done) >= 2)

    assert results.cancelled
    assert [run.outcome for run in results] == ["done", "done", "cancelled", "cancelled"]
    assert Path(results.sheets[0].path).read_text().splitlines()[0].endswith("| 0:a1@1 1:a1@2")
    assert [line["error"] for line in table(results.table)] == ["", "", "cancelled", "cancelled"]


def test_every_mistake_is_said_at_once(engine: Engine, studio: Studio) -> None:
    axes: dict[str, Any] = {"degrees": [1, "hot"], "tmies": [1], "times": [], "name": ["a", 5]}

    with pytest.raises(WorkflowError) as wrong:
        engine.sweep(POT, axes, mode="zip")

    assert sorted(codes(wrong.value), key=str) == [
        ("empty-axis", None, "times"),
        ("unequal-zip", None, None),
        ("unknown-input", None, "tmies"),
        ("wrong-type", "heat", "degrees"),
        ("wrong-type", "source", "name"),
    ]
    assert next(each.hint for each in wrong.value.problems if each.input == "tmies") == "did you mean 'times'?"
    assert not studio.calls


def test_a_bad_value_is_said_once_however_many_runs_have_it(engine: Engine) -> None:
    with pytest.raises(WorkflowError) as wrong:
        engine.sweep(POT, {"degrees": ["hot", 1], "times": [1, 2, 3]})

    assert codes(wrong.value) == [("wrong-type", "heat", "degrees")]


def test_an_input_cannot_be_two_axes_nor_an_axis_and_a_value(engine: Engine) -> None:
    with pytest.raises(WorkflowError, match=r"given twice, as times and as roll\.times"):
        engine.sweep(POT, {"times": [1], "roll.times": [2]})
    with pytest.raises(WorkflowError, match="given twice"):
        engine.sweep(POT, {"times": [1]}, inputs={"times": 2})


def test_an_absurd_sweep_is_refused_before_it_is_planned(engine: Engine) -> None:
    with pytest.raises(WorkflowError, match=r"101 x 100 = 10,100 runs; 10,000 are allowed"):
        engine.sweep(POT, {"degrees": range(101), "times": range(100)})
    with pytest.raises(WorkflowError, match="needs an axis"):
        engine.sweep(POT, {})


def test_many_runs_are_split_over_sheets_by_whole_rows(engine: Engine) -> None:
    results = engine.sweep(POT, {"degrees": range(100, 200), "times": [1, 2, 3]})

    titles = [Path(each.path).read_text().split(" |")[0] for each in results.sheets]
    assert titles == ["Pots · 1 of 2", "Pots · 2 of 2"]
    assert " | times=3 | " in Path(results.sheets[1].path).read_text()


def test_several_pictures_of_a_run_share_its_cell(engine: Engine) -> None:
    nodes: dict[str, Any] = {
        "dig": ("Dig", {"name": "a"}),
        "slice": ("Slice", {"clay": link("dig")}),
        "save": ("SaveImage", {"images": link("slice")}),
    }

    results = engine.sweep(workflow(nodes), {"dig.name": ["a", "b"]})

    assert Path(results.sheets[0].path).read_text().splitlines()[0].endswith("| 0:a#0 0:a#1 1:b#0 1:b#1")


def test_a_blocked_picture_leaves_its_cell_empty(engine: Engine) -> None:
    nodes: dict[str, Any] = {
        "dig": ("Dig", {"name": "a"}),
        "gate": ("Gate", {"clay": link("dig")}),
        "save": ("SaveImage", {"images": link("gate")}),
    }

    results = engine.sweep(workflow(nodes), {"gate.open": [True, False, True], "dig.name": ["a", "b", "c"]}, mode="zip")

    assert Path(results.sheets[0].path).read_text().splitlines()[0].endswith("| 0:a 2:c")


def test_a_picture_from_inside_a_subgraph_comes_on_the_sheet(engine: Engine) -> None:
    inner = {
        "inputs": {"degrees": {"node": "heat", "input": "degrees"}},
        "outputs": {"files": {"node": "save", "output": "files"}},
        "nodes": {
            "source": {"type": "Source", "inputs": {}},
            "heat": {"type": "Heat", "inputs": {"clay": link("source")}},
            "save": {"type": "SaveImage", "inputs": {"images": link("heat")}},
        },
    }
    nodes: dict[str, Any] = {"kiln": ("subgraph:kiln", {"degrees": 1.0})}

    results = engine.sweep(workflow(nodes, subgraphs={"kiln": inner}), {"kiln.degrees": [1, 2]})

    assert Path(results.sheets[0].path).read_text().splitlines()[0].endswith("| 0:clay@1 1:clay@2")


def test_without_a_picture_there_is_a_table_and_no_sheet(engine: Engine) -> None:
    results = engine.sweep(POT, {"degrees": [1, 2]}, targets=["weight"])

    assert results.sheets == ()
    assert [line["weight"] for line in table(results.table)] == ["4", "4"]
