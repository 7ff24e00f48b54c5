"""What would run, what is cached, and which part of a key made the difference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graphflow.api import node
from graphflow.cache import Cache
from graphflow.explain import explain, recall, remember
from graphflow.registry import Pack, Registry
from graphflow.step import Plan
from tests.toy import PACK, Clay, fresh_cache, link, plan, run


def chain(name: str = "red", times: int = 1) -> dict[str, Any]:
    return {
        "dig": ("Dig", {"name": name}),
        "knead": ("Knead", {"clay": link("dig"), "times": times}),
        "throw": ("Throw", {"clay": link("knead")}),
        "fire": ("Fire", {"clay": link("throw")}),
    }


def fates(work: Plan, cache: Cache) -> dict[str, str]:
    return {each.node: each.fate for each in explain(work, cache, {})}


def test_before_the_first_run_everything_runs() -> None:
    assert set(fates(plan(chain()), fresh_cache()).values()) == {"runs"}


def test_after_a_run_only_what_saves_runs_and_what_is_behind_the_cache_is_not_needed() -> None:
    cache = fresh_cache()
    run(plan(chain()), cache)

    assert fates(plan(chain()), cache) == {
        "dig": "not needed",
        "knead": "not needed",
        "throw": "cached",
        "fire": "runs",
    }


def test_a_changed_value_runs_what_depends_on_it() -> None:
    cache = fresh_cache()
    run(plan(chain()), cache)

    assert fates(plan(chain(times=2)), cache) == {"dig": "cached", "knead": "runs", "throw": "runs", "fire": "runs"}


def test_the_reason_names_the_part_of_the_key_that_changed(tmp_path: Path) -> None:
    cache = fresh_cache()
    before = plan(chain())
    run(before, cache)
    remember(before, "pot", tmp_path)

    verdicts = explain(plan(chain(times=2)), cache, recall("pot", tmp_path))

    assert {each.node: each.why for each in verdicts} == {
        "dig": (),
        "knead": ("times: 1 → 2",),
        "throw": ("clay: comes from knead, which changed",),
        "fire": ("saves files, so it runs every time",),
    }


def test_a_new_revision_and_another_type_are_reasons(tmp_path: Path) -> None:
    def washing(name: str, revision: int) -> Plan:
        @node(name, category="toy", revision=revision)
        def wash(*, type: str = "x") -> Clay:
            return Clay("x")

        return plan({"w": (name, {})}, "w", registry=Registry([PACK, Pack("wash", (wash,))]))

    remember(washing("Wash", 1), "pot", tmp_path)
    noted = recall("pot", tmp_path)

    (verdict,) = explain(washing("Wash", 2), fresh_cache(), noted)
    assert verdict.why == ("node revision: 1 → 2",)
    (verdict,) = explain(washing("Rinse", 1), fresh_cache(), noted)
    assert verdict.why == ("node type: Wash → Rinse",)


def test_values_that_only_look_alike_are_told_apart(tmp_path: Path) -> None:
    remember(plan({"s": ("Scale", {"factor": 1.0})}, "s"), "x", tmp_path)

    (verdict,) = explain(
        plan({"s": ("Scale", {"factor": 1.5, "weights": [1]})}, "s"), fresh_cache(), recall("x", tmp_path)
    )

    assert verdict.why == ("factor: 1.0 → 1.5", "weights: () → (1.0,)")


def test_an_unchanged_node_whose_result_is_gone_says_so(tmp_path: Path) -> None:
    work = plan(chain(), "throw")
    remember(work, "pot", tmp_path)

    (reason,) = explain(work, fresh_cache(), recall("pot", tmp_path))[0].why

    assert reason.startswith("nothing changed")


def test_a_node_that_is_new_says_so(tmp_path: Path) -> None:
    remember(plan({"dig": ("Dig", {})}, "dig"), "pot", tmp_path)

    verdicts = explain(plan(chain(), "knead"), fresh_cache(), recall("pot", tmp_path))

    assert [each.why for each in verdicts] == [("name: 'clay' → 'red'",), ("was not in the last run",)]


def test_a_node_that_is_never_kept_says_so() -> None:
    @node("Clock", category="toy", keep="never")
    def clock() -> int:
        return 1

    cache = fresh_cache()
    work = plan({"c": ("Clock", {})}, "c", registry=Registry([Pack("clock", (clock,))]))
    run(work, cache)

    assert [(each.fate, each.why) for each in explain(work, cache, {})] == [("runs", ("its result is never kept",))]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"dig": 3}', "null"])
def test_a_damaged_note_is_no_note(text: str, tmp_path: Path) -> None:
    remember(plan(chain()), "pot", tmp_path)
    (note,) = tmp_path.iterdir()
    note.write_text(text)

    assert recall("pot", tmp_path) == {}


def test_a_note_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    remember(plan(chain()), "pot", tmp_path / "file")

    assert recall("pot", tmp_path / "file") == {}


def test_names_of_workflows_are_not_taken_for_paths(tmp_path: Path) -> None:
    for name in ("../../x", "a/b", "", "x" * 5000, "half \ud800"):
        remember(plan(chain()), name, tmp_path / "notes")
        assert recall(name, tmp_path / "notes")

    assert [each.name for each in tmp_path.iterdir()] == ["notes"]
