"""Reports wait in order; previews and progress give way to newer ones, and nothing else does."""

from __future__ import annotations

import asyncio
import threading

import pytest

from graphflow.events import NodePreview, NodeProgress, NodeStarted
from graphflow.jobs.worker import GaveBack, JobDone, Report, WorkerDied
from graphflow.jobs.worker.mailbox import Mailbox
from graphflow.jobs.worker.outbox import MOST, Outbox


def test_what_is_put_comes_out_in_order_and_once() -> None:
    box: Outbox[int] = Outbox()
    for number in range(1000):
        box.put(number)

    assert box.take() == list(range(1000))
    assert box.take() == []


def test_what_is_offered_gives_way_to_later_ones_of_its_kind_only() -> None:
    box: Outbox[str] = Outbox()
    for number in range(10):
        box.offer(f"a{number}", "a", 2)
        box.put(f"put {number}")
        box.offer(f"b{number}", "b", 1)

    kept = box.take()
    assert [each for each in kept if each.startswith("put")] == [f"put {number}" for number in range(10)]
    assert [each for each in kept if not each.startswith("put")] == ["a8", "a9", "b9"]
    assert kept.index("a8") < kept.index("put 8") < kept.index("a9")


def test_one_who_takes_in_time_misses_nothing() -> None:
    box: Outbox[int] = Outbox()
    taken = []
    for number in range(100):
        box.offer(number, "kind", 1)
        taken += box.take()

    assert taken == list(range(100))


def test_many_threads_lose_nothing() -> None:
    box: Outbox[tuple[int, int]] = Outbox()
    taken: list[tuple[int, int]] = []

    def put(me: int) -> None:
        for n in range(500):
            box.put((me, n))

    threads = [threading.Thread(target=put, args=(me,)) for me in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        taken += box.take()
    taken += box.take()

    for me in range(4):
        assert [n for who, n in taken if who == me] == list(range(500))


def test_a_reader_who_sleeps_finds_the_newest_previews_and_everything_else() -> None:
    async def scenario() -> list[Report]:
        mailbox = Mailbox()

        def work() -> None:
            for number in range(500):
                mailbox.put(NodeStarted(node=str(number), type="T"))
                mailbox.put(NodePreview(node="n", media_type="image/jpeg", data=b"%d" % number))
                mailbox.put(NodeProgress(node="n", done=number, total=500))
            mailbox.put(JobDone(outputs={}))

        await asyncio.to_thread(work)
        return [each async for each in mailbox.reports()]

    reports = asyncio.run(scenario())
    assert [each.node for each in reports if isinstance(each, NodeStarted)] == [str(n) for n in range(500)]
    previews = [each.data for each in reports if isinstance(each, NodePreview)]
    assert previews == [b"%d" % n for n in range(500)][-MOST["preview"] :]
    assert [each.done for each in reports if isinstance(each, NodeProgress)][-1] == 499
    assert reports[-1] == JobDone(outputs={})


def test_behind_an_ending_nothing_comes() -> None:
    async def scenario() -> list[Report]:
        mailbox = Mailbox()
        mailbox.put(GaveBack())
        mailbox.put(JobDone(outputs={}))
        mailbox.die(WorkerDied("too late"))
        return [each async for each in mailbox.reports()]

    assert asyncio.run(scenario()) == [GaveBack()]


def test_a_death_comes_behind_what_was_said_before() -> None:
    async def scenario() -> list[Report]:
        mailbox = Mailbox()
        mailbox.put(NodeStarted(node="n", type="T"))
        mailbox.die(WorkerDied("it died"))
        reports = mailbox.reports()
        heard: list[Report] = [await anext(reports)]
        with pytest.raises(WorkerDied, match="it died"):
            await anext(reports)
        return heard

    assert asyncio.run(scenario()) == [NodeStarted(node="n", type="T")]
