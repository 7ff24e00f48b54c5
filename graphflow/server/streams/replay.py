"""What one misses, read from the store: the events behind a number, or where they are gone, how all jobs stand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from graphflow.errors import UnknownJob
from graphflow.jobs import Job, JobStore
from graphflow.jobs.events import StoredEvent
from graphflow.jobs.model import ENDED
from graphflow.jobs.reading import Filter
from graphflow.server.streams.frames import Frame, Item
from graphflow.wire.events import JobStanding, Resync, Snapshot

PAGE = 100
"""Events read at once for one client: what it can make the server hold beside its queue. Of large ones fewer are read."""
PAGE_BYTES = 1 << 20
SNAPSHOT = 500
FAR = 10_000
"""Events that a client may miss by reading slowly. Behind more than that it gets a snapshot instead."""

Reason = Literal["behind", "forgotten", "ahead"]


@dataclass(slots=True, eq=False)
class Feed:
    """One followed job, or all of them, and how far it was handed out: `last` is an n, or for all a seq.

    `queueing`: what happens now goes into the queue. `behind`: the store is to be read first. `missed` counts what was
    kept out of the queue. `settled`: the last event that was handed out ended the job.
    """

    job: str | None
    client: str | None
    last: int
    previews: bool = False
    queueing: bool = False
    behind: bool = True
    missed: int = 0
    settled: bool = False

    def number(self, frame: Frame) -> int:
        """Return the number that counts here."""
        return frame.seq if self.job is None else frame.n

    def matches(self, job: str, client: str) -> bool:
        """Is this job followed?"""
        return job == self.job if self.job is not None else self.client in (None, client)

    @property
    def named(self) -> Literal["all"] | list[str]:
        """Return what is followed, as clients say it."""
        return "all" if self.job is None else [self.job]


async def replay(store: JobStore, feed: Feed, resynced: Callable[[], None]) -> AsyncGenerator[Item | Frame, None]:
    """Yield what lies behind a feed's number, until what is left is in the queue.

    Before each page is read, events begin to queue: what comes while it is read is in the page, or in the queue, or
    in both. The queue may overflow meanwhile; then it begins anew.
    """
    first, limit = True, PAGE
    while feed.behind:
        far = feed.missed > FAR
        feed.queueing, feed.missed = True, 0
        page, hole = await asyncio.to_thread(_read, store, feed, first, limit)
        reason: Reason | None = "behind" if far else hole
        if reason is not None:
            resynced()
            async for item in _resync(store, feed, reason):
                yield item
            continue
        for event in page:
            yield Frame.of(event)
        if len(page) < limit and feed.queueing:
            feed.behind = False
        first = False
        if page:
            size = sum(len(event.body) for event in page)
            limit = min(PAGE, max(1, len(page) * PAGE_BYTES // size))


def _read(store: JobStore, feed: Feed, first: bool, limit: int) -> tuple[Sequence[StoredEvent], Reason | None]:
    """Return the next events, and why they cannot follow on what the client has."""
    if feed.job is None:
        found = store.events_after_seq(feed.last, limit, feed.client)
        if found.resync:
            return (), "forgotten"
        ahead = first and not found.events and feed.last > store.last_seq()
        return found.events, "ahead" if ahead else None
    try:
        events = store.events_after(feed.job, feed.last, limit)
        if not events and first and feed.last > store.get(feed.job).events:
            return (), "ahead"
    except UnknownJob:  # deleted, and so long ago that its last event is gone as well
        return (), "forgotten" if first else None
    gone = bool(events) and events[0].n != feed.last + 1
    return events, "forgotten" if gone else None


async def _resync(store: JobStore, feed: Feed, reason: Reason) -> AsyncGenerator[Item, None]:
    """Yield a resync and snapshots; the feed goes on behind what they cover."""
    yield Item(Resync(reason=reason, jobs=feed.named).model_dump_json().encode())
    if feed.job is not None:
        found = await asyncio.to_thread(_find, store, feed.job)
        feed.last = found.events if found else await asyncio.to_thread(_last_of_deleted, store, feed.job)
        yield _snapshot([found] if found else [], after=feed.last)
        feed.settled = found is None or found.state in ENDED
        return
    seq = await asyncio.to_thread(store.last_seq)
    before: int | None = None
    while True:
        page = await asyncio.to_thread(store.list, Filter(client=feed.client), before, SNAPSHOT)
        before = page.before
        yield _snapshot(page.jobs, after=seq if before is None else None)
        if before is None:
            feed.last = seq
            return


def _snapshot(jobs: Sequence[Job], after: int | None) -> Item:
    standing = [JobStanding(id=each.id, state=each.state, attempt=each.attempt, n=each.events) for each in jobs]
    told = Snapshot(jobs=standing, more=after is None, after=after)
    return Item(told.model_dump_json().encode(), number=after)


def _find(store: JobStore, job: str) -> Job | None:
    try:
        return store.get(job)
    except UnknownJob:
        return None


def _last_of_deleted(store: JobStore, job: str) -> int:
    """Return the number before that of a deleted job's last event, so that this one follows; 0 when all is gone."""
    try:
        return store.events_after(job, 0, 1)[0].n - 1
    except UnknownJob:
        return 0
