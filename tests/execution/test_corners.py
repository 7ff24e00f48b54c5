"""Corners of execution: what is let go and asked for again, lists and lazies mixed, and failures around the nodes."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from graphflow.api import SILENT, AnyNode, Blocked, Context, Lazy, Socket, node
from graphflow.cache import Cache, DiskCache, MemoryCache
from graphflow.errors import NodeFailed, RunCancelled, StorageError
from graphflow.events import Event, NodeFinished, NodeProgress
from graphflow.execute import Surroundings
from graphflow.registry import Pack, Registry
from tests.toy import PACK, Clay, Meeting, finished, fresh_cache, link, plan, run, started


def no_cache() -> Cache:
    return Cache(None, None)


def registry(*nodes: AnyNode) -> Registry:
    return Registry([PACK, Pack("corner", nodes)])


# --- what was let go and is asked for again -------------------------------------------------------

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


# --- waiting for another run ----------------------------------------------------------------------


def waiting(meeting: Meeting) -> Any:
    nodes: dict[str, Any] = {"dig": ("Dig", {}), "wait": ("Wait", {"clay": link("dig")})}
    return plan(nodes, "wait", registry=meeting.registry)


def test_a_run_that_waits_for_another_stops_when_it_is_cancelled() -> None:
    meeting, cache, cancel = Meeting(), no_cache(), threading.Event()
    ended: list[str] = []

    def second() -> None:
        try:
            run(waiting(meeting), cache, cancelled=cancel.is_set)
        except RunCancelled:
            ended.append("cancelled")

    threads = [threading.Thread(target=lambda: run(waiting(meeting), cache)), threading.Thread(target=second)]
    threads[0].start()
    assert meeting.inside.wait(5)
    threads[1].start()
    cancel.set()
    threads[1].join(5)

    assert ended == ["cancelled"]
    meeting.go_on.set()
    threads[0].join(5)
    assert len(cache.flights) == 0


# --- lists, blocked elements and lazies -----------------------------------------------------------


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


# --- values of any type ---------------------------------------------------------------------------


@node("Say", category="toy")
def say(*, what: str) -> Any:
    return {"tuple": (1, 2), "list": [1, 2], "none": None, "number": 7, "true": True, "pot": Clay("x")}[what]


@pytest.mark.parametrize(
    ("what", "reader", "message"),
    [
        ("number", "clay", "clay wants a CLAY, got a int"),
        ("true", "times", "times wants an INT, got a bool"),
        ("pot", "times", "times wants an INT, got a Clay"),
    ],
)
def test_a_value_of_any_type_is_checked_where_it_arrives(what: str, reader: str, message: str) -> None:
    nodes: dict[str, Any] = {"dig": ("Dig", {}), "say": ("Say", {"what": what})}
    nodes["k"] = ("Knead", {"clay": link("dig"), reader: link("say")})

    with pytest.raises(NodeFailed) as failed:
        run(plan(nodes, "k", registry=registry(say)))

    assert failed.value.problem == type(failed.value.problem)("wrong-type", message, "k", reader)


@pytest.mark.parametrize(
    ("what", "says"), [("tuple", "is a tuple; a port that gives many"), ("none", "output out is None")]
)
def test_an_output_that_could_be_mistaken_is_refused(what: str, says: str) -> None:
    with pytest.raises(NodeFailed, match=says):
        run(plan({"say": ("Say", {"what": what})}, "say", registry=registry(say)))


class Pair(Socket, tuple[int, int]):
    """Two numbers in one value."""


@node("MakePair", category="toy")
def make_pair() -> Pair:
    return Pair((1, 2))


@node("Sum", category="toy")
def total(pair: Pair) -> int:
    return sum(pair)


def test_a_socket_that_is_a_kind_of_tuple_is_one_value() -> None:
    nodes: dict[str, Any] = {"pair": ("MakePair", {}), "sum": ("Sum", {"pair": link("pair")})}

    assert run(plan(nodes, "sum", registry=registry(make_pair, total)))["sum"]["out"] == 3


# --- nodes with nothing to say --------------------------------------------------------------------


def test_a_node_without_outputs_runs_when_it_is_a_target() -> None:
    seen: list[str] = []

    @node("Watch", category="toy", output=True)
    def watch(clay: Clay) -> None:
        seen.append(clay.shape)

    @node("Quiet", category="toy")
    def quiet(clay: Clay) -> None:
        seen.append(f"quiet {clay.shape}")

    nodes: dict[str, Any] = {
        "dig": ("Dig", {}),
        "watch": ("Watch", {"clay": link("dig")}),
        "quiet": ("Quiet", {"clay": link("dig")}),
    }
    cache = fresh_cache()

    for _ in range(2):
        assert run(plan(nodes, "watch", "quiet", registry=registry(watch, quiet)), cache) == {"watch": {}, "quiet": {}}

    assert seen == ["clay", "quiet clay", "clay"]


def test_a_node_that_is_never_kept_runs_every_time_and_what_reads_it_does_not() -> None:
    ticks: list[int] = []

    @node("Tick", category="toy", keep="never")
    def tick() -> int:
        ticks.append(1)
        return len(ticks)

    nodes: dict[str, Any] = {"tick": ("Tick", {}), "scale": ("Scale", {"factor": link("tick")})}
    cache, clock = fresh_cache(), registry(tick)

    for _ in range(2):
        assert run(plan(nodes, "scale", registry=clock), cache)["scale"]["out"] == 1.0
        run(plan(nodes, "tick", registry=clock), cache)

    assert len(ticks) == 3


def test_names_may_be_strange_and_very_long() -> None:
    names = ["x" * 200, "ünï 🏺", "class", "a.b", "-", "__init__", "outputs"]
    nodes: dict[str, Any] = {"dig": ("Dig", {})}
    for before, name in zip(["dig", *names], names, strict=False):
        nodes[name] = ("Knead", {"clay": link(before)})

    assert run(plan(nodes, names[-1]))[names[-1]]["out"].shape == "clay" + "~" * len(names)


# --- failures around the nodes --------------------------------------------------------------------

PROGRESS: dict[str, Any] = {"dig": ("Dig", {}), "knead": ("Knead", {"clay": link("dig"), "times": 3})}


@pytest.mark.parametrize("kind", ["node.started", "node.progress", "node.finished"])
def test_a_listener_that_fails_ends_the_run_and_the_node_is_not_blamed(kind: str) -> None:
    cache = fresh_cache()

    def emit(event: Event) -> None:
        if event.kind == kind:
            raise BrokenPipeError(32, "the terminal is gone")

    with pytest.raises(BrokenPipeError):
        run(plan(PROGRESS, "knead"), cache, emit)

    assert len(cache.flights) == 0
    assert run(plan(PROGRESS, "knead"), cache)["knead"]["out"].shape == "clay~~~"


def test_a_disk_that_is_full_is_the_problem_and_not_the_node() -> None:
    def save(data: bytes, media_type: str, *, name: str, kind: str) -> Any:
        raise StorageError("the disk is full", hint="free some space")

    nodes: dict[str, Any] = {"dig": ("Dig", {}), "fire": ("Fire", {"clay": link("dig")})}

    with pytest.raises(NodeFailed) as failed:
        run(plan(nodes), around=Surroundings(save=save))

    problem = failed.value.problem
    assert (problem.code, problem.message, problem.node, problem.hint) == (
        "storage",
        "the disk is full",
        "fire",
        "free some space",
    )


def test_a_cancelled_run_stops_before_the_next_step() -> None:
    events: list[Event] = []
    nodes: dict[str, Any] = {**PROGRESS, "throw": ("Throw", {"clay": link("knead")})}

    def knead_is_done() -> bool:
        return any(isinstance(each, NodeFinished) and each.node == "knead" for each in events)

    with pytest.raises(RunCancelled):
        run(plan(nodes, "throw"), emit=events.append, cancelled=knead_is_done)

    assert started(events) == ["dig", "knead"]


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
        run(plan(nodes, "brittle", registry=registry(gate_odd, brittle)), emit=events.append)

    assert sum(isinstance(each, NodeProgress) for each in events) == 2


class Wrong(NamedTuple):
    clay: Clay
    number: int


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        (Clay("x"), "returned Clay where its signature says 2 outputs"),
        ((Clay("x"),), "returned tuple where its signature says 2 outputs"),
        ((1, 1), "output clay is a int where its signature says CLAY"),
        ((Clay("x"), True), "output number is a bool where its signature says int"),
        ((Clay("x"), None), "output number is None"),
        (None, "returned NoneType"),
    ],
)
def test_a_node_that_returns_something_else_than_it_says_is_named(returned: Any, says: str) -> None:
    @node("Liar", category="toy")
    def liar() -> Wrong:
        return returned  # type: ignore[no-any-return]  # the lie

    with pytest.raises(NodeFailed, match=says) as failed:
        run(plan({"l": ("Liar", {})}, "l", registry=registry(liar)))

    assert failed.value.node == "l"
