"""The laws of execution, on toy nodes."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from graphflow.api import SILENT, Artifact, Context, Held, NodeError, node, resource
from graphflow.cache import Cache, DiskCache, MemoryCache
from graphflow.errors import NodeFailed, RunCancelled
from graphflow.events import ArtifactSaved, Event, NodeFinished, NodeLogged, NodePreview, NodeProgress
from graphflow.execute import Surroundings
from graphflow.registry import Pack, Registry
from tests.toy import PACK, Clay, Meeting, finished, fresh_cache, link, plan, run, started

CHAIN = {"dig": ("Dig", {}), "knead": ("Knead", {"clay": link("dig")}), "throw": ("Throw", {"clay": link("knead")})}


def with_knead(times: int) -> dict[str, tuple[str, dict[str, Any]]]:
    return {**CHAIN, "knead": ("Knead", {"clay": link("dig"), "times": times})}


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


# --- law 3: list ports ----------------------------------------------------------------------------


def test_a_node_is_called_once_per_element_of_a_list_port() -> None:
    nodes = {
        "dig": ("Dig", {}),
        "slice": ("Slice", {"clay": link("dig"), "count": 3}),
        "knead": ("Knead", {"clay": link("slice")}),
    }

    clays = run(plan(nodes, "knead"))["knead"]["out"]

    assert [each.shape for each in clays] == ["clay#0~", "clay#1~", "clay#2~"]


def test_a_shorter_list_repeats_its_last_element() -> None:
    nodes = {
        "dig": ("Dig", {}),
        "three": ("Slice", {"clay": link("dig"), "count": 3}),
        "two": ("Slice", {"clay": link("dig"), "count": 2}),
        "join": ("Join", {"a": link("three"), "b": link("two")}),
    }

    clays = run(plan(nodes, "join"))["join"]["out"]

    assert [each.shape for each in clays] == ["(clay#0+clay#0)", "(clay#1+clay#1)", "(clay#2+clay#1)"]


def test_a_whole_list_input_takes_all_elements_in_one_call() -> None:
    nodes = {
        "dig": ("Dig", {}),
        "slice": ("Slice", {"clay": link("dig"), "count": 3}),
        "knead": ("Knead", {"clay": link("slice")}),
        "stack": ("Stack", {"clays": link("knead")}),
    }

    assert run(plan(nodes, "stack"))["stack"]["out"].shape == "clay#0~|clay#1~|clay#2~"


def test_an_empty_list_makes_no_call() -> None:
    nodes = {
        "dig": ("Dig", {}),
        "slice": ("Slice", {"clay": link("dig"), "count": 0}),
        "break": ("Break", {"clay": link("slice")}),
        "stack": ("Stack", {"clays": link("break")}),
    }

    assert run(plan(nodes, "stack"))["stack"]["out"].shape == ""


def test_a_mapped_node_is_cached_under_its_one_key(tmp_path: Any) -> None:
    nodes = {
        "dig": ("Dig", {}),
        "slice": ("Slice", {"clay": link("dig")}),
        "knead": ("Knead", {"clay": link("slice")}),
        "stack": ("Stack", {"clays": link("knead")}),
        "cut": ("Cut", {"clay": link("knead")}),
    }
    cache = fresh_cache()
    run(plan(nodes, "stack"), cache)
    events: list[Event] = []

    run(plan(nodes, "cut"), cache, events.append)

    assert finished(events) == [("knead", "cached"), ("cut", "ran")]


# --- law 4: expansion -----------------------------------------------------------------------------


def test_an_expansion_runs_in_the_place_of_the_node_under_its_path() -> None:
    events: list[Event] = []

    outputs = run(
        plan({"dig": ("Dig", {}), "r": ("Repeat", {"clay": link("dig"), "times": 3})}, "r"), emit=events.append
    )

    assert outputs["r"]["out"].shape == "clay~~~"
    assert [each for each, _ in finished(events)] == ["dig", "r/k0", "r/k1", "r/k2", "r"]


def test_an_expanded_result_is_cached_as_the_nodes_own() -> None:
    nodes = {"dig": ("Dig", {}), "r": ("Repeat", {"clay": link("dig")}), "throw": ("Throw", {"clay": link("r")})}
    cache = fresh_cache()
    run(plan(nodes, "r"), cache)
    events: list[Event] = []

    run(plan(nodes, "throw"), cache, events.append)

    assert finished(events) == [("r", "cached"), ("throw", "ran")]


def test_one_plan_with_an_expansion_can_run_twice() -> None:
    again = plan({"dig": ("Dig", {}), "r": ("Repeat", {"clay": link("dig")})}, "r")

    assert run(again) == run(again)


def test_an_expansion_without_end_is_stopped_with_the_nodes_name() -> None:
    with pytest.raises(NodeFailed) as failed:
        run(plan({"dig": ("Dig", {}), "d": ("Dive", {"clay": link("dig")})}, "d"))

    assert failed.value.problem.code == "expansion-too-big"
    assert failed.value.node.startswith("d/deeper/")


# --- law 5: blocked -------------------------------------------------------------------------------


def test_what_reads_a_blocked_output_is_skipped_and_the_rest_runs() -> None:
    nodes = {
        "dig": ("Dig", {}),
        "gate": ("Gate", {"clay": link("dig"), "open": False}),
        "throw": ("Throw", {"clay": link("gate")}),
        "free": ("Throw", {"clay": link("dig")}),
    }
    events: list[Event] = []

    outputs = run(plan(nodes, "throw", "free"), emit=events.append)

    assert finished(events) == [("dig", "ran"), ("gate", "blocked"), ("throw", "blocked"), ("free", "ran")]
    assert outputs["free"]["out"].shape == "pot of clay"
    assert [e.reason for e in events if isinstance(e, NodeFinished) and e.how == "blocked"] == ["the gate is shut"] * 2


# --- law 6: equal keys in flight ------------------------------------------------------------------


def wait_plan(meeting: Meeting) -> Any:
    nodes = {"dig": ("Dig", {}), "wait": ("Wait", {"clay": link("dig")})}
    return plan(nodes, "wait", registry=meeting.registry)


def two_runs(meeting: Meeting, cancel_first: threading.Event | None = None) -> tuple[list[Any], Any]:
    """Run the same plan in two threads on one cache that keeps nothing; return results or errors, and how to join."""
    cache = Cache(None, None)
    results: list[Any] = [None, None]

    def go(index: int, cancelled: Any) -> None:
        try:
            results[index] = run(wait_plan(meeting), cache, cancelled=cancelled)["wait"]["out"].shape
        except (NodeFailed, RunCancelled) as error:
            results[index] = error

    first = threading.Thread(target=go, args=(0, cancel_first.is_set if cancel_first else lambda: False))
    second = threading.Thread(target=go, args=(1, lambda: False))
    first.start()
    assert meeting.inside.wait(5)
    second.start()

    def join() -> None:
        first.join(5)
        second.join(5)
        assert not first.is_alive()
        assert not second.is_alive()

    return results, join


def test_equal_keys_in_flight_are_computed_once() -> None:
    meeting = Meeting()
    results, join = two_runs(meeting)
    threading.Timer(0.05, meeting.go_on.set).start()

    join()

    assert results == ["clay.", "clay."]
    assert meeting.calls == 1


def test_when_the_one_who_computes_fails_one_who_waits_takes_over() -> None:
    meeting = Meeting()
    meeting.fails = 1
    results, join = two_runs(meeting)
    threading.Timer(0.05, meeting.go_on.set).start()

    join()

    assert isinstance(results[0], NodeFailed)
    assert results[1] == "clay."
    assert meeting.calls == 2


def test_when_the_one_who_computes_is_cancelled_one_who_waits_takes_over() -> None:
    meeting = Meeting()
    cancel = threading.Event()
    results, join = two_runs(meeting, cancel)
    threading.Timer(0.05, cancel.set).start()
    threading.Timer(0.2, meeting.go_on.set).start()

    join()

    assert isinstance(results[0], RunCancelled)
    assert results[1] == "clay."


# --- law 7: nodes that save -----------------------------------------------------------------------


def save_to(shelf: list[str]) -> Surroundings:
    def save(data: bytes, media_type: str, *, name: str, kind: str) -> Artifact:
        shelf.append(data.decode())
        return Context().save(data, media_type, name=f"{name}_{len(shelf)}")

    return Surroundings(save=save)


def test_a_node_that_saves_runs_in_every_job_and_its_inputs_are_kept() -> None:
    nodes = {"dig": ("Dig", {}), "throw": ("Throw", {"clay": link("dig")}), "fire": ("Fire", {"clay": link("throw")})}
    cache, shelf = fresh_cache(), []  # type: ignore[var-annotated]  # a list of texts
    run(plan(nodes), cache, around=save_to(shelf))
    events: list[Event] = []

    outputs = run(plan(nodes), cache, events.append, around=save_to(shelf))

    assert shelf == ["pot of clay", "pot of clay"]
    assert finished(events) == [("throw", "cached"), ("fire", "ran")]
    assert [each.name for each in outputs["fire"]["files"]] == ["pot_2"]
    assert [each.name for each in events if isinstance(each, ArtifactSaved)] == ["pot_2"]


def test_two_equal_nodes_that_save_both_save() -> None:
    nodes = {"dig": ("Dig", {}), "a": ("Fire", {"clay": link("dig")}), "b": ("Fire", {"clay": link("dig")})}
    shelf: list[str] = []

    run(plan(nodes), around=save_to(shelf))

    assert len(shelf) == 2


# --- law 8: failure and cancellation --------------------------------------------------------------


def test_a_failed_node_ends_the_run_with_its_name_and_cause() -> None:
    with pytest.raises(NodeFailed) as failed:
        run(plan({"dig": ("Dig", {}), "break": ("Break", {"clay": link("dig")})}, "break"))

    problem = failed.value.problem
    assert (problem.node, problem.input, problem.hint) == ("break", "clay", "be gentle")
    assert isinstance(failed.value.__cause__, NodeError)


def test_an_accident_in_a_node_is_its_failure_too() -> None:
    with pytest.raises(NodeFailed, match=r"crash .Crash.: KeyError: 'clay'") as failed:
        run(plan({"dig": ("Dig", {}), "crash": ("Crash", {"clay": link("dig")})}, "crash"))

    assert isinstance(failed.value.__cause__, KeyError)


def test_what_had_finished_before_a_failure_stays_cached() -> None:
    cache = fresh_cache()
    with pytest.raises(NodeFailed):
        run(plan({**CHAIN, "break": ("Break", {"clay": link("throw")})}, "break"), cache)
    events: list[Event] = []

    run(plan(CHAIN, "throw"), cache, events.append)

    assert finished(events) == [("throw", "cached")]


def test_a_run_stops_inside_a_node_when_it_is_cancelled() -> None:
    events: list[Event] = []

    def after_two_steps() -> bool:
        return sum(isinstance(each, NodeProgress) for each in events) >= 2

    with pytest.raises(RunCancelled):
        run(plan(with_knead(10), "throw"), emit=events.append, cancelled=after_two_steps)

    assert [e.done for e in events if isinstance(e, NodeProgress)] == [1, 2]


def test_a_node_that_breaks_its_own_signature_is_named() -> None:
    @node("Liar", category="toy")
    def liar(clay: Clay) -> Clay:
        return "no clay"  # type: ignore[return-value]  # the lie

    with pytest.raises(NodeFailed, match="output out is a str where its signature says CLAY"):
        run(
            plan(
                {"dig": ("Dig", {}), "l": ("Liar", {"clay": link("dig")})},
                "l",
                registry=Registry([PACK, Pack("x", (liar,))]),
            )
        )


def test_a_linked_number_keeps_to_the_limits_of_its_input() -> None:
    nodes = {
        "n": ("Count", {"value": 11}),
        "dig": ("Dig", {}),
        "k": ("Knead", {"clay": link("dig"), "times": link("n")}),
    }

    with pytest.raises(NodeFailed) as failed:
        run(plan(nodes, "k"))

    assert (failed.value.problem.code, failed.value.problem.input) == ("out-of-range", "times")


def test_out_of_memory_lets_resources_go_and_tries_once_more() -> None:
    class OutOfMemoryError(RuntimeError):
        pass

    @resource
    class Hoard:
        def __init__(self, device: str) -> None:
            self.bytes = 100

        def held(self) -> list[Held]:
            return [Held("gold", self.bytes, "here", "just because")]

        def release(self, wanted: int) -> int:
            freed, self.bytes = self.bytes, 0
            return freed

        def close(self) -> None:
            self.bytes = 0

    @node("Greedy", category="toy")
    def greedy(clay: Clay, *, ctx: Context) -> Clay:
        if ctx.use(Hoard).bytes:
            raise OutOfMemoryError("tried to allocate")
        return clay

    nodes = {"dig": ("Dig", {}), "g": ("Greedy", {"clay": link("dig")})}
    events: list[Event] = []

    run(plan(nodes, "g", registry=Registry([PACK, Pack("greed", (greedy,))])), emit=events.append)

    assert [each.message for each in events if isinstance(each, NodeLogged)] == [
        "ran out of memory; freed what was held and tried again"
    ]


# --- both floors of the cache ---------------------------------------------------------------------


def test_results_survive_a_restart_on_disk(tmp_path: Any) -> None:
    @node("Slow", category="toy", keep="disk")
    def slow(clay: Clay) -> Clay:
        return Clay(f"slow {clay.shape}")

    nodes = {"dig": ("Dig", {}), "slow": ("Slow", {"clay": link("dig")}), "throw": ("Throw", {"clay": link("slow")})}
    work = plan(nodes, "throw", registry=Registry([PACK, Pack("slow", (slow,))]))
    before = Cache(MemoryCache(1 << 20), DiskCache(tmp_path, 1 << 20))
    run(work, before)
    before.close()
    events: list[Event] = []

    run(work, Cache(MemoryCache(1 << 20), DiskCache(tmp_path, 1 << 20)), events.append)

    assert finished(events) == [("slow", "cached"), ("throw", "ran")]


def test_where_nobody_looks_no_preview_is_drawn() -> None:
    drawn: list[str] = []

    @node("Draw", category="toy")
    def draw(*, name: str = "", ctx: Context = SILENT) -> Clay:
        """Offer a preview."""

        def picture() -> bytes:
            drawn.append(name)
            return b"picture"

        ctx.preview(picture)
        return Clay(name)

    registry = Registry([PACK, Pack("drawing", (draw,))])
    seen: list[Event] = []
    for name, previews in (("seen", True), ("unseen", False)):
        run(
            plan({"d": ("Draw", {"name": name})}, "d", registry=registry),
            emit=seen.append,
            around=Surroundings(previews=previews),
        )

    assert drawn == ["seen"]
    assert [event.data for event in seen if isinstance(event, NodePreview)] == [b"picture"]
