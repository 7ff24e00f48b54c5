"""A live server against a small model of it: whatever is asked in whatever order, and whenever it is killed, they agree."""

from __future__ import annotations

import io
import json
import shutil
import signal
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from PIL import Image

from tests.jobs.worker.rig import PACK
from tests.server.launching import Launched, launched
from tests.sizes import SHARE, sized, tell

ENDED = ("done", "failed", "cancelled")
RUNS, STEPS, KILLS = (20 if SHARE else 3), sized(50, 2_000), sized(2, 10)
PATIENCE = 60.0
SEEN: dict[str, int] = {"steps": 0, "kills": 0, "jobs": 0}
"""What was done in all runs, for the report."""

jobs = st.integers(0, 10_000)
names = st.sampled_from(["pot", "jug", "bowls/large"])


class Machine(RuleBasedStateMachine):
    """The server, and what it should hold: states by job, jobs by key, workflows by name, uploads by name.

    The queue stands still but in the rules that let it run, so that the model knows every state.
    """

    changes: tuple[str, ...] = ()
    """Sabotages of the server, by their names in `tests/reliability/sabotage`."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="graphflow-machine-"))
        self.stack = ExitStack()
        self.server = self.start()
        self.states: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.saved: dict[str, str] = {}
        self.uploads: set[str] = set()
        self.kills = 0
        self.expect("/api/v1/queue/pause", 200, "POST")
        for number in range(6):
            self._submit(held=number % 2 == 0, key=None)

    def start(self) -> Launched:
        return self.stack.enter_context(
            launched(self.folder / "home", "--pack", str(PACK), changes=",".join(self.changes))
        )

    def teardown(self) -> None:
        try:
            self.every_job_tells_its_story_without_a_gap()
        finally:
            self.stack.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def expect(self, path: str, status: int, method: str = "GET", body: Any = None, **headers: str) -> Any:
        """Ask, and hold the answer to a status."""
        SEEN["steps"] += 1
        sent = {"Authorization": f"Bearer {self.server.token}", "Content-Type": "application/json", **headers}
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.server.url}{path}", data, sent, method=method)  # noqa: S310  our own
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
                code, text = response.status, response.read()
        except urllib.error.HTTPError as error:
            with error:
                code, text = error.code, error.read()
        assert code == status, (method, path, code, text)
        return json.loads(text) if text else None

    def chosen(self, number: int) -> str:
        return list(self.states)[number % len(self.states)]

    def change(self, number: int, act: str, legal: dict[str, str]) -> None:
        """Ask for a change of one job's state: what the model forbids the server refuses."""
        id = self.chosen(number)
        after = legal.get(self.states[id])
        self.expect(f"/api/v1/jobs/{id}/{act}", 409 if after is None else 200, "POST")
        self.states[id] = after or self.states[id]

    @rule(held=st.booleans(), key=st.none() | st.sampled_from("abcdef"))
    def submit(self, held: bool, key: str | None) -> None:
        self._submit(held, key)

    def _submit(self, held: bool, key: str | None) -> None:
        graph = {"format": "graphflow/1", "nodes": {"it": {"type": "Walk", "inputs": {"count": 1}}}}
        known = self.keys.get(f"{key}{held}") if key else None
        headers = {"Idempotency-Key": f"{key}{held}"} if key else {}
        body = {"workflow": graph, "held": held}
        answer = self.expect("/api/v1/jobs", 202, "POST", body, **headers)
        if known:
            assert answer["id"] == known
            return
        SEEN["jobs"] += 1
        assert answer["id"] not in self.states
        self.states[answer["id"]] = "held" if held else "queued"
        if key:
            self.keys[f"{key}{held}"] = answer["id"]

    @precondition(lambda self: self.states)
    @rule(number=jobs)
    def cancel(self, number: int) -> None:
        legal = {"queued": "cancelled", "held": "cancelled", **{state: state for state in ENDED}}
        self.change(number, "cancel", legal)

    @precondition(lambda self: self.states)
    @rule(number=jobs)
    def retry(self, number: int) -> None:
        self.change(number, "retry", {"cancelled": "queued", "failed": "queued"})

    @precondition(lambda self: self.states)
    @rule(number=jobs)
    def hold(self, number: int) -> None:
        self.change(number, "hold", {"queued": "held", "held": "held"})

    @precondition(lambda self: self.states)
    @rule(number=jobs)
    def release(self, number: int) -> None:
        self.change(number, "release", {"held": "queued", "queued": "queued"})

    @precondition(lambda self: self.states)
    @rule(number=jobs, to=st.sampled_from(["front", "back"]))
    def move(self, number: int, to: str) -> None:
        id = self.chosen(number)
        waits = self.states[id] in ("queued", "held")
        self.expect(f"/api/v1/jobs/{id}/move", 200 if waits else 409, "POST", {"to": to})
        if self.states[id] == "queued":
            queued = sum(state == "queued" for state in self.states.values())
            position = self.expect(f"/api/v1/jobs/{id}", 200)["position"]
            assert position == (0 if to == "front" else queued - 1)

    @precondition(lambda self: self.states)
    @rule(number=jobs)
    def delete(self, number: int) -> None:
        id = self.chosen(number)
        if self.states[id] not in ENDED:
            self.expect(f"/api/v1/jobs/{id}", 409, "DELETE")
            return
        self.expect(f"/api/v1/jobs/{id}", 204, "DELETE")
        del self.states[id]
        self.deleted.add(id)
        self.keys = {key: job for key, job in self.keys.items() if job != id}

    @rule()
    def run_all(self) -> None:
        self.expect("/api/v1/queue/resume", 200, "POST")
        self.settle()

    @rule(name=names, title=st.text("ab", min_size=1, max_size=5))
    def save(self, name: str, title: str) -> None:
        graph = {"format": "graphflow/1", "name": title, "nodes": {"it": {"type": "Walk", "inputs": {"count": 1}}}}
        known = name in self.saved
        condition = {"If-Match" if known else "If-None-Match": "*"}
        path = f"/api/v1/workflows/{name.replace('/', '%2F')}"
        self.expect(path, 200 if known else 201, "PUT", {"workflow": graph}, **condition)
        self.saved[name] = title

    @rule(shade=st.integers(0, 255))
    def upload(self, shade: int) -> None:
        out = io.BytesIO()
        Image.new("L", (4, 4), shade).save(out, "PNG")
        name = f"shade-{shade}.png"
        status = 200 if name in self.uploads else 201
        self.expect(f"/api/v1/uploads?name={name}", status, "POST", out.getvalue(), **{"Content-Type": "image/png"})
        self.uploads.add(name)

    @precondition(lambda self: self.kills < KILLS)
    @rule(running=st.booleans())
    def kill(self, running: bool) -> None:
        self.kills += 1
        SEEN["kills"] += 1
        if running:
            self.expect("/api/v1/queue/resume", 200, "POST")
        self.server.stop(signal.SIGKILL)
        self.server = self.start()
        if running:
            self.settle()

    def settle(self) -> None:
        """Wait until all that was queued is done, and have the queue stand still again."""
        end = time.monotonic() + PATIENCE
        while self.expect("/api/v1/jobs?state=queued&state=running", 200)["jobs"]:
            assert time.monotonic() < end
            time.sleep(0.02)
        self.expect("/api/v1/queue/pause", 200, "POST")
        self.states = {id: "done" if state == "queued" else state for id, state in self.states.items()}

    @invariant()
    def the_server_agrees(self) -> None:
        listed = self.expect("/api/v1/jobs?limit=500", 200)["jobs"]
        assert {each["id"]: each["state"] for each in listed} == dict(list(self.states.items())[-500:])
        positions = sorted(each["position"] for each in listed if each["state"] == "queued")
        assert positions == list(range(len(positions))) or len(self.states) > 500

    @precondition(lambda self: self.saved or self.uploads or self.deleted)
    @rule()
    def what_was_kept_is_there(self) -> None:
        for name, title in self.saved.items():
            path = f"/api/v1/workflows/{name.replace('/', '%2F')}"
            assert self.expect(path, 200)["workflow"]["name"] == title
        found = self.expect("/api/v1/uploads?limit=500", 200)["uploads"]
        assert {each["name"] for each in found} == self.uploads
        for id in list(self.deleted)[-3:]:
            self.expect(f"/api/v1/jobs/{id}", 404)

    def every_job_tells_its_story_without_a_gap(self) -> None:
        for id, state in list(self.states.items())[-20:]:
            events = self.expect(f"/api/v1/jobs/{id}/events", 200)["events"]
            assert [each["n"] for each in events] == list(range(1, len(events) + 1))
            told = [each["event"]["state"] for each in events if each["event"]["kind"] == "job.state"]
            assert told[-1] == state


def test_a_server_that_is_asked_anything_and_killed_at_any_time_agrees_with_its_model() -> None:
    steps = settings(
        max_examples=RUNS,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=not SHARE,
        phases=(Phase.generate,),  # each run takes seconds: to make a finding smaller is left to people
        suppress_health_check=list(HealthCheck),
    )

    run_state_machine_as_test(Machine, settings=steps)

    did = f"{RUNS} times {STEPS:,} steps, {SEEN['steps']:,} requests, {SEEN['jobs']:,} jobs, {SEEN['kills']} kills"
    tell("state machine over a live server", f"{did}: no disagreement")
    assert SEEN["kills"] > 0


class Forgetful(Machine):
    """Beside a server that takes every request for a new one."""

    changes = ("no-keys",)


def test_a_server_that_forgets_keys_disagrees_with_the_model() -> None:
    machine = Forgetful()
    machine.submit(held=False, key="a")

    with pytest.raises(AssertionError):
        machine.submit(held=False, key="a")

    machine.stack.close()
    shutil.rmtree(machine.folder, ignore_errors=True)
