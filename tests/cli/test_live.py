"""On a terminal finished nodes stand still, the one at work has a bar, and nothing is left behind at the end."""

from __future__ import annotations

import io
import time
from typing import Any

import pytest
from rich.console import Console

from graphflow.cli.live import LiveReport
from graphflow.cli.terminal import columns, harmless, paint, plural, seconds
from graphflow.errors import RunCancelled
from graphflow.events import NodeFinished, NodeLogged, NodeProgress, NodeStarted
from tests.toy import link, plan

NODES = {"dig": ("Dig", {}), "knead": ("Knead", {"clay": link("dig")}), "fire": ("Fire", {"clay": link("knead")})}


def screen(width: int = 80) -> Console:
    """Return a terminal that is a text in memory and stands still."""
    return Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None, legacy_windows=False)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_each_node_gets_a_line_that_says_how_it_ended() -> None:
    console = screen()

    with LiveReport(plan(NODES), console=console) as report:
        report(NodeFinished(node="dig", how="cached"))
        report(NodeStarted(node="knead", type="Knead"))
        report(NodeLogged(node="knead", message="hot"))
        report(NodeProgress(node="knead", done=3, total=10))
        time.sleep(0.25)
        report(NodeFinished(node="knead", how="ran", seconds=1.25))
        report(NodeFinished(node="fire", how="blocked", reason="the gate is shut"))

    text = shown(console)
    assert "· dig         Dig    cached" in text
    assert "knead       Knead  hot" in text
    assert "3/10" in text
    assert "✓ knead       Knead  1.2 s" in text
    assert "– fire        Fire   skipped: the gate is shut" in text


@pytest.mark.parametrize(
    ("error", "line"), [(ValueError(), "✗ dig         Dig    failed"), (RunCancelled(), "– dig         Dig    stopped")]
)
def test_the_node_that_was_at_work_says_what_became_of_it(error: Exception, line: str) -> None:
    console = screen()
    report = LiveReport(plan(NODES), console=console)

    report.__enter__()
    report(NodeStarted(node="dig", type="Dig"))
    report.__exit__(type(error), error, None)

    assert line in shown(console)


def test_a_large_graph_is_one_bar_and_what_takes_its_time() -> None:
    nodes: dict[str, Any] = {"n0": ("Dig", {})} | {
        f"n{i}": ("Knead", {"clay": link(f"n{i - 1}")}) for i in range(1, 1000)
    }
    console = screen()

    with LiveReport(plan(nodes, "n999"), console=console) as report:
        for i in range(1000):
            report(NodeFinished(node=f"n{i}", how="ran", seconds=2.0 if i == 7 else 0.001))
        time.sleep(0.25)

    text = shown(console)
    assert "1000/1000" in text
    assert text.count("✓") == 1


def test_long_names_and_narrow_terminals_break_nothing() -> None:
    console = screen(40)
    name = "outer/" * 10 + "inner"

    with LiveReport(plan(NODES), console=console) as report:
        report(NodeStarted(node=name, type="Knead"))
        report(NodeFinished(node=name, how="ran", seconds=61))

    assert "✓ …ter/inner  Knead  1 min 1 s" in shown(console)


def test_names_with_markup_are_shown_as_they_are() -> None:
    console = screen()

    with LiveReport(plan({"[red]x": ("Dig", {})}, "[red]x"), console=console) as report:
        report(NodeStarted(node="[red]x", type="Dig"))
        time.sleep(0.25)
        report(NodeFinished(node="[red]x", how="ran", seconds=1))

    assert "✓ [red]x      Dig  1.0 s" in shown(console)


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.0, "<1 ms"), (0.0123, "12 ms"), (0.9994, "999 ms"), (1, "1.0 s"), (59.94, "59.9 s"), (60, "1 min 0 s"), (3725, "62 min 5 s")],
)  # fmt: skip
def test_durations_are_told_as_people_say_them(value: float, told: str) -> None:
    assert seconds(value) == told


def test_small_words() -> None:
    assert [plural(count, "node") for count in (0, 1, 2, 1000)] == ["0 nodes", "1 node", "2 nodes", "1,000 nodes"]
    assert columns([("a", "bb", "c"), ("aaa", "b", "")]) == ["  a    bb  c", "  aaa  b"]
    assert harmless("\x1b[31mred\ttab\nline") == "\N{REPLACEMENT CHARACTER}[31mred\ttab\nline"
    assert paint("text", "red", io.StringIO()) == "text"
