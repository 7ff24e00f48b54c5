"""Readiness: 503 with a reason while no worker can run jobs, 200 when one can again; health is another question."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from graphflow.jobs.dispatch import Dispatcher, WorkerState
from graphflow.jobs.worker import WorkerDied
from graphflow.jobs.worker.inline import InlineWorker
from tests.server.launching import launched
from tests.server.serving import Answer, Served, serving

INNER = "/home/somebody/packs/secret.py"
LONG = 60.0
ENDS_IN_WORKERS = """
import os, sys
from pathlib import Path

if "graphflow.jobs.worker" in " ".join(sys.orig_argv) and Path({flag!r}).exists():
    os._exit(3)
NODES = ()
"""


class Faults:
    """While `broken`, no worker of this process can be started."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broken = True
        really = InlineWorker.start

        async def start(worker: InlineWorker) -> None:
            if self.broken:
                raise WorkerDied(f"{INNER} ended the process")
            await really(worker)

        monkeypatch.setattr(InlineWorker, "start", start)


def readiness(served: Served) -> Answer:
    return served.ask("GET", "/readyz", user=None)


def until(so: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not so():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def test_a_server_whose_only_worker_cannot_be_started_is_not_ready_but_healthy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults(monkeypatch)
    with serving(tmp_path) as served:
        until(lambda: readiness(served).status == 503)

        refused, health = readiness(served), served.ask("GET", "/healthz", user=None)
        submitted = served.ask("POST", "/api/v1/jobs", body=_job())
        faults.broken = False
        until(lambda: readiness(served).status == 200)
        until(lambda: _state(served, submitted) == "done")

    assert (refused.code, health.status, submitted.status) == ("no-worker", 200, 202)
    assert "inline is broken" in refused.json["problems"][0]["message"]
    assert int(refused.headers["Retry-After"]) >= 1
    assert INNER not in refused.body.decode()  # anybody may ask


def test_a_worker_that_starts_well_leaves_the_server_ready_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults(monkeypatch)
    faults.broken = False
    with serving(tmp_path) as served:
        asked = [readiness(served).status for _ in range(20)]

    assert set(asked) == {200}


def test_one_worker_of_two_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(tmp_path) as served:
        workers = served.server.dispatcher.workers
        broken = [replace(each, state=WorkerState.BROKEN) for each in workers]
        views = [*broken, *broken]
        monkeypatch.setattr(Dispatcher, "workers", property(lambda _: tuple(views)))

        none = readiness(served).status
        views[1] = replace(views[1], state=WorkerState.BUSY)

        assert (none, readiness(served).status) == (503, 200)


def test_a_process_that_cannot_start_shows_and_mends(tmp_path: Path) -> None:
    flag, pack = tmp_path / "broken", tmp_path / "ending_pack.py"
    flag.touch()
    pack.write_text(ENDS_IN_WORKERS.format(flag=str(flag)))
    with launched(tmp_path / "home", "--pack", str(pack)) as server:
        until(lambda: server.ask("/readyz")[0] == 503)
        code = server.ask("/readyz")[1]["problems"][0]["code"]
        healthy = server.ask("/healthz")[0]
        flag.unlink()
        until(lambda: server.ask("/readyz")[0] == 200)

    assert (code, healthy) == ("no-worker", 200)


def _job() -> dict[str, object]:
    nodes = {"dig": {"type": "Dig", "inputs": {}}}
    return {"workflow": {"format": "graphflow/1", "nodes": nodes, "outputs": {"out": {"node": "dig", "output": "out"}}}}


def _state(served: Served, submitted: Answer) -> str:
    return str(served.ask("GET", f"/api/v1/jobs/{submitted.json['id']}").json["state"])
