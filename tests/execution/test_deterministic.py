"""Deterministic runs: what was computed in company is never theirs, neither kept nor in flight."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from graphflow.api import SILENT, AnyNode, Context, node
from graphflow.cache import Cache, DiskCache, MemoryCache
from graphflow.events import Event, NodeFinished
from graphflow.execute import Surroundings, execute
from graphflow.registry import Registry
from tests.execution.own_nodes import registry
from tests.toy import Clay, link, plan

NODES = {"table": ("Eat", {}), "after": ("Knead", {"clay": link("table")})}


@dataclass
class Table:
    """Whoever sits down tastes the company, but for those who insist on eating alone."""

    company: int = 3
    seated: threading.Event = field(default_factory=threading.Event)
    served: threading.Event = field(default_factory=threading.Event)

    def registry(self) -> Registry:
        @node("Eat")
        def eat(*, ctx: Context = SILENT) -> Clay:
            if ctx.deterministic:
                return Clay("alone")
            self.seated.set()
            assert self.served.wait(10)
            return Clay(f"with {self.company}")

        nodes: tuple[AnyNode, ...] = (eat,)
        return registry(*nodes)


def laid() -> Table:
    """Return a table at which nobody has to wait."""
    table = Table()
    table.served.set()
    return table


def eaten(table: Table, cache: Cache, *, deterministic: bool) -> tuple[str, str]:
    """Run the graph; return the shape that came out, and how the first node came about."""
    events: list[Event] = []
    made = plan(NODES, "after", registry=table.registry())
    outputs = execute(made, cache, events.append, around=Surroundings(deterministic=deterministic))
    how = {each.node: each.how for each in events if isinstance(each, NodeFinished)}
    return outputs["after"]["out"].shape, how.get("after", "")


def test_what_was_computed_in_company_is_not_served_to_a_deterministic_run() -> None:
    table, cache = laid(), Cache(MemoryCache(10**6), None)

    ordinary = eaten(table, cache, deterministic=False)

    assert ordinary == ("with 3~", "ran")
    assert eaten(table, cache, deterministic=True) == ("alone~", "ran")


def test_each_kind_of_run_finds_its_own_again() -> None:
    table, cache = laid(), Cache(MemoryCache(10**6), None)
    for deterministic in (False, True):
        eaten(table, cache, deterministic=deterministic)

    assert eaten(table, cache, deterministic=True) == ("alone~", "cached")
    assert eaten(table, cache, deterministic=False) == ("with 3~", "cached")


def test_on_disk_the_two_lie_apart_as_well(tmp_path: Path) -> None:
    @node("Eat", keep="disk")
    def eat(*, ctx: Context = SILENT) -> Clay:
        return Clay("alone" if ctx.deterministic else "with 3")

    made = plan({"table": ("Eat", {})}, "table", registry=registry(eat))

    def shape(*, deterministic: bool) -> str:
        cache = Cache(None, DiskCache(tmp_path, 10**6))
        outputs = execute(made, cache, lambda _: None, around=Surroundings(deterministic=deterministic))
        cache.close()
        return str(outputs["table"]["out"].shape)

    assert [shape(deterministic=each) for each in (False, True, False)] == ["with 3", "alone", "with 3"]
    assert len(list(tmp_path.glob("??/*"))) == 2


def test_a_deterministic_run_does_not_wait_for_one_in_company_that_computes_the_same() -> None:
    table, cache = Table(), Cache(None, None)
    slow = threading.Thread(target=eaten, args=(table, cache), kwargs={"deterministic": False})
    slow.start()
    try:
        assert table.seated.wait(10)

        result = eaten(table, cache, deterministic=True)
    finally:
        table.served.set()
        slow.join(10)

    assert result == ("alone~", "ran")


def test_equal_deterministic_runs_share_their_work() -> None:
    calls, inside, go_on = [], threading.Event(), threading.Event()

    @node("Eat")
    def eat() -> Clay:
        calls.append(1)
        inside.set()
        assert go_on.wait(10)
        return Clay("alone")

    made = plan({"table": ("Eat", {})}, "table", registry=registry(eat))
    cache = Cache(MemoryCache(10**6), None)
    around = Surroundings(deterministic=True)
    both = [
        threading.Thread(target=execute, args=(made, cache, lambda _: None), kwargs={"around": around}) for _ in "ab"
    ]
    both[0].start()
    assert inside.wait(10)
    both[1].start()
    go_on.set()
    for each in both:
        each.join(10)

    assert len(calls) == 1
