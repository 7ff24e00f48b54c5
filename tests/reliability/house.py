"""A home, and the server process on it that is killed and started again, always at the same address."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.reliability.pack import NOTES, POINTS
from tests.server.launching import environment

REPOSITORY = Path(__file__).parents[2]
PACK = Path(__file__).with_name("pack.py")
LONG = 120.0
"""Seconds that nothing here takes, whatever else the machine does."""
KILL = signal.SIGKILL


@dataclass
class House:
    """A home folder in `root` and `graphflow serve` on it.

    `changes` are those of `tests.reliability.sabotage`: what a test needs to be other than it is, or what it has to notice.
    """

    root: Path
    changes: Sequence[str] = ()
    options: Sequence[str] = ()
    packs: Sequence[Path] = (PACK,)
    variables: Mapping[str, str] = field(default_factory=dict)
    within: Sequence[str] = ()
    process: subprocess.Popen[str] | None = None
    starts: int = 0

    def __post_init__(self) -> None:
        for folder in (self.points, self.notes):
            folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as line:
            line.bind(("127.0.0.1", 0))
            self.port = int(line.getsockname()[1])

    @property
    def home(self) -> Path:
        """The home folder."""
        return self.root / "home"

    @property
    def points(self) -> Path:
        """Where files say at which place the worker dies."""
        return self.root / "points"

    @property
    def notes(self) -> Path:
        """Where nodes note what they do."""
        return self.root / "notes"

    @property
    def log(self) -> Path:
        """What the server writes to its standard error."""
        return self.root / "server.log"

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a program of the owner's."""
        token = (self.home / "token").read_text().strip()
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def start(self) -> float:
        """Start the server, and return after how many seconds it listened."""
        begun = time.monotonic()
        with self.log.open("a") as errors:
            self.process = subprocess.Popen(
                self.command(),
                cwd=REPOSITORY,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment(**{POINTS: str(self.points), NOTES: str(self.notes), **self.variables}),
            )
        self.starts += 1
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert "serve.ready" in line, f"the server did not start: {line} {self.log.read_text()[-2000:]}"
        return time.monotonic() - begun

    def command(self) -> list[str]:
        """Return the command line of the server."""
        module = ["tests.reliability.sabotage", ",".join(self.changes)] if self.changes else ["graphflow.cli"]
        packs = [part for pack in self.packs for part in ("--pack", str(pack))]
        fixed = ["--home", str(self.home), "--port", str(self.port), "--device", "cpu", "--json", "--no-access-log"]
        fixed += ["--no-preload"]  # a start of so many should not import torch
        return [*self.within, sys.executable, "-m", *module, "serve", *fixed, *packs, *self.options]

    def signal(self, number: int) -> None:
        """Send the server a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """End the server with no warning, and wait until it is gone."""
        self.signal(KILL)
        self.wait()

    def stop(self) -> int:
        """Ask the server to stop, and return its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def wait(self, seconds: float = LONG) -> int:
        """Wait until the server is gone, and return its exit code."""
        assert self.process is not None
        code = self.process.wait(seconds)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    @property
    def runs(self) -> bool:
        """Does the server's process live?"""
        return self.process is not None and self.process.poll() is None

    def workers(self) -> list[psutil.Process]:
        """Return the processes of the workers."""
        if not self.runs or self.process is None:
            return []
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children()
        return []

    def ask(self, method: str, path: str, body: Any = None, **more: str) -> tuple[int, Any]:
        """Send one request, and return the status and the data of the answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            data = None if body is None else json.dumps(body)
            line.request(method, path if path.startswith("/") else f"/api/v1/{path}", data, {**self.headers, **more})
            response = line.getresponse()
            text = response.read()
            return response.status, json.loads(text) if text.startswith((b"{", b"[")) else text
        finally:
            line.close()

    def submit(self, workflow: Mapping[str, Any], **more: Any) -> str:
        """Submit a job and return its id."""
        status, answer = self.ask("POST", "jobs", {"workflow": workflow, **more})
        assert status == 202, answer
        return str(answer["id"])

    def job(self, id: str) -> Any:
        """Return a job as clients see it."""
        status, answer = self.ask("GET", f"jobs/{id}")
        assert status == 200, answer
        return answer

    def wait_for(self, id: str, *states: str, seconds: float = LONG) -> Any:
        """Wait until a job is in one of these states, by default until it has ended."""
        wanted = states or ("done", "failed", "cancelled")
        end = time.monotonic() + seconds
        while (job := self.job(id))["state"] not in wanted:
            assert time.monotonic() < end, f"job {id} is still {job['state']}"
            time.sleep(0.02)
        return job

    def counts(self) -> dict[str, int]:
        """Return how many jobs there are in each state."""
        return {str(state): int(count) for state, count in self.ask("GET", "queue")[1]["counts"].items()}

    def drained(self, seconds: float = LONG) -> bool:
        """Wait until no job waits or runs; return whether that came about."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            counts = self.counts()
            if not any(counts.get(each, 0) for each in ("queued", "running", "held")):
                return True
            time.sleep(0.05)
        return False

    def mistakes(self) -> list[str]:
        """Return what stands in the logs that nobody should see."""
        texts = [self.log, *(self.home / "logs").rglob("*.log")]
        lines = [line for each in texts if each.exists() for line in each.read_text(errors="replace").splitlines()]
        return [line for line in lines if "Traceback" in line or " CRITICAL " in line or "never retrieved" in line]


@contextmanager
def house(root: Path, *changes: str, **more: Any) -> Iterator[House]:
    """Serve a fresh home until the block ends; whatever still runs is killed then."""
    made = House(root, changes, **more)
    try:
        made.start()
        yield made
    finally:
        close(made)


def close(house: House) -> None:
    """End the server and its workers if they still run."""
    workers = house.workers()
    if house.runs:
        house.kill()
    elif house.process is not None:
        house.wait()
    for each in workers:
        with suppress(psutil.NoSuchProcess):
            os.kill(each.pid, signal.SIGCONT)
    _, alive = psutil.wait_procs(workers, timeout=10)
    for each in alive:
        with suppress(psutil.NoSuchProcess):
            each.kill()


async def restart(house: House) -> float:
    """Start the server while others go on."""
    return await asyncio.to_thread(house.start)
