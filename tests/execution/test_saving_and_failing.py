"""Laws 7 and 8 of execution: nodes that save, failure, cancellation; and what stays cached."""

from __future__ import annotations

from typing import Any

import pytest

from graphflow.api import SILENT, Artifact, Context, Held, NodeError, node, resource
from graphflow.cache import Cache, DiskCache, MemoryCache
from graphflow.errors import NodeFailed, RunCancelled
from graphflow.events import ArtifactSaved, Event, NodeLogged, NodePreview, NodeProgress
from graphflow.execute import Surroundings, always, never
from graphflow.registry import Pack, Registry
from tests.toy import CHAIN, PACK, Clay, finished, fresh_cache, link, plan, run, with_knead

# --- law 7: nodes that save -----------------------------------------------------------------------


def save_to(shelf: list[str]) -> Surroundings:
    def save(data: bytes, media_type: str, *, name: str, kind: str, node: str) -> Artifact:
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
            around=Surroundings(watched=always if previews else never),
        )

    assert drawn == ["seen"]
    assert [event.data for event in seen if isinstance(event, NodePreview)] == [b"picture"]
