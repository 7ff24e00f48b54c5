"""Links between types: what may feed what, and what a refusal says."""

from __future__ import annotations

from typing import Any, NamedTuple

from graphflow.api import node
from graphflow.registry import Pack, Registry
from tests.planning import brief, problems
from tests.toy import PACK, Clay, link, plan, run


class Weighed(NamedTuple):
    grams: int
    rest: Clay


def test_a_mismatch_says_what_was_wanted_and_what_was_found() -> None:
    nodes = {
        "n": ("Count", {"value": 1}),
        "dig": ("Dig", {}),
        "k": ("Knead", {"clay": link("n"), "times": link("dig")}),
    }

    assert [each.message for each in problems(nodes, "k")] == [
        "clay wants CLAY, but n.out (Count) gives INT",
        "times wants INT, but dig.out (Dig) gives CLAY",
    ]


def test_a_mismatch_names_another_output_that_would_have_fitted() -> None:
    @node("Weigh", category="toy")
    def weigh(clay: Clay) -> Weighed:
        return Weighed(3, clay)

    nodes = {"dig": ("Dig", {}), "w": ("Weigh", {"clay": link("dig")}), "k": ("Knead", {"clay": link("w", "grams")})}

    (problem,) = problems(nodes, "k", registry=Registry([PACK, Pack("weigh", (weigh,))]))

    assert (problem.code, problem.hint) == ("type-mismatch", "its output 'rest' would fit")


def test_a_subtype_feeds_its_base_and_a_whole_number_a_float() -> None:
    nodes: dict[str, Any] = {
        "dig": ("Dig", {}),
        "pot": ("Throw", {"clay": link("dig")}),
        "knead": ("Knead", {"clay": link("pot")}),
        "n": ("Count", {"value": 3}),
        "scale": ("Scale", {"factor": link("n")}),
    }

    outputs = run(plan(nodes, "knead", "scale"))

    assert outputs["knead"]["out"].shape == "pot of clay~"
    assert outputs["scale"]["out"] == 3.0


def test_a_list_of_links_fits_only_an_input_that_takes_many() -> None:
    nodes: dict[str, Any] = {
        "dig": ("Dig", {}),
        "h": ("Heap", {"lumps": [link("dig"), link("dig")]}),
        "k": ("Knead", {"clay": [link("dig")]}),
    }

    assert brief(problems(nodes, "h", "k")) == [("one-link-wanted", "k", "clay", None)]
    assert run(plan(nodes, "h"))["h"]["out"].shape == "[clay clay]"


def test_one_link_may_feed_an_input_that_takes_many() -> None:
    nodes: dict[str, Any] = {"dig": ("Dig", {}), "h": ("Heap", {"lumps": link("dig")})}

    assert run(plan(nodes, "h"))["h"]["out"].shape == "[clay]"


def test_an_optional_input_takes_null() -> None:
    @node("Maybe", category="toy")
    def maybe(*, clay: Clay | None = None, times: int | None = None) -> str:
        return f"{clay} {times}"

    registry = Registry([PACK, Pack("m", (maybe,))])
    nodes = {"m": ("Maybe", {"clay": {"value": None}, "times": {"value": None}})}

    assert run(plan(nodes, "m", registry=registry))["m"]["out"] == "None None"
