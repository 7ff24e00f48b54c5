"""The hub gives each listener what is theirs: newest progress, pictures only where they are wanted, all written once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from graphflow.jobs.store import JobStore
from graphflow.server.streams.frames import Frame
from graphflow.server.streams.hub import Hub
from graphflow.server.streams.subscription import MOST_BYTES, MOST_PROGRESS
from tests.jobs.stores import now
from tests.server.listening import (
    FINISHED,
    STARTED,
    hub_on,
    line,
    log,
    picture,
    preview,
    progress,
    read,
    running,
    settle,
    take,
    told,
    until,
)

Story = Callable[[Hub, JobStore], Awaitable[None]]


def tell(folder: Path, story: Story) -> None:
    """Run a test's story on a hub with a fresh store."""

    async def begin() -> None:
        async with hub_on(folder) as (hub, store):
            await story(hub, store)

    asyncio.run(begin())


def test_a_listener_gets_what_was_and_goes_on_with_what_comes(tmp_path: Path) -> None:
    async def story(hub: Hub, store: JobStore) -> None:
        job = running(store)
        with hub.subscribe("local") as listener:
            listener.follow_all("local", 0)
            before = await take(listener, 2)
            now(store.append(job.id, 1, [STARTED, FINISHED]))
            after = await take(listener, 2)

        assert read(before + after) == told(log(store))
        assert [item.number for item in before + after] == [1, 2, 3, 4]

    tell(tmp_path, story)


def test_the_number_of_a_jobs_stream_is_its_own(tmp_path: Path) -> None:
    async def story(hub: Hub, store: JobStore) -> None:
        running(store)
        job = running(store)
        with hub.subscribe("local") as listener:
            listener.follow(job.id, "local", 1)
            now(store.append(job.id, 1, [STARTED]))
            items = await take(listener, 2)

        assert [item.number for item in items] == [2, 3]
        assert read(items) == told(store.events_after(job.id, 1))

    tell(tmp_path, story)


def test_only_the_newest_progress_of_a_node_waits(tmp_path: Path) -> None:
    async def story(hub: Hub, store: JobStore) -> None:
        with hub.subscribe("local") as listener:
            listener.follow_all(None, 0)
            for done in range(1, 11):
                hub.tell("j", "local", 1, progress(done))
                hub.tell("j", "local", 1, progress(done * 2, "decode"))
            items = await take(listener, 2)
            hub.tell("j", "local", 1, progress(11))
            last = await take(listener, 1)

        assert [(each["event"]["node"], each["event"]["done"]) for each in read(items + last)] == [
            ("sampler", 10),
            ("decode", 20),
            ("sampler", 11),
        ]

    tell(tmp_path, story)


def test_progress_never_comes_behind_the_end_of_its_node(tmp_path: Path) -> None:
    async def story(hub: Hub, store: JobStore) -> None:
        job = running(store)
        await settle()
        with hub.subscribe("local") as listener:
            listener.follow_all(None, 2)
            hub.tell(job.id, "local", 1, progress(20))
            hub.tell(job.id, "local", 1, progress(1, "decode"))
            now(store.append(job.id, 1, [FINISHED]))
            await settle()
            items = await take(listener, 2)

        assert [each["event"]["kind"] for each in read(items)] == ["node.finished", "node.progress"]
        assert read(items)[1]["event"]["node"] == "decode"

    tell(tmp_path, story)


def test_who_comes_later_gets_the_current_progress_first(tmp_path: Path) -> None:
    async def story(hub: Hub, store: JobStore) -> None:
        job, other = running(store), running(store, "bob")
        for done in (1, 2, 3):
            hub.tell(job.id, "local", 1, progress(done))
        hub.tell(other.id, "bob", 1, progress(9))
        with hub.subscribe("local") as listener:
            listener.follow_all("local", 0)
            first, *rest = read(await take(listener, 3))

        assert first == {
            "job": job.id,
            "attempt": 1,
            "event": {"kind": "node.progress", "node": "sampler", "done": 3, "total": 20, "seconds": 0.0},
        }
        assert rest == told(log(store, "local"))

    tell(tmp_path, story)


def test_progress_of_what_has_ended_is_forgotten(tmp_path: Path) -> None:
    async def story(hub: Hub, store: JobStore) -> None:
        job = running(store)
        hub.tell(job.id, "local", 1, progress(3))
        hub.tell(job.id, "local", 1, progress(4, "decode"))
        assert [each.node for each in hub.progress_of(job.id)] == ["sampler", "decode"]

        now(store.append(job.id, 1, [FINISHED]))
        await settle()
        assert [each.node for each in hub.progress_of(job.id)] == ["decode"]

        now(store.worker_died("w"))
        await settle()
        assert hub.progress_of(job.id) == ()

    tell(tmp_path, story)


def test_a_late_word_of_an_attempt_that_is_over_is_not_passed_on(tmp_path: Path) -> None:
    async def story(hub: Hub, store: JobStore) -> None:
        job = running(store)
        now(store.worker_died("w"))
        await settle()
        with hub.subscribe("local") as listener:
            listener.follow_all(None, store.last_seq())
            hub.tell(job.id, "local", 1, progress(3))
            hub.tell(job.id, "local", 2, progress(1))
            hub.tell(job.id, "local", 1, progress(4))
            items = read(await take(listener, 1))

        assert [(each["attempt"], each["event"]["done"]) for each in items] == [(2, 1)]
        assert [each.done for each in hub.progress_of(job.id)] == [1]

    tell(tmp_path, story)


def test_pictures_come_only_to_those_who_asked_for_them(tmp_path: Path) -> None:
    async def story(hub: Hub, store: JobStore) -> None:
        with hub.subscribe("local") as looking, hub.subscribe("local") as reading, hub.subscribe("bob") as other:
            looking.follow_all("local", 0, previews=True)
            reading.follow_all("local", 0)
            other.follow_all("bob", 0, previews=True)
            for data in (b"old", b"new"):
                hub.tell("j", "local", 1, preview(data))
            hub.tell("j", "local", 1, progress(1))
            hub.tell("k", "bob", 1, progress(1))
            seen, read_only, others = await take(looking, 2), await take(reading, 1), await take(other, 1)

        assert [item.binary for item in seen] == [False, True]
        assert picture(seen[1].data) == (
            {"job": "j", "attempt": 1, "node": "sampler", "media_type": "image/jpeg"},
            b"new",
        )
        assert [item.binary for item in read_only + others] == [False, False]

    tell(tmp_path, story)


def test_one_job_among_all_can_be_looked_at(tmp_path: Path) -> None:
    async def story(hub: Hub, store: JobStore) -> None:
        with hub.subscribe("local") as listener:
            listener.follow_all(None, 0)
            listener.follow("j", "local", 0, previews=True)
            hub.tell("i", "local", 1, preview(b"not this"))
            hub.tell("j", "local", 1, preview(b"this"))
            (item,) = await take(listener, 1)
            listener.leave(["j"])

            assert picture(item.data)[1] == b"this"
            assert hub.preview_watchers == 0

    tell(tmp_path, story)


def test_the_first_and_the_last_who_look_are_told_of(tmp_path: Path) -> None:
    async def story(hub: Hub, store: JobStore) -> None:
        heard: list[bool] = []
        hub.on_previews = heard.append
        with hub.subscribe("a") as first:
            first.follow_all(None, 0)
            assert heard == []
            first.follow_all(None, 0, previews=True)
            with hub.subscribe("b") as second:
                second.follow("j", "b", 0, previews=True)
                assert (heard, hub.preview_watchers) == ([True], 2)
                first.leave()
                assert (heard, hub.preview_watchers) == ([True], 1)
        assert heard == [True, False]

    tell(tmp_path, story)


def test_an_event_is_written_once_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    write = Frame.of

    def count(event: object) -> Frame:
        written.append(1)
        return write(event)  # type: ignore[arg-type]  # it is passed through

    async def story(hub: Hub, store: JobStore) -> None:
        job = running(store)
        await settle()
        with ExitStack() as open_ones:
            listeners = [open_ones.enter_context(hub.subscribe(str(number))) for number in range(20)]
            for each in listeners:
                each.follow_all(None, store.last_seq() - 1)
                await take(each, 1)
            waiting = [asyncio.create_task(take(each, 1)) for each in listeners]
            await until(lambda: hub.statistics().behind == 0)
            monkeypatch.setattr(Frame, "of", count)
            now(store.append(job.id, 1, [line("to all")]))
            items = [item for each in waiting for item in await each]

        assert len(written) == 1
        assert [each["event"]["message"] for each in read(items)] == ["to all"] * 20

    tell(tmp_path, story)


def test_what_waits_for_a_client_that_does_not_read_is_bounded(tmp_path: Path) -> None:
    async def story(hub: Hub, store: JobStore) -> None:
        job = running(store)
        await settle()
        with hub.subscribe("local") as listener:
            listener.follow_all(None, store.last_seq(), previews=True)
            now(store.append(job.id, 1, [STARTED]))
            await take(listener, 1)
            for _ in range(30):
                now(store.append(job.id, 1, [line("x" * 100_000)]))
                hub.tell(job.id, "local", 1, preview(b"y" * 300_000, node=str(_)))
            for node in range(2 * MOST_PROGRESS):
                hub.tell(job.id, "local", 1, progress(1, str(node)))
            await settle()
            waiting = hub.statistics()
            rest = read(await take(listener, 30))

        assert waiting.queued < 2 * MOST_BYTES + MOST_PROGRESS * 300
        assert waiting.overflows > 0
        assert rest == told(log(store, after=3))

    tell(tmp_path, story)
