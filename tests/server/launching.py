"""Starts `graphflow serve` as a process of its own, and asks it things."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil


@dataclass(frozen=True, slots=True)
class Launched:
    """A server's process, with what it said when it was ready, and where its log goes."""

    process: subprocess.Popen[str]
    said: Mapping[str, Any]
    home: Path
    log: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return str(self.said["url"])

    @property
    def token(self) -> str:
        """The owner's token."""
        return (self.home / "token").read_text().strip()

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: Any = None,
        token: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> tuple[int, Any]:
        """Send one request, and return the status and the data of the answer."""
        headers = {"Authorization": f"Bearer {token or self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)  # noqa: S310  our own
        try:
            with urllib.request.urlopen(request, timeout=30, context=tls) as response:  # noqa: S310
                text = response.read()
                return response.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 40) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(how)
        return self.process.wait(seconds)

    def children(self) -> list[psutil.Process]:
        """Return the processes that the server started."""
        return psutil.Process(self.process.pid).children(recursive=True)


def command(home: Path, *options: str) -> list[str]:
    """Return the command line of a server on any free port."""
    return [
        sys.executable,
        "-m",
        "graphflow.cli",
        "serve",
        "--home",
        str(home),
        "--port",
        "0",
        "--no-preload",
        *options,
    ]


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a server: one thread, and no token of somebody's shell."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRAPHFLOW_")}
    return {**kept, "OMP_NUM_THREADS": "1", **more}


@contextmanager
def launched(home: Path, *options: str, changes: str = "", **variables: str) -> Iterator[Launched]:
    """Run a server until the block ends; it is killed then if it still runs.

    `changes` are those of `tests.reliability.sabotage`, with commas between.
    """
    log = home.parent / f"{home.name}.log"
    line = command(home, "--json", "--device", "cpu", *options)
    if changes:
        line[2:3] = ["tests.reliability.sabotage", changes]
    with log.open("a") as errors:
        process = subprocess.Popen(
            line,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment(**variables),
            cwd=Path(__file__).parents[2] if changes else None,  # where the package of tests lies
        )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said, f"the server did not start: {log.read_text()}"
        yield Launched(process, json.loads(said), home, log)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
