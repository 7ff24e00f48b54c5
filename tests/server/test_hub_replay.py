"""From the store to the live stream there is no gap and no double, and where events are gone the client is told so."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from graphflow.jobs.reading import EventPage
from graphflow.jobs.store import JobStore
from graphflow.server.streams import replay as replaying
from graphflow.server.streams import subscription
from graphflow.server.streams.frames import Frame, Item
from graphflow.server.streams.hub import Hub
from graphflow.server.streams.replay import Feed
from graphflow.wire.events import SERVER_MESSAGE
from tests.jobs.stores import BROKEN, claim, now
from tests.server.listening import PATIENCE, STARTED, hub_on, line, log, read, run, running, take, told, until
from tests.server.test_hub import tell


async def listened(folder: Path, patience: float) -> tuple[list[Any], list[Any]]:
    """Follow all jobs from the middle of a busy log, and return what came and what was stored."""
    async with hub_on(folder) as (hub, store):
        for _ in range(5):
            run(store, "local")
        dice = random.Random(1)
        writing = asyncio.get_running_loop().run_in_executor(None, lambda: [run(store, "local") for _ in range(12)])
        heard: list[Any] = []
        with hub.subscribe("local") as listener:
            listener.follow_all("local", 7)
            while not writing.done():
                heard += read([item for item in [await next_or_beat(listener)] if item is not None])
                if dice.random() < 0.3:
                    await asyncio.sleep(0.001)
            await writing
            missing = store.last_seq() - (heard[-1]["seq"] if heard else 7)
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    for _ in range(missing):
                        heard += read(await take(listener, 1))
        return heard, told(log(store, after=7))


async def next_or_beat(listener: subscription.Subscription) -> Item | None:
    try:
        async with asyncio.timeout(0.5):
            return await listener.next()
    except TimeoutError:
        return None


def test_the_page_and_what_comes_meanwhile_join_without_gap_or_double(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "PAGE", 7)

    heard, stored = asyncio.run(listened(tmp_path, PATIENCE))

    assert len(stored) > 100
    assert heard == stored


def test_a_replay_that_queues_too_late_would_be_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def careless(store: JobStore, feed: Feed, resynced: Callable[[], None]) -> AsyncGenerator[Item | Frame, None]:
        for event in (await asyncio.to_thread(store.events_after_seq, feed.last)).events:
            yield Frame.of(event)
        await asyncio.sleep(0.05)  # what is stored now is in no page, and does not queue yet
        feed.queueing, feed.behind = True, False

    monkeypatch.setattr(subscription, "replay", careless)

    heard, stored = asyncio.run(listened(tmp_path, 1))

    assert heard != stored


def test_a_queue_that_runs_over_is_read_from_the_store_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "MOST_QUEUED", 5)

    async def story(hub: Hub, store: JobStore) -> None:
        with hub.subscribe("local") as listener:
            listener.follow_all(None, 0)
            first = run(store, "local")
            heard = read(await take(listener, 2))
            for _ in range(10):
                run(store, "local")
            heard += read(await take(listener, store.last_seq() - 2))

            assert hub.statistics().overflows > 0
            assert hub.statistics().resyncs == 0
        assert heard == told(log(store))
        assert heard[0]["job"] == first.id

    tell(tmp_path, story)


def test_a_client_too_far_behind_gets_a_snapshot_and_goes_on_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "MOST_QUEUED", 5)
    monkeypatch.setattr(replaying, "FAR", 50)
    monkeypatch.setattr(replaying, "SNAPSHOT", 3)

    async def story(hub: Hub, store: JobStore) -> None:
        mine = [running(store)]
        with hub.subscribe("local") as listener:
            listener.follow_all("local", 0)
            await take(listener, 2)
            await until(lambda: not hub.statistics().behind or listener.behind)
            mine += [run(store, "local") for _ in range(9)]
            run(store, "bob")
            await until(lambda: hub.statistics().overflows > 0)
            await asyncio.sleep(0.1)
            resync, *pages = read(await take(listener, 5))
            now(store.append(mine[0].id, 1, [STARTED]))
            (after,) = read(await take(listener, 1))

        assert resync == {"kind": "resync", "reason": "behind", "jobs": "all"}
        assert [each["more"] for each in pages] == [True, True, True, False]
        assert {each["id"]: (each["state"], each["n"]) for page in pages for each in page["jobs"]} == {
            job.id: ("running", 2) if job is mine[0] else ("done", 13) for job in mine
        }
        assert after["event"]["kind"] == "node.started"
        assert after["seq"] == pages[-1]["after"] + 1

    tell(tmp_path, story)


def follow_from(folder: Path, prepare: Callable[[JobStore], tuple[str | None, int]], count: int) -> list[Any]:
    """Follow a job, or all with None, from a number, and return what comes first."""
    heard: list[Any] = []

    async def story(hub: Hub, store: JobStore) -> None:
        job, after = prepare(store)
        with hub.subscribe("local") as listener:
            if job is None:
                listener.follow_all("local", after)
            else:
                listener.follow(job, "local", after)
            heard.extend(read(await take(listener, count)))
        for each in heard:
            SERVER_MESSAGE.validate_json(json.dumps(each))

    tell(folder, story)
    return heard


def test_numbers_from_before_what_is_kept_give_a_resync(tmp_path: Path) -> None:
    def prepare(store: JobStore) -> tuple[None, int]:
        run(store, "local")
        now(store.retain(-10, 0))  # all that has ended goes
        now(store.retain(-10, 0))  # and then the traces of it
        run(store, "local")
        return None, 3

    heard = follow_from(tmp_path, prepare, 2)

    assert [each["kind"] for each in heard] == ["resync", "snapshot"]
    assert heard[0]["reason"] == "forgotten"
    assert [(each["state"], each["n"]) for each in heard[1]["jobs"]] == [("done", 13)]


def test_a_number_that_was_never_given_gives_a_resync(tmp_path: Path) -> None:
    def all_jobs(store: JobStore) -> tuple[None, int]:
        run(store, "local")
        return None, 1_000

    def one_job(store: JobStore) -> tuple[str, int]:
        return run(store, "local").id, 1_000

    (resync, snapshot), (of_one, standing) = (
        follow_from(tmp_path / "all", all_jobs, 2),
        follow_from(tmp_path / "one", one_job, 2),
    )

    assert (resync["reason"], resync["jobs"], snapshot["after"]) == ("ahead", "all", 13)
    assert (of_one["reason"], of_one["jobs"]) == ("ahead", [standing["jobs"][0]["id"]])
    assert (standing["jobs"][0]["state"], standing["after"]) == ("done", 13)


def test_the_stream_of_a_deleted_job_says_that_its_events_are_gone(tmp_path: Path) -> None:
    def prepare(store: JobStore) -> tuple[str, int]:
        job = run(store, "local")
        now(store.delete(job.id))
        return job.id, 3

    resync, snapshot, event = follow_from(tmp_path, prepare, 3)

    assert (resync["kind"], resync["reason"]) == ("resync", "forgotten")
    assert (snapshot["jobs"], snapshot["after"]) == ([], 13)
    assert (event["event"], event["n"]) == ({"kind": "job.deleted"}, 14)


def test_a_failed_job_that_is_tried_again_stays_on_its_stream(tmp_path: Path) -> None:
    async def story(hub: Hub, store: JobStore) -> None:
        job = running(store)
        now(store.fail(job.id, 1, BROKEN))
        now(store.retry(job.id))
        with hub.subscribe("local") as listener:
            listener.until_settled = True
            listener.follow(job.id, "local", 0)
            heard = read(await take(listener, 4))
            claim(store)
            now(store.finish(job.id, 2, {}))
            heard += read(await take(listener, 2))

            assert await listener.next() is None
        assert [each["event"]["state"] for each in heard] == [
            *("queued", "running", "failed"),
            *("queued", "running", "done"),
        ]

    tell(tmp_path, story)


def test_leaving_ends_a_replay_half_way_and_another_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "PAGE", 3)

    async def story(hub: Hub, store: JobStore) -> None:
        first, second = run(store, "local"), run(store, "local")
        with hub.subscribe("local") as listener:
            listener.follow(first.id, "local", 0)
            before = read(await take(listener, 4))
            listener.leave([first.id])
            listener.follow(second.id, "local", 0)
            after = read(await take(listener, 13))

        assert before == told(store.events_after(first.id))[:4]
        assert after == told(store.events_after(second.id))

    tell(tmp_path, story)


def test_of_large_events_fewer_are_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "PAGE", 10)
    monkeypatch.setattr(replaying, "PAGE_BYTES", 1000)

    async def story(hub: Hub, store: JobStore) -> None:
        job = running(store)
        for _ in range(30):
            now(store.append(job.id, 1, [line("x" * 400)]))
        read_at_once: list[int] = []
        whole = store.events_after_seq

        def spy(seq: int, limit: int, client: str | None) -> EventPage:
            read_at_once.append(limit)
            return whole(seq, limit, client)

        monkeypatch.setattr(store, "events_after_seq", spy)
        with hub.subscribe("local") as listener:
            listener.follow_all(None, 0)
            heard = read(await take(listener, 32))

        assert heard == told(whole(0).events)
        assert read_at_once[0] == 10
        assert set(read_at_once[1:]) == {2}

    tell(tmp_path, story)


def test_a_line_of_any_text_travels_unharmed(tmp_path: Path) -> None:
    text = 'one\ntwo "three" \\ \u2028 \x00 🎨'

    async def story(hub: Hub, store: JobStore) -> None:
        job = running(store)
        now(store.append(job.id, 1, [line(text)]))
        with hub.subscribe("local") as listener:
            listener.follow(job.id, "local", 2)
            (item,) = await take(listener, 1)

        assert b"\n" not in item.data
        assert read([item])[0]["event"]["message"] == text

    tell(tmp_path, story)
