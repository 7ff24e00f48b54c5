"""The benchmarks measure what they say, and write no more of the page than their own part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.alternatives import KeyMaker, _hash_consed, _run, _written_out
from benchmarks.chains import REGISTRY, chain, ladder
from benchmarks.measuring import Figure, Report, Times
from benchmarks.page import write
from graphflow.engine import Engine


def report(median: float) -> Report:
    return Report("Speed", "How fast.", [Figure("one run", "ms", median, goal=10)])


@pytest.mark.parametrize("kind", ["Step", "KeptStep"])
def test_a_chain_adds_one_per_node(tmp_path: Path, kind: str) -> None:
    with Engine(tmp_path, registry=REGISTRY) as engine:
        assert engine.run(chain(7, kind, start=3))["last"] == 10


def test_a_ladder_joins_the_two_nodes_before(tmp_path: Path) -> None:
    with Engine(tmp_path, registry=REGISTRY) as engine:
        assert engine.run(ladder(6))["last"] == 1 * 3 + 2 * 5  # Fibonacci from 1 + 0 and 1 + 1


@pytest.mark.parametrize("make_keys", [_written_out, _hash_consed()], ids=["written out", "hash-consed"])
def test_the_alternatives_compute_the_same_and_compute_it_once(make_keys: KeyMaker) -> None:
    cache: dict[Any, Any] = {}

    first = _run(cache, make_keys, chain(7))
    again = _run(cache, make_keys, chain(7))

    assert first == again == {f"n{index}": index + 1 for index in range(7)}
    assert len(cache) == 7
    assert _run(cache, make_keys, chain(7, start=1))["n6"] == 8


def test_a_report_replaces_its_own_part_of_the_page_only(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\nWritten by hand.\n")
    write("speed", report(20), page)
    write("memory", report(5), page)
    before = page.read_text()

    write("speed", report(8), page)

    after = page.read_text()
    assert "2.00 of the goal **missed**" in before
    assert "missed" not in after
    assert after.startswith("# Page\n\nWritten by hand.\n")
    assert after.partition("<!-- memory")[2] == before.partition("<!-- memory")[2]


def test_a_figure_gives_the_median_and_the_best_in_its_unit() -> None:
    figure = Times([0.003, 0.001, 0.002], [0.001, 0.001, 0.004]).figure("one run", "ms", goal=1.5)

    assert (figure.median, figure.best, figure.processor, figure.missed) == (2, 1, 1, True)
