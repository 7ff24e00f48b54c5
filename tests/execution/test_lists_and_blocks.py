"""Lists with blocked elements, lazy inputs among lists, and what each call of a mapped node gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graphflow.api import SILENT, Blocked, Context, Lazy, node
from graphflow.cache import Cache, DiskCache, MemoryCache
from graphflow.errors import NodeFailed
from graphflow.events import Event, NodeFinished, NodeProgress
from tests.execution.own_nodes import registry
from tests.toy import Clay, finished, fresh_cache, link, plan, run


@node("GateOdd", category="toy")
def gate_odd(clay: Clay) -> Clay | Blocked:
    return clay if clay.shape.endswith(("1", "3")) else Blocked(f"{clay.shape} is even")


def sliced(count: int, **more: Any) -> dict[str, Any]:
    return {
        "dig": ("Dig", {}),
        "slice": ("Slice", {"clay": link("dig"), "count": count}),
        "gate": ("GateOdd", {"clay": link("slice")}),
        **more,
    }


def test_a_blocked_element_blocks_only_what_is_called_with_it() -> None:
    nodes = sliced(4, knead=("Knead", {"clay": link("gate")}))

    outputs = run(plan(nodes, "knead", registry=registry(gate_odd)))["knead"]["out"]

    assert [each.reason if isinstance(each, Blocked) else each.shape for each in outputs] == [
        "clay#0 is even",
        "clay#1~",
        "clay#2 is even",
        "clay#3~",
    ]


def test_a_whole_list_with_a_blocked_element_is_blocked() -> None:
    nodes = sliced(2, stack=("Stack", {"clays": link("gate")}))
    events: list[Event] = []

    run(plan(nodes, "stack", registry=registry(gate_odd)), emit=events.append)

    assert finished(events)[-1] == ("stack", "blocked")


def test_a_list_with_blocked_elements_is_the_same_from_the_cache_on_any_floor(tmp_path: Path) -> None:
    work = plan(sliced(4, knead=("Knead", {"clay": link("gate")})), "knead", registry=registry(gate_odd))
    cache = Cache(MemoryCache(1 << 20), DiskCache(tmp_path, 1 << 20))

    first = run(work, cache)
    cache.flush()

    assert run(work, cache) == first
    assert run(work, Cache(None, DiskCache(tmp_path, 1 << 20))) == first


def test_a_blocked_node_says_so_in_every_run() -> None:
    nodes: dict[str, Any] = {
        "dig": ("Dig", {}),
        "gate": ("Gate", {"clay": link("dig"), "open": False}),
        "k": ("Knead", {"clay": link("gate")}),
    }
    cache = fresh_cache()

    for _ in range(2):
        events: list[Event] = []
        run(plan(nodes, "k"), cache, events.append)
        assert [e.reason for e in events if isinstance(e, NodeFinished) and e.how == "blocked"] == [
            "the gate is shut"
        ] * 2


def test_an_equal_node_of_a_blocked_one_is_blocked_and_not_cached() -> None:
    gate = ("Gate", {"clay": link("dig"), "open": False})
    nodes: dict[str, Any] = {
        "dig": ("Dig", {}),
        "a": gate,
        "b": gate,
        "join": ("Join", {"a": link("a"), "b": link("b")}),
    }
    events: list[Event] = []

    run(plan(nodes, "join"), emit=events.append)

    assert finished(events)[1:] == [("a", "blocked"), ("b", "blocked"), ("join", "blocked")]


def test_a_lazy_input_that_turns_out_to_be_blocked_blocks_the_node() -> None:
    nodes: dict[str, Any] = {
        "dig": ("Dig", {}),
        "gate": ("Gate", {"clay": link("dig"), "open": False}),
        "pick": ("Pick", {"on": True, "if_true": link("gate"), "if_false": link("dig")}),
        "other": ("Pick", {"on": False, "if_true": link("gate"), "if_false": link("dig")}),
    }
    events: list[Event] = []

    outputs = run(plan(nodes, "pick", "other"), emit=events.append)

    assert isinstance(outputs["pick"]["out"], Blocked)
    assert outputs["other"]["out"].shape == "clay"


def test_a_lazy_input_cannot_take_a_list_and_says_so() -> None:
    nodes = sliced(2, pick=("Pick", {"on": True, "if_true": link("slice"), "if_false": link("dig")}))

    with pytest.raises(NodeFailed) as failed:
        run(plan(nodes, "pick", registry=registry(gate_odd)))

    assert (failed.value.problem.node, failed.value.problem.input) == ("pick", "if_true")
    assert "a lazy input cannot take a list" in failed.value.problem.message


def test_a_lazy_input_may_be_a_literal_a_default_or_left_out() -> None:
    @node("Soft", category="toy")
    def soft(*, a: Lazy[int], b: Lazy[int] = Lazy(lambda: 7), c: Lazy[Clay] | None = None) -> str:  # noqa: B008
        return f"{a()} {b()} {c}"

    work = plan({"s": ("Soft", {"a": 3})}, "s", registry=registry(soft))

    assert run(work)["s"]["out"] == "3 7 None"


def test_a_whole_list_of_literals_is_a_list_and_each_call_has_its_own() -> None:
    @node("Label", category="toy")
    def label(clay: Clay, *, names: list[str]) -> Clay:
        names.append("end")
        return Clay(f"{clay.shape}:{','.join(names)}")

    nodes = sliced(2, label=("Label", {"clay": link("slice"), "names": ["ab", "c"]}))

    clays = run(plan(nodes, "label", registry=registry(gate_odd, label)))["label"]["out"]

    assert [each.shape for each in clays] == ["clay#0:ab,c,end", "clay#1:ab,c,end"]


def test_several_lists_feed_one_variadic_input_element_by_element() -> None:
    nodes: dict[str, Any] = {
        "dig": ("Dig", {}),
        "three": ("Slice", {"clay": link("dig"), "count": 3}),
        "two": ("Slice", {"clay": link("dig"), "count": 2}),
        "heap": ("Heap", {"lumps": [link("three"), link("dig"), link("two")]}),
    }

    clays = run(plan(nodes, "heap"))["heap"]["out"]

    assert [each.shape for each in clays] == ["[clay#0 clay clay#0]", "[clay#1 clay clay#1]", "[clay#2 clay clay#1]"]


def test_a_node_that_is_called_per_element_cannot_expand() -> None:
    nodes = sliced(2, grow=("Repeat", {"clay": link("slice")}))

    with pytest.raises(NodeFailed, match="cannot expand into a graph"):
        run(plan(nodes, "grow", registry=registry(gate_odd)))


def test_a_node_that_fails_in_one_call_of_many_ends_the_run() -> None:
    @node("Brittle", category="toy")
    def brittle(clay: Clay, *, ctx: Context = SILENT) -> Clay:
        ctx.progress(1, 1)
        if clay.shape.endswith("1"):
            raise ZeroDivisionError
        return clay

    nodes = sliced(3, brittle=("Brittle", {"clay": link("slice")}))
    events: list[Event] = []

    with pytest.raises(NodeFailed, match="ZeroDivisionError"):
        run(plan(nodes, "brittle", registry=registry(brittle)), emit=events.append)

    assert sum(isinstance(each, NodeProgress) for each in events) == 2
