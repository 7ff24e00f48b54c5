"""Promise 17: clients that never read, or vanish, slow nobody, cost little, and are cut."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import psutil

from tests.reliability.house import REPOSITORY, House, close
from tests.reliability.report import MS, Report, percentile, spread
from tests.reliability.workflows import single

COST, HELD = 8 << 20, 2 << 20
"""Bytes that a bad client may cost the process, and that may wait for it."""
LAG = 0.1
CUT = 10.0
FAR = "10.99.99.99"
"""An address of this machine, in a network of the test's own, which goes away and with it all who had it."""


@dataclass(frozen=True)
class Size:
    """How many clients of each kind, and how many jobs say how many large lines; are times strict?"""

    good: int
    stuck: int
    vanishing: int
    jobs: int
    lines: int
    timed: bool


SHORT, FULL = Size(6, 4, 2, 1, 900, timed=False), Size(30, 10, 10, 5, 200, timed=True)
LINE_BYTES = 4_000
"""What a node logs is cut at this length, and after a thousand lines."""


@dataclass
class Good:
    """A client that reads: how long after it was stored each event came."""

    lags: list[float] = field(default_factory=list)
    heard: int = 0


def beside_bad_ones(folder: Path, size: Size, *changes: str) -> Report:
    """Run the scenario in a network namespace, where clients can vanish without a word; else without those."""
    if not _has_namespaces():
        return _run(folder, Size(size.good, size.stuck, 0, size.jobs, size.lines, timed=size.timed), changes)
    numbers = [size.good, size.stuck, size.vanishing, size.jobs, size.lines, int(size.timed)]
    command = [*_NAMESPACE, sys.executable, "-m", __name__, str(folder), *map(str, numbers), *changes]
    told = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True).stdout
    found = json.loads(told.splitlines()[-1])
    return Report("17", found["figures"], found["faults"])


_NAMESPACE = ("unshare", "--user", "--map-root-user", "--net")


def _has_namespaces() -> bool:
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    try_it = [*_NAMESPACE, "ip", "link", "set", "lo", "up"]
    return subprocess.run(try_it, stderr=subprocess.DEVNULL, check=False).returncode == 0


def _run(folder: Path, size: Size, changes: Sequence[str]) -> Report:
    report = Report("17")
    server = House(folder, changes)
    server.start()
    try:
        good, lags_before, before, during, rss, held = asyncio.run(_listen(server, size))
        seconds = _seconds_until_cut(server)
        server.stop()
    finally:
        close(server)
    bad = size.stuck + size.vanishing
    lags = [lag for each in good for lag in each.lags]
    each = max(rss, 0) / max(bad, 1)
    slower = median(during) / median(before) - 1
    report.expect(len({client.heard for client in good}) == 1, f"good clients heard {[each.heard for each in good]}")
    report.expect(min(client.heard for client in good) == 2 * size.jobs * size.lines, "good clients missed events")
    report.expect(each <= COST, f"a bad client costs {each / 2**20:.1f} MiB")
    report.expect(held <= bad * HELD, f"{held >> 20} MiB wait for bad clients")
    report.expect(seconds <= CUT + 3, f"bad clients were cut after {seconds:.1f} s")
    if size.timed:
        report.expect(percentile(lags) <= LAG, f"others' events lag {percentile(lags) * MS:.0f} ms (p99)")
    else:
        report.expect(percentile(lags) <= 20 * LAG, f"others' events lag {percentile(lags) * MS:.0f} ms (p99)")
    report.faults += server.mistakes()[:5]
    report.say(clients=f"{size.good} that read, {size.stuck} that never read, {size.vanishing} that vanish")
    report.say(lag_before_the_bad_ones_came=spread(lags_before))
    report.say(lag_of_the_good=spread(lags), events_for_each=good[0].heard)
    report.say(
        memory_for_each_bad_one=f"{each / 2**20:.2f} MiB, {held / max(bad, 1) / 2**20:.2f} MiB of it waiting",
        median_job_time=f"{slower:+.1%} (goal: at most +2 %)",
        cut_after=f"{seconds:.1f} s",
    )
    return report


def _job_time(server: House, size: Size) -> float:
    job = server.wait_for(
        server.submit(single("Say", lines=size.lines, size=LINE_BYTES, seconds=0.02 if size.timed else 0.002))
    )
    assert job["state"] == "done", job["problem"]
    return float(job["finished"]) - float(job["started"])


async def _listen(server: House, size: Size) -> tuple[list[Good], list[float], list[float], list[float], int, int]:
    """Listen alone and then beside bad clients; return what the good ones heard, the jobs' times, and memory."""
    good = [Good() for _ in range(size.good)]
    process = psutil.Process(_server_pid(server))
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=server.headers, connector=connector) as session:
        listening = [asyncio.create_task(_read(session, server, each)) for each in good]
        await asyncio.sleep(1)
        alone = [await asyncio.to_thread(_job_time, server, size) for _ in range(size.jobs)]
        await _until_heard(good, size.jobs * size.lines)
        lags = [lag for each in good for lag in each.lags]
        for each in good:
            each.lags.clear()
        with _bad_ones(server, size):
            await asyncio.sleep(1)
            before, times, held = process.memory_info().rss, list[float](), 0
            if size.vanishing:
                subprocess.run(["ip", "addr", "del", f"{FAR}/32", "dev", "lo"], check=True)
            peak = before
            for _ in range(size.jobs):
                times.append(await asyncio.to_thread(_job_time, server, size))
                peak = max(peak, process.memory_info().rss)
                held = max(held, int(await asyncio.to_thread(_metric, server, "graphflow_stream_queued_bytes")))
            await _until_heard(good, 2 * size.jobs * size.lines)
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)
            return good, lags, alone, times, peak - before, held


async def _until_heard(good: Sequence[Good], count: int) -> None:
    """Wait a while for all to have heard so many events."""
    with suppress(TimeoutError):
        async with asyncio.timeout(10):
            while any(each.heard < count for each in good):
                await asyncio.sleep(0.01)


async def _read(session: aiohttp.ClientSession, server: House, good: Good) -> None:
    """Read the stream of all jobs with a WebSocket, and take the time of each logged line."""
    async with session.ws_connect(f"{server.url}/api/v1/ws", max_msg_size=0) as line:
        await line.send_json({"kind": "subscribe", "jobs": "all"})
        async for raw in line:
            now = time.time()
            text = str(raw.data)
            if '"node.logged"' in text[-LINE_BYTES - 200 :]:
                good.heard += 1
                good.lags.append(now - float(text.partition('"at":')[2].partition(",")[0]))


def _server_pid(server: House) -> int:
    assert server.process is not None
    return server.process.pid


@contextmanager
def _bad_ones(server: House, size: Size) -> Iterator[None]:
    """Have clients that open a stream and never read; half of them by WebSocket, and some from an address that goes."""
    with ExitStack() as lines:
        for number in range(size.stuck + size.vanishing):
            source = FAR if number >= size.stuck else "127.0.0.1"
            lines.enter_context(closing(_stuck(server, "ws" if number % 2 else "sse", source)))
        yield


def _stuck(server: House, kind: str, source: str) -> socket.socket:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.bind((source, 0))
    line.connect(("127.0.0.1", server.port))
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    more = upgrade if kind == "ws" else {"Accept": "text/event-stream"}
    headers = {"Host": f"127.0.0.1:{server.port}", **server.headers, **more}
    path = "ws" if kind == "ws" else "events"
    text = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    line.sendall(f"GET /api/v1/{path} HTTP/1.1\r\n{text}\r\n".encode())
    if kind == "ws":
        asked = b'{"kind":"subscribe","jobs":"all"}'
        line.sendall(bytes([0x81, 0x80 | len(asked), 0, 0, 0, 0]) + asked)
    return line


def _seconds_until_cut(server: House) -> float:
    """Return how long after the good ones left the last bad one was cut."""
    begun = time.monotonic()
    while _metric(server, "graphflow_stream_clients") > 0 and time.monotonic() - begun < CUT + 6:
        time.sleep(0.05)
    return time.monotonic() - begun


def _metric(server: House, name: str) -> float:
    text: Any = server.ask("GET", "/metrics")[1]
    return sum(float(line.rpartition(" ")[2]) for line in text.decode().splitlines() if line.startswith(name))


def main() -> None:
    """Run inside the namespace, and print what was found."""
    folder, *numbers = sys.argv[1:8]
    good, stuck, vanishing, jobs, lines, timed = map(int, numbers)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "addr", "add", f"{FAR}/32", "dev", "lo"], check=True)
    size = Size(good, stuck, vanishing, jobs, lines, timed=bool(timed))
    report = _run(Path(folder), size, sys.argv[8:])
    print(json.dumps({"figures": report.figures, "faults": report.faults}))


if __name__ == "__main__":
    main()
