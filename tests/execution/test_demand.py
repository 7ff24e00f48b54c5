"""Laws 1 and 2 of execution: work is demanded from the targets backwards, lazy inputs when they are asked for."""

from __future__ import annotations

from typing import Any

import pytest

from graphflow.api import node
from graphflow.cache import Cache
from graphflow.events import Event
from graphflow.registry import Pack, Registry
from tests.toy import CHAIN, PACK, Clay, finished, fresh_cache, link, plan, run, started, with_knead

# --- law 1: demanded from the targets, stopping at what is cached ---------------------------------


def test_only_what_the_target_needs_is_run() -> None:
    events: list[Event] = []

    outputs = run(plan({**CHAIN, "loose": ("Dig", {"name": "loose"})}, "throw"), emit=events.append)

    assert outputs["throw"]["out"].shape == "pot of clay~"
    assert started(events) == ["dig", "knead", "throw"]


def test_changing_one_value_reruns_only_what_depends_on_it() -> None:
    cache = fresh_cache()
    run(plan(with_knead(1), "throw"), cache)
    events: list[Event] = []

    run(plan(with_knead(3), "throw"), cache, events.append)

    assert finished(events) == [("dig", "cached"), ("knead", "ran"), ("throw", "ran")]


def test_what_only_cached_nodes_read_does_not_run_even_when_it_was_evicted() -> None:
    cache = fresh_cache()
    first = plan(CHAIN, "throw")
    run(first, cache)
    assert cache.memory is not None
    kept = cache.memory.get(first.steps["knead"].key)
    cache.clear()
    assert kept is not None
    cache.memory.put(first.steps["knead"].key, kept)
    events: list[Event] = []

    run(first, cache, events.append)

    assert finished(events) == [("knead", "cached"), ("throw", "ran")]


def test_a_chain_of_ten_thousand_nodes_runs() -> None:
    nodes: dict[str, Any] = {"n0": ("Dig", {})}
    nodes |= {f"n{i}": ("Knead", {"clay": link(f"n{i - 1}")}) for i in range(1, 10_000)}

    outputs = run(plan(nodes, "n9999"))

    assert outputs["n9999"]["out"].shape == "clay" + "~" * 9_999


def test_a_diamond_computes_its_shared_node_once_even_when_nothing_is_kept() -> None:
    nodes = {
        "dig": ("Dig", {}),
        "left": ("Knead", {"clay": link("dig"), "times": 1}),
        "right": ("Knead", {"clay": link("dig"), "times": 2}),
        "join": ("Join", {"a": link("left"), "b": link("right")}),
    }
    events: list[Event] = []

    outputs = run(plan(nodes, "join"), Cache(None, None), events.append)

    assert outputs["join"]["out"].shape == "(clay~+clay~~)"
    assert started(events) == ["dig", "left", "right", "join"]


def test_results_that_nobody_will_read_again_are_let_go() -> None:
    alive: list[int] = []
    living = 0

    class Heavy(Clay):
        def __init__(self, shape: str) -> None:
            nonlocal living
            super().__init__(shape)
            living += 1
            alive.append(living)

        def __del__(self) -> None:
            nonlocal living
            living -= 1

    @node("Heavy", category="toy")
    def heavy(clay: Clay) -> Clay:
        return Heavy(clay.shape)

    nodes: dict[str, Any] = {"n0": ("Dig", {})}
    nodes |= {f"n{i}": ("Heavy", {"clay": link(f"n{i - 1}")}) for i in range(1, 50)}

    run(plan(nodes, "n49", registry=Registry([PACK, Pack("heavy", (heavy,))])), Cache(None, None))

    assert len(alive) == 49
    assert max(alive) <= 3


def test_two_nodes_that_are_equal_are_computed_once() -> None:
    nodes = {"a": ("Dig", {}), "b": ("Dig", {}), "join": ("Join", {"a": link("a"), "b": link("b")})}
    events: list[Event] = []

    run(plan(nodes, "join"), Cache(None, None), events.append)

    assert finished(events) == [("a", "ran"), ("b", "cached"), ("join", "ran")]


# --- law 2: lazy inputs ---------------------------------------------------------------------------


def pick(on: bool) -> dict[str, Any]:
    return {
        "yes": ("Dig", {"name": "yes"}),
        "no": ("Dig", {"name": "no"}),
        "pick": ("Pick", {"on": on, "if_true": link("yes"), "if_false": link("no")}),
    }


@pytest.mark.parametrize(("on", "wanted"), [(True, "yes"), (False, "no")])
def test_a_lazy_input_is_computed_only_when_the_node_asks_for_it(on: bool, wanted: str) -> None:
    events: list[Event] = []

    outputs = run(plan(pick(on), "pick"), emit=events.append)

    assert outputs["pick"]["out"].shape == wanted
    assert finished(events) == [(wanted, "ran"), ("pick", "ran")]


def test_the_key_of_a_lazy_node_covers_all_branches() -> None:
    changed = {**pick(True), "no": ("Dig", {"name": "other"})}

    assert plan(pick(True), "pick").steps["pick"].key != plan(changed, "pick").steps["pick"].key


def test_lazy_nodes_in_a_long_row_need_no_recursion() -> None:
    nodes: dict[str, Any] = {"dig": ("Dig", {})}
    nodes |= {
        f"p{i}": ("Pick", {"on": True, "if_true": link(f"p{i - 1}" if i else "dig"), "if_false": link("dig")})
        for i in range(3_000)
    }

    assert run(plan(nodes, "p2999"), Cache(None, None))["p2999"]["out"].shape == "clay"
