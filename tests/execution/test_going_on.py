"""A node that was cut short goes on where it was: each call with its own notes, and none that were another's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graphflow.api import SILENT, Context, Expand, Held, Lazy, Make, Outer, Resources, Wire, node, resource
from graphflow.engine import Engine
from graphflow.errors import NodeFailed, RunCancelled
from graphflow.events import Event, NodeLogged
from graphflow.execute import Surroundings
from graphflow.journal import Journals
from graphflow.registry import Registry
from tests.execution.own_nodes import no_cache, registry
from tests.toy import Clay, link, plan, run, workflow


class Toil:
    """What the nodes did themselves, and when they are cut short."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.fail_at = 10_000
        self.error: Exception = RuntimeError("cut short")

    def steps(self, name: str, ctx: Context, count: int = 4) -> str:
        """Work in steps that go on from notes; each step's result hangs on the one before."""
        notes = ctx.replay()
        text = name
        for step in range(count):
            if step < len(notes):
                text = notes[step].decode()
                continue
            if len(self.done) == self.fail_at:
                self.fail_at = 10_000
                raise self.error
            text += str(step)
            self.done.append(text)
            ctx.journal(step, text.encode())
        return text


@pytest.fixture
def toil() -> Toil:
    return Toil()


@pytest.fixture
def packs(toil: Toil) -> Registry:
    @node("Toil", category="toy")
    def one(clay: Clay, *, ctx: Context = SILENT) -> Clay:
        return Clay(toil.steps(clay.shape, ctx))

    @node("Twice", category="toy")
    def twice(clay: Clay, *, ctx: Context = SILENT) -> Clay:
        return Clay(toil.steps(clay.shape, ctx) + toil.steps("then", ctx))

    @node("Asking", category="toy")
    def asking(clay: Clay, *, more: Lazy[Clay], ctx: Context = SILENT) -> Clay:
        return Clay(toil.steps(clay.shape, ctx) + more().shape)

    @node("Growing", category="toy")
    def growing(clay: Clay, *, ctx: Context = SILENT) -> Clay | Expand:
        toil.steps(clay.shape, ctx)
        return Expand({"inner": Make("Toil", {"clay": Outer("clay")})}, {"out": Wire("inner")})

    return registry(one, twice, asking, growing)


class Bench:
    """Runs one plan again and again, as processes would that share a home and keep no results."""

    def __init__(self, packs: Registry, folder: Path) -> None:
        self.packs = packs
        self.folder = folder
        self.events: list[Event] = []
        self.resources = Resources()

    def __call__(self, kind: str, clay: str = "dig", **inputs: Any) -> Any:
        nodes: dict[str, tuple[str, dict[str, Any]]] = {
            "dig": ("Dig", {"name": "a"}),
            "slice": ("Slice", {"clay": link("dig")}),
            "knead": ("Knead", {"clay": link("dig")}),
            "work": (kind, {"clay": link(clay), **inputs}),
        }
        work = plan(nodes, "work", registry=self.packs)
        around = Surroundings(resources=self.resources, journals=Journals(self.folder))
        return run(work, no_cache(), self.events.append, around=around)["work"]["out"]

    @property
    def logged(self) -> list[str]:
        """What the nodes said."""
        return [each.message for each in self.events if isinstance(each, NodeLogged)]

    @property
    def files(self) -> list[Path]:
        return list(self.folder.iterdir()) if self.folder.exists() else []


@pytest.fixture
def bench(packs: Registry, tmp_path: Path) -> Bench:
    return Bench(packs, tmp_path / "journals")


def test_a_node_that_failed_goes_on_where_it_was_and_makes_the_same(bench: Bench, toil: Toil) -> None:
    toil.fail_at = 3
    with pytest.raises(NodeFailed, match="cut short"):
        bench("Toil")
    assert len(bench.files) == 1

    made = bench("Toil")

    assert made == Clay("a0123")
    assert toil.done == ["a0", "a01", "a012", "a0123"]
    assert bench.files == []


def test_a_node_that_was_cancelled_goes_on_as_well(bench: Bench, toil: Toil) -> None:
    toil.fail_at, toil.error = 2, RunCancelled("the run was cancelled")
    with pytest.raises(RunCancelled):
        bench("Toil")

    assert bench("Toil") == Clay("a0123")
    assert len(toil.done) == 4


def test_each_element_of_a_list_has_its_own_notes(bench: Bench, toil: Toil) -> None:
    toil.fail_at = 6  # in the middle of the second
    with pytest.raises(NodeFailed):
        bench("Toil", clay="slice")

    made = bench("Toil", clay="slice")

    assert made == (Clay("a#00123"), Clay("a#10123"))
    assert len(toil.done) == 8
    assert bench.logged == ["goes on where an earlier run was cut short"]


def test_two_stretches_of_one_call_do_not_mix(bench: Bench, toil: Toil) -> None:
    toil.fail_at = 6
    with pytest.raises(NodeFailed):
        bench("Twice")

    assert bench("Twice") == Clay("a0123then0123")
    assert len(toil.done) == 8


def test_a_node_that_begins_again_for_a_lazy_input_need_not_work_twice(bench: Bench, toil: Toil) -> None:
    made = bench("Asking", more=link("knead"))

    assert made == Clay("a0123a~")
    assert len(toil.done) == 4
    assert (bench.files, bench.logged) == ([], [])


def test_a_node_that_ran_out_of_memory_goes_on_in_its_second_try(bench: Bench, toil: Toil) -> None:
    @resource
    class Hoard:
        """Something to let go of."""

        def __init__(self, device: str) -> None:
            """Hold nothing."""

        def held(self) -> list[Held]:
            return []

        def release(self, wanted: int) -> int:
            return 1

        def close(self) -> None:
            """Hold nothing."""

    bench.resources.use(Hoard)
    toil.fail_at, toil.error = 3, MemoryError("too much")

    assert bench("Toil") == Clay("a0123")
    assert len(toil.done) == 4
    assert bench.logged == ["ran out of memory; freed what was held and tried again"]


def test_a_node_that_grows_into_a_graph_leaves_no_journal_nor_do_those_within(bench: Bench, toil: Toil) -> None:
    assert bench("Growing") == Clay("a0123")
    assert len(toil.done) == 8
    assert bench.files == []


def test_another_input_is_another_node_and_starts_anew(bench: Bench, toil: Toil) -> None:
    toil.fail_at = 3
    with pytest.raises(NodeFailed):
        bench("Toil")

    assert bench("Toil", clay="knead") == Clay("a~0123")
    assert len(toil.done) == 3 + 4


def test_nodes_that_note_nothing_make_no_folder(bench: Bench) -> None:
    bench("Knead")

    assert not bench.folder.exists()


def test_a_folder_that_cannot_be_written_to_costs_the_resuming_only(bench: Bench, toil: Toil) -> None:
    bench.folder.write_text("a file")

    assert bench("Twice") == Clay("a0123then0123")

    assert len(bench.logged) == 1
    assert "cannot go on" in bench.logged[0]


@pytest.fixture
def toils(packs: Registry, toil: Toil) -> Any:
    toil.fail_at = 3
    return workflow({"dig": ("Dig", {"name": "a"}), "work": ("Toil", {"clay": link("dig")})})


@pytest.mark.parametrize(("caching", "steps"), [(True, 4), (False, 3 + 4)])
def test_an_engine_goes_on_unless_it_is_to_keep_nothing(
    toils: Any, packs: Registry, toil: Toil, tmp_path: Path, caching: bool, steps: int
) -> None:
    for _ in range(2):
        with Engine(tmp_path / "home", registry=packs, caching=caching) as engine:
            if not toil.done:
                with pytest.raises(NodeFailed):
                    engine.run(toils, targets=["work"])
                assert (tmp_path / "home" / "cache" / "journals").exists() == caching
            else:
                engine.run(toils, targets=["work"])

    assert len(toil.done) == steps
