"""What was acknowledged is there after a kill -9, once; and stores of any size open soon."""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from graphflow.errors import StorageError
from graphflow.jobs.model import NewJob
from graphflow.jobs.store import JobStore
from tests.jobs.stores import claim, now, states, submit

REPOSITORY = Path(__file__).parents[2]
KILLS = 10


def kill_a_submitter(folder: Path, first: int, seconds: float, *sabotage: str) -> dict[str, str]:
    """Start a submitter, kill it some time after it began, and return the keys and jobs that it acknowledged."""
    command = [sys.executable, "-m", "tests.jobs.submitter", str(folder), str(first), *sabotage]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        killer = threading.Timer(seconds, os.kill, (child.pid, signal.SIGKILL))
        killer.start()
        lines = child.stdout.read().splitlines()
        killer.join()
    return dict(line.split() for line in lines)


def stored(folder: Path) -> list[tuple[str, str]]:
    """Read keys and ids beside the store's own code."""
    with closing(sqlite3.connect(folder / "jobs.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return connection.execute("SELECT idempotency_key, id FROM jobs").fetchall()


def test_no_acknowledged_job_is_lost_or_doubled_by_kills(tmp_path: Path) -> None:
    chance = random.Random(4)
    acknowledged: dict[str, str] = {}
    for start in range(KILLS):
        acknowledged |= kill_a_submitter(tmp_path, start * 100_000, chance.uniform(0, 0.3))

    found = stored(tmp_path)

    assert len(acknowledged) > 10 * KILLS
    assert acknowledged.items() <= dict(found).items()
    assert len(found) == len({key for key, _ in found}) == len({id for _, id in found})
    print(f"\n{KILLS} kills, {len(acknowledged)} acknowledged, {len(found)} stored, 0 lost")


def test_the_same_test_notices_a_store_that_acknowledges_too_early(tmp_path: Path) -> None:
    acknowledged: dict[str, str] = {}
    for start in range(3):
        acknowledged |= kill_a_submitter(tmp_path, start * 100_000, 0.1, "early")

    assert not acknowledged.items() <= dict(stored(tmp_path)).items()


def test_a_key_sent_again_after_a_kill_makes_no_second_job(tmp_path: Path) -> None:
    acknowledged = kill_a_submitter(tmp_path, 0, 0.2)
    store = JobStore(tmp_path)

    again = {key: submit(store, f'{{"key": {key}}}', idempotency_key=key).id for key in list(acknowledged)[:50]}
    store.close()

    assert again
    assert again.items() <= acknowledged.items()


def test_ten_thousand_queued_jobs_open_and_give_the_first_within_two_seconds(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    body = '{"workflow": "%s"}' % ("x" * 4000)
    for future in [store.submit(NewJob(body, client=f"client {n % 7}")) for n in range(10_000)]:
        now(future)
    store.close()

    start = time.perf_counter()
    store = JobStore(tmp_path)
    claim(store)
    seconds = time.perf_counter() - start
    store.close()

    print(f"\nopened and claimed among 10,000 in {seconds * 1000:.0f} ms")
    assert seconds < 2


def test_many_threads_share_commits(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    body = '{"workflow": "%s"}' % ("x" * 2000)

    def work() -> None:
        for _ in range(20):
            submit(store, body)

    threads = [threading.Thread(target=work) for _ in range(64)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = 64 * 20 / (time.perf_counter() - start)
    store.close()

    print(f"\n{rate:.0f} durable submits a second from 64 threads")
    assert rate > 100  # far below what any disk gives; one commit for each would not reach it on most


def test_a_full_disk_is_said_and_the_store_goes_on_when_there_is_room(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    submit(store)
    pages = now(store._writer.put(lambda tx: tx.number("PRAGMA page_count")))
    now(store._writer.put(lambda tx: tx.run(f"PRAGMA max_page_count = {pages + 8}").fetchone()))

    kept: list[str] = []
    with pytest.raises(StorageError, match="the disk is full") as caught:
        fill(store, kept)

    assert caught.value.problems[0].hint is not None
    assert [store.get(each).id for each in kept] == kept  # reading goes on
    now(store._writer.put(lambda tx: tx.run("PRAGMA max_page_count = 1000000").fetchone()))
    after = submit(store, "x" * 4000)
    assert claim(store).job.state == "running"
    assert [each.n for each in store.events_after(after.id)] == [1]
    number = len(store.list(limit=1000).jobs)
    store.close()
    assert len(stored(tmp_path)) == number == sum(states_of(tmp_path).values())


def fill(store: JobStore, acknowledged: list[str]) -> None:
    """Submit until the store refuses."""
    for _ in range(1000):
        acknowledged.append(submit(store, "x" * 4000).id)  # noqa: PERF401  what was done before it raised counts


def states_of(folder: Path) -> dict[str, int]:
    store = JobStore(folder)
    try:
        return states(store)
    finally:
        store.close()


def test_a_system_that_refuses_to_write_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    acknowledged: list[str] = []
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = (tmp_path / "jobs.db-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100_000, hard))
    try:
        with pytest.raises(StorageError, match="could not write"):
            fill(store, acknowledged)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))

    acknowledged.append(submit(store).id)
    store.close()

    assert {id for _, id in stored(tmp_path)} == set(acknowledged)
