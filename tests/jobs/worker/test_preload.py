"""A worker that has nothing to do imports what its packs name, and no job and no failure minds."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from graphflow.home import Home
from graphflow.jobs.worker import JobDone, Worker
from graphflow.jobs.worker.preload import preload
from graphflow.jobs.worker.process import ProcessWorker
from tests.jobs.worker.rig import reports_of, run_in_time, started, task

PACK = """
import sys
from graphflow.api import node

@node("Imported", output=True)
def imported(*, name: str = "") -> bool:
    return name in sys.modules

NODES = (imported,)
PRELOAD = ("missing_module", "failing_module", "slow_module", "last_module")
"""


def home_with_pack(tmp_path: Path, slow: float = 0.0) -> tuple[Home, Path]:
    pack = tmp_path / "preloading_pack.py"
    pack.write_text(PACK)
    (tmp_path / "failing_module.py").write_text("import sys; sys.exit('not here')")
    (tmp_path / "slow_module.py").write_text(f"import time; time.sleep({slow})")
    (tmp_path / "last_module.py").write_text("")
    for heavy in ("torch", "diffusers", "transformers"):  # what the installed packs name: it would take long
        (tmp_path / f"{heavy}.py").write_text("raise ImportError('not in this test')")
    return Home(tmp_path / "home"), pack


async def has_imported(worker: Worker, name: str) -> bool:
    work = task({"it": ("Imported", {"name": name})}, outputs={"x": ("it", "out")})
    ending = (await reports_of(worker, work))[-1]
    assert isinstance(ending, JobDone)
    return bool(ending.outputs["x"]["value"])


async def until_true(ask: Callable[[], Awaitable[bool]]) -> None:
    while not await ask():
        await asyncio.sleep(0.05)


def test_an_idle_worker_imports_what_its_packs_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    home, pack = home_with_pack(tmp_path)

    async def scenario() -> None:
        async with started(ProcessWorker(home, "toy", packs=[pack], device="cpu", preload=True)) as worker:
            await until_true(lambda: has_imported(worker, "last_module"))

    run_in_time(scenario())
    said = (home.logs / "worker-toy.log").read_text()
    assert "missing_module cannot be imported ahead of its use: ModuleNotFoundError" in said
    assert "failing_module cannot be imported ahead of its use: SystemExit: not here" in said


def test_a_worker_that_is_not_told_to_imports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    home, pack = home_with_pack(tmp_path)

    async def scenario() -> bool:
        async with started(ProcessWorker(home, "toy", packs=[pack], device="cpu")) as worker:
            await asyncio.sleep(1)
            return await has_imported(worker, "last_module")

    assert run_in_time(scenario()) is False
    assert "ahead of" not in (home.logs / "worker-toy.log").read_text()


def test_a_job_runs_while_a_module_takes_long_to_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    home, pack = home_with_pack(tmp_path, slow=3600)

    async def scenario() -> bool:
        async with started(ProcessWorker(home, "toy", packs=[pack], device="cpu", preload=True)) as worker:
            await until_true(lambda: has_imported(worker, "slow_module"))
            return await has_imported(worker, "last_module")

    assert run_in_time(scenario()) is False


def test_nothing_is_imported_while_a_job_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "while_busy.py").write_text("")
    asked: list[bool] = []

    def is_busy() -> bool:
        asked.append("while_busy" in sys.modules)
        return len(asked) < 3

    preload(["while_busy"], is_busy)

    assert asked == [False, False, False]
    assert "while_busy" in sys.modules
