"""Runs `graphflow serve` as a process of its own, and knows how long it took, how much it worked and what it holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

PACK = Path(__file__).with_name("trivial.py")


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that runs: where, with whose token, and after how many seconds it said that it is ready."""

    process: subprocess.Popen[str]
    url: str
    token: str
    seconds: float

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return str(parts.hostname), int(parts.port or 80)

    @property
    def resident(self) -> float:
        """Megabytes of memory that the API process takes now; workers are other processes."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 1e6

    def worked(self) -> float:
        """Return for how many seconds processors have worked for the API process."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def worked_with_workers(self) -> float:
        """Return for how many seconds processors have worked for it and its workers."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return self.worked() + sum(each.cpu_times().user + each.cpu_times().system for each in children)


@contextmanager
def serving(
    home: Path, *options: str, environment: Mapping[str, str] | None = None, warm: bool = False
) -> Iterator[Serving]:
    """Serve a home with trivial nodes until the block ends; then the server is killed, as a crash would.

    A `warm` server's worker imports torch and the like ahead of its first job.
    """
    command = [
        *(sys.executable, "-m", "graphflow.cli", "serve", "--home", str(home), "--port", "0", "--json"),
        *("--device", "cpu", "--pack", str(PACK), "--max-requests", "1000000", "--max-queued", "1000000"),
        *(() if warm else ("--no-preload",)),
        *options,
    ]
    home.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with (home / "server.log").open("a") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, **(environment or {})}
        )
    with process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"the server did not start:\n{(home / 'server.log').read_text()}")
            seconds = time.perf_counter() - start
            yield Serving(process, json.loads(line)["url"], (home / "token").read_text().strip(), seconds)
        finally:
            process.kill()
