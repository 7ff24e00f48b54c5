"""What a node logs is kept readable: neither a line nor their number grows without end."""

from __future__ import annotations

from pathlib import Path

from graphflow.events import NodeLogged
from graphflow.home import Home
from graphflow.jobs.worker import Report
from graphflow.jobs.worker.lines import LONGEST, MOST, Lines
from tests.jobs.worker.rig import inline, run_on, task


def lines_of(reports: list[Report]) -> list[str]:
    return [each.message for each in reports if isinstance(each, NodeLogged)]


def test_a_long_line_is_cut_and_says_so(tmp_path: Path) -> None:
    (reports,) = run_on(inline(Home(tmp_path)), task({"say": ("Say", {"message": "x" * (LONGEST + 1)})}))

    assert lines_of(reports) == ["x" * (LONGEST - 1) + "…"]


def test_a_line_of_just_that_length_is_whole(tmp_path: Path) -> None:
    (reports,) = run_on(inline(Home(tmp_path)), task({"say": ("Say", {"message": "é" * LONGEST})}))

    assert lines_of(reports) == ["é" * LONGEST]


def test_beyond_a_thousand_lines_one_says_that_there_were_more() -> None:
    lines = Lines()
    taken = [lines.take("a", str(number)) for number in range(MOST + 50)]

    assert taken[:MOST] == [str(number) for number in range(MOST)]
    assert taken[MOST] == "more lines were left out: a node may write 1,000"
    assert taken[MOST + 1 :] == [None] * 49


def test_each_node_has_its_own_thousand() -> None:
    lines = Lines()
    for number in range(MOST + 5):
        lines.take("a", str(number))

    assert lines.take("b", "first") == "first"
