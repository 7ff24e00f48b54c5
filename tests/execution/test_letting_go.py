"""What was let go is computed again where somebody asks for it, and nothing is let go too early or held too long."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from graphflow.api import Lazy, node
from graphflow.events import Event
from tests.execution.own_nodes import no_cache, registry
from tests.toy import Clay, fresh_cache, link, plan, run, started

LAZY_AGAIN: dict[str, Any] = {
    "dig": ("Dig", {}),
    "early": ("Knead", {"clay": link("again")}),
    "late": ("Pick", {"on": True, "if_true": link("again"), "if_false": link("dig")}),
}


@pytest.mark.parametrize(
    "again",
    [
        ("Pick", {"on": True, "if_true": link("dig"), "if_false": link("dig")}),
        ("Repeat", {"clay": link("dig")}),
        ("Knead", {"clay": link("dig")}),
    ],
)
def test_a_result_that_was_let_go_is_computed_again_for_a_lazy_input_that_comes_later(again: Any) -> None:
    outputs = run(plan({**LAZY_AGAIN, "again": again}, "early", "late"), no_cache())

    assert outputs["early"]["out"].shape == outputs["late"]["out"].shape + "~"


def test_a_node_equal_to_a_cached_one_takes_nothing_from_those_that_still_run() -> None:
    nodes: dict[str, Any] = {"dig": ("Dig", {})}
    nodes |= {name: ("Knead", {"clay": link("dig")}) for name in ("a", "b")}
    nodes |= {f"c{i}": ("Knead", {"clay": link("dig"), "times": i}) for i in (2, 3, 4)}
    cache, first = fresh_cache(), plan(nodes, "a")
    run(first, cache)
    kept = cache.lookup(first.steps["a"].key, first.steps["a"].type)
    cache.clear()
    assert kept is not None
    cache.keep(first.steps["a"].key, first.steps["a"].type, kept, 0)

    outputs = run(plan(nodes, "a", "b", "c2", "c3", "c4"), cache)

    assert [outputs[f"c{i}"]["out"].shape for i in (2, 3, 4)] == ["clay~~", "clay~~~", "clay~~~~"]


def test_a_lazy_value_that_was_read_is_held_until_its_node_is_done() -> None:
    @node("Both", category="toy")
    def both(*, a: Lazy[Clay], b: Lazy[Clay]) -> Clay:
        return Clay(f"{a().shape}{b().shape}")

    nodes: dict[str, Any] = {
        "a": ("Dig", {"name": "a"}),
        "b": ("Cut", {"clay": link("a")}),
        "both": ("Both", {"a": link("a"), "b": link("b", "left")}),
    }
    events: list[Event] = []

    outputs = run(plan(nodes, "both", registry=registry(both)), no_cache(), events.append)

    assert outputs["both"]["out"].shape == "aa<"
    assert started(events).count("a") == 1


def test_what_only_an_equal_node_would_have_read_is_let_go_unread() -> None:
    """Two equal chains: when the first has run, the second is not needed, nor is anything kept for it."""
    made: list[weakref.ref[Clay]] = []
    alive_at_the_end: list[bool] = []

    @node("Make", category="toy")
    def make(*, name: str) -> Clay:
        lump = Clay(name)
        made.append(weakref.ref(lump))
        return lump

    @node("Look", category="toy")
    def look(clay: Clay) -> Clay:
        gc.collect()
        alive_at_the_end.extend(each() is not None for each in made)
        return clay

    nodes: dict[str, Any] = {"make": ("Make", {"name": "x"})}
    for side in "ab":
        nodes[f"{side}1"] = ("Knead", {"clay": link("make")})
        nodes[f"{side}2"] = ("Knead", {"clay": link(f"{side}1"), "times": 2})
    nodes["join"] = ("Join", {"a": link("a2"), "b": link("b2")})
    nodes["look"] = ("Look", {"clay": link("join")})
    events: list[Event] = []

    run(plan(nodes, "look", registry=registry(make, look)), no_cache(), events.append)

    assert started(events) == ["make", "a1", "a2", "join", "look"]
    assert alive_at_the_end == [False]
