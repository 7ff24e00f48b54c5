"""`graphflow serve` with work in hand: what runs when a signal comes is put back, and nothing that was taken is lost."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import psutil

from tests.jobs.worker.rig import PACK
from tests.server.launching import Launched, launched

PATIENCE = 60.0


def submit(server: Launched, kind: str, **inputs: Any) -> str:
    """Submit one node, and return the job's id."""
    workflow = {"format": "graphflow/1", "nodes": {"it": {"type": kind, "inputs": inputs}}}
    status, answer = server.ask("/api/v1/jobs", method="POST", body={"workflow": workflow})
    assert status == 202, answer
    return str(answer["id"])


def wait_for(server: Launched, job: str, state: str) -> dict[str, Any]:
    """Wait until a job is in a state, and return it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found: dict[str, Any] = server.ask(f"/api/v1/jobs/{job}")[1]
        if found["state"] == state:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def lines(path: Path) -> list[str]:
    """Return the lines of a file, none when there is none."""
    return path.read_text().splitlines() if path.exists() else []


def test_a_job_runs_through_the_whole_stack(tmp_path: Path) -> None:
    with launched(tmp_path / "home", "--pack", str(PACK)) as server:
        done = wait_for(server, submit(server, "Walk", count=3), "done")
        assert (done["attempt"], done["problem"]) == (1, None)
        assert server.stop() == 0


def test_what_runs_when_a_signal_comes_is_put_back_and_goes_on_at_the_next_start(tmp_path: Path) -> None:
    home, notes = tmp_path / "home", tmp_path / "notes"
    with launched(home, "--pack", str(PACK)) as server:
        running = submit(server, "Walk", count=150, seconds=0.02, notes=str(notes))
        waiting = submit(server, "Walk", count=1)
        wait_for(server, running, "running")
        while len(lines(notes)) < 5:
            time.sleep(0.02)
        children = server.children()
        assert server.stop() == 0
        assert psutil.wait_procs(children, timeout=10)[1] == []
        assert len(lines(notes)) < 150, "it was put back before its end, or this test shows nothing"
        assert "Traceback" not in server.log.read_text()

    with launched(home, "--pack", str(PACK)) as again:
        assert wait_for(again, running, "done")["attempt"] == 2
        assert wait_for(again, waiting, "done")["attempt"] == 1


def test_a_second_signal_does_not_wait_for_a_job_that_hears_nothing(tmp_path: Path) -> None:
    home, notes = tmp_path / "home", tmp_path / "notes"
    with launched(home, "--pack", str(PACK)) as server:
        deaf = submit(server, "Deaf", notes=str(notes), seconds=60)
        while not lines(notes):
            time.sleep(0.02)
        children = server.children()
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        assert server.ask("/readyz")[0] == 503, "it waits for the job, and says so"
        status, answer = server.ask("/api/v1/jobs", method="POST", body={"workflow": "txt2img"})
        assert (status, answer["problems"][0]["code"]) == (503, "stopping")
        begun = time.monotonic()
        assert server.stop(signal.SIGTERM) == 130
        assert time.monotonic() - begun < 6, "two seconds, and patience with a busy machine"
        assert psutil.wait_procs(children, timeout=10)[1] == []
        assert "Traceback" not in server.log.read_text()

    with launched(home, "--pack", str(PACK)) as again:
        again.ask(f"/api/v1/jobs/{deaf}/cancel", method="POST", body={})
        assert again.ask(f"/api/v1/jobs/{deaf}")[1]["state"] in ("queued", "running", "cancelled")
