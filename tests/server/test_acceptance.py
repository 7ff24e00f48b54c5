"""What was planned before is not planned again, while that is sound; long plans do not stop the others."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from graphflow.engine import Engine
from graphflow.errors import WorkflowError
from graphflow.jobs.worker.request import Workflows, read_request
from graphflow.server.requests import acceptance
from graphflow.server.requests.acceptance import Acceptance, Ready
from graphflow.server.requests.submission import Found, Prepared, prepare
from graphflow.wire.jobs import SubmitJob
from tests.toy import link, workflow

from .painting import REGISTRY, looked
from .pictures import picture

GRAPH = workflow({"dig": ("Dig", {}), "fire": ("Fire", {"clay": link("dig")})})
LARGE = workflow(
    {f"dig{n}": ("Dig", {"name": "x" * 100}) for n in range(500)} | {"fire": ("Fire", {"clay": link("dig0")})}
)


class Counting:
    """The real `prepare`, which counts its calls and notes on which threads they were."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self.threads: set[str] = set()
        self._prepare = prepare
        monkeypatch.setattr(acceptance, "prepare", self)

    def __call__(self, *facts: Any) -> Prepared:
        self.calls += 1
        self.threads.add(threading.current_thread().name)
        return self._prepare(*facts)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    return Counting(monkeypatch)


def accept(kept: Acceptance, engine: Engine, graph: Any, **more: Any) -> Ready:
    request = SubmitJob(workflow=graph, **more)
    return asyncio.run(kept.prepare(request, engine, lambda digest: None, 20_000))


def with_picture(home: Path) -> Engine:
    engine = Engine(home, registry=REGISTRY)
    engine.home.input.mkdir(parents=True)
    (engine.home.input / "cat.png").write_bytes(picture())
    return engine


def test_the_same_text_is_planned_once(tmp_path: Path, counting: Counting) -> None:
    kept, engine = Acceptance(), Engine(tmp_path, registry=REGISTRY)

    first, second = accept(kept, engine, GRAPH), accept(kept, engine, GRAPH)

    assert first == second
    assert counting.calls == 1
    accept(kept, engine, GRAPH, targets=["dig"])
    accept(kept, engine, {**GRAPH, "name": "other"})
    assert counting.calls == 3


def test_what_was_refused_is_looked_at_again(tmp_path: Path, counting: Counting) -> None:
    kept, engine = Acceptance(), Engine(tmp_path, registry=REGISTRY)

    for _ in range(2):
        with pytest.raises(WorkflowError):
            accept(kept, engine, workflow({"fire": ("Fire", {})}))

    assert counting.calls == 2


def test_a_changed_file_is_planned_again(tmp_path: Path, counting: Counting) -> None:
    kept, engine = Acceptance(), with_picture(tmp_path)
    graph = looked("cat.png")
    accept(kept, engine, graph)
    accept(kept, engine, graph)
    assert counting.calls == 1

    os.utime(engine.home.input / "cat.png", ns=(1, 1))
    accept(kept, engine, graph)
    assert counting.calls == 2

    (engine.home.input / "cat.png").unlink()
    with pytest.raises(WorkflowError, match=r"cat\.png"):
        accept(kept, engine, graph)


def test_small_plans_stay_on_the_loop_and_files_and_large_ones_go_to_threads(
    tmp_path: Path, counting: Counting
) -> None:
    kept, engine = Acceptance(), with_picture(tmp_path)

    accept(kept, engine, GRAPH)
    assert counting.threads == {threading.current_thread().name}

    counting.threads.clear()
    accept(kept, engine, looked("cat.png"))
    accept(kept, engine, LARGE)
    assert all(name.startswith("graphflow-planning") for name in counting.threads)
    assert counting.calls == 3


def test_a_long_plan_stops_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, engine = Acceptance(), with_picture(tmp_path)
    go_on = threading.Event()

    def slow(found: Found, *facts: Any) -> Prepared:
        if "look" in found.plain["nodes"]:
            assert go_on.wait(30)
        return prepare(found, *facts)

    monkeypatch.setattr(acceptance, "prepare", slow)

    async def both() -> list[str]:
        order: list[str] = []

        async def one(name: str, graph: Any) -> None:
            await kept.prepare(SubmitJob(workflow=graph), engine, lambda digest: None, 20_000)
            order.append(name)

        long = asyncio.create_task(one("long", looked("cat.png")))
        await asyncio.sleep(0)
        await one("short", GRAPH)
        go_on.set()
        await long
        return order

    assert asyncio.run(both()) == ["short", "long"]


@pytest.mark.parametrize(("bound", "most"), [("REMEMBERED", 1000), ("REQUESTS", 5)])
def test_what_is_remembered_has_a_bound(
    tmp_path: Path, counting: Counting, monkeypatch: pytest.MonkeyPatch, bound: str, most: int
) -> None:
    monkeypatch.setattr(acceptance, bound, most)
    kept, engine = Acceptance(), Engine(tmp_path, registry=REGISTRY)
    graphs = [{**GRAPH, "name": f"n{n}"} for n in range(20)]

    for graph in (*graphs, graphs[-1]):
        accept(kept, engine, graph)
    assert counting.calls == 20

    accept(kept, engine, graphs[0])
    assert counting.calls == 21


def test_a_small_graph_costs_little(tmp_path: Path) -> None:
    kept, engine = Acceptance(), Engine(tmp_path, registry=REGISTRY)
    requests = [SubmitJob(workflow={**GRAPH, "name": f"n{n}"}) for n in range(200)]

    async def all_of_them() -> float:
        begun = time.process_time()
        for request in requests:
            await kept.prepare(request, engine, lambda digest: None, 20_000)
        return time.process_time() - begun

    assert asyncio.run(all_of_them()) / len(requests) < 0.005  # 0.2 ms on an idle machine


def test_a_workflow_with_other_inputs_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []
    real = Engine.read

    def reading(engine: Engine, source: Any) -> Any:
        read.append(source)
        return real(engine, source)

    monkeypatch.setattr(Engine, "read", reading)
    kept, engine = Acceptance(), Engine(tmp_path, registry=REGISTRY)
    graph = {**GRAPH, "inputs": {"seed": {"node": "dig", "input": "seed"}}}

    bodies = {accept(kept, engine, graph, inputs={"seed": seed}).body for seed in (1, 2, 2**64 - 1)}

    assert (len(bodies), len(read)) == (3, 1)
    with pytest.raises(WorkflowError):
        accept(kept, engine, graph, inputs={"seed": "no number"})


def test_the_wish_to_be_deterministic_reaches_the_worker(tmp_path: Path) -> None:
    kept, engine = Acceptance(), Engine(tmp_path, registry=REGISTRY)

    plain, alone = (
        read_request(accept(kept, engine, GRAPH, deterministic=wish).body, Workflows(REGISTRY))
        for wish in (False, True)
    )

    assert (plain.deterministic, alone.deterministic) == (False, True)
