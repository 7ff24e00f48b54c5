"""The planner: all that is wrong at once, cycles by name, and no limit of depth."""

from __future__ import annotations

from typing import Any

from tests.planning import brief, problems
from tests.toy import link, plan


def test_every_problem_is_found_at_once_with_its_place_and_its_way_out() -> None:
    nodes = {
        "dig": ("Dig", {"name": 7, "sead": 3}),
        "kneed": ("Kneed", {"clay": link("dig")}),
        "knead": ("Knead", {"clay": link("dug"), "times": 11}),
        "join": ("Join", {"a": link("dig", "uot"), "glue": "slop"}),
        "pot": ("NeedPot", {"pot": link("dig")}),
        "heap": ("Heap", {"lumps": [link("kneed"), link("knead"), link("join"), link("pot")]}),
    }

    assert brief(problems(nodes, "heap")) == [
        ("unknown-node", "knead", "clay", "did you mean 'dig'?"),
        ("wrong-type", "dig", "name", None),
        ("unknown-input", "dig", "sead", "did you mean 'seed'?"),
        ("unknown-type", "kneed", None, "did you mean 'Knead' or 'NeedPot'?"),
        ("out-of-range", "knead", "times", None),
        ("unknown-output", "join", "a", "did you mean 'out'?"),
        ("missing-input", "join", "b", None),
        ("not-a-choice", "join", "glue", "did you mean 'slip'?"),
        ("type-mismatch", "pot", "pot", None),
    ]


def test_what_is_missing_is_said_with_what_was_wanted() -> None:
    (problem,) = problems({"k": ("Knead", {})}, "k")

    assert str(problem) == "k.clay: clay is missing: Knead wants a link of type CLAY"


def test_a_broken_link_is_not_a_missing_input_as_well() -> None:
    nodes = {"dig": ("Dig", {}), "k": ("Knead", {"clay": link("dog")}), "h": ("Heap", {"lumps": [link("dog")]})}

    assert brief(problems(nodes, "k", "h")) == [
        ("unknown-node", "k", "clay", "did you mean 'dig'?"),
        ("unknown-node", "h", "lumps", "did you mean 'dig'?"),
    ]


def test_what_reads_a_broken_node_is_checked_too() -> None:
    nodes = {"dig": ("Dig", {"seed": -1}), "k": ("Knead", {"clay": link("dig"), "times": 0})}

    assert [(each.code, each.node) for each in problems(nodes, "k")] == [("out-of-range", "dig"), ("out-of-range", "k")]


def test_a_cycle_is_named_with_its_path() -> None:
    nodes = {
        "a": ("Knead", {"clay": link("c")}),
        "b": ("Knead", {"clay": link("a")}),
        "c": ("Knead", {"clay": link("b")}),
        "out": ("Throw", {"clay": link("c")}),
    }

    (problem,) = problems(nodes, "out")

    assert (problem.code, problem.node, problem.hint) == ("cycle", "a", "cut one link")
    assert problem.message == "these nodes wait for each other: a → b → c → a"


def test_each_of_several_knots_is_named_once() -> None:
    nodes = {
        "a": ("Knead", {"clay": link("b")}),
        "b": ("Knead", {"clay": link("a")}),
        "self": ("Knead", {"clay": link("self")}),
        "out": ("Join", {"a": link("a"), "b": link("self")}),
    }

    found = problems(nodes, "out")

    assert [each.message for each in found] == [
        "these nodes wait for each other: a → b → a",
        "these nodes wait for each other: self → self",
    ]


def test_a_diamond_is_no_cycle() -> None:
    nodes = {
        "dig": ("Dig", {}),
        "l": ("Knead", {"clay": link("dig")}),
        "r": ("Throw", {"clay": link("dig")}),
        "j": ("Join", {"a": link("l"), "b": link("r")}),
    }

    assert list(plan(nodes, "j").steps) == ["dig", "l", "r", "j"]


def test_a_very_long_cycle_is_shown_in_short() -> None:
    nodes = {f"n{i:03}": ("Knead", {"clay": link(f"n{(i - 1) % 500:03}")}) for i in range(500)}

    (problem,) = problems(nodes, "n000")

    assert len(problem.message) < 200
    assert problem.message.endswith("… → n000")


def test_ten_thousand_nodes_are_planned() -> None:
    nodes: dict[str, Any] = {"n0": ("Dig", {})}
    nodes |= {f"n{i}": ("Knead", {"clay": link(f"n{i - 1}")}) for i in range(1, 10_000)}

    assert len(plan(nodes, "n9999").steps) == 10_000
