"""What one client follows, and what waits to be sent to it: bounded, and without a gap."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from dataclasses import dataclass

from graphflow.jobs import JobStore
from graphflow.server.streams.frames import BEAT, Frame, Item
from graphflow.server.streams.replay import Feed, replay

MOST_QUEUED = 1000
"""Stored events that wait for one client. One that is further behind reads them from the store instead."""
MOST_BYTES = 1 << 20
"""Their bytes, and on its own those of previews that wait."""
MOST_PROGRESS = 1000
MOST_ANSWERS = 100
IDLE = 3.0
"""Seconds of silence before a sign of life, by which a client that vanished is noticed."""


@dataclass(slots=True)
class Counts:
    """What all listeners together were sent and lost."""

    events: int = 0
    progress: int = 0
    previews: int = 0
    overflows: int = 0
    resyncs: int = 0
    cut: int = 0


class Subscription:
    """Hand out what one client gets, in order, by `next`; take what happens, by the `offer` methods, at no wait.

    A followed job, or all of them, is a feed. It first reads the store behind its number, page by page, while what is
    new queues; then the queue goes on, less what the pages had. When the queue is full it is dropped, and its feeds read
    the store again behind what was handed out last. So nothing that is stored is lost, and little is held.
    """

    def __init__(
        self,
        user: str,
        store: JobStore,
        current: Callable[[], Iterator[tuple[str, str, bytes]]],
        look: Callable[[], None],
        counts: Counts,
    ) -> None:
        self.user = user
        self.closed: str | None = None
        self.until_settled = False
        """Whether the stream ends when all that is followed has ended."""
        self._store = store
        self._current = current
        self._look = look
        self._counts = counts
        self._everything: Feed | None = None
        self._jobs: dict[str, Feed] = {}
        self._watched: set[str] = set()  # jobs whose previews are wanted beside a feed of everything
        self._stirred = False
        self._waiter: asyncio.Future[bool] | None = None
        self._answers: deque[Item] = deque()
        self._source: tuple[Feed, AsyncGenerator[Item | Frame, None]] | None = None
        self._queue: deque[Frame] = deque()
        self._queue_bytes = 0
        self._progress: dict[tuple[str, str], bytes] = {}
        self._previews: dict[tuple[str, str], bytes] = {}
        self._preview_bytes = 0

    @property
    def wants_previews(self) -> bool:
        """Does this client look at previews of anything?"""
        return bool(self._watched) or any(each.previews for each in self._feeds())

    @property
    def behind(self) -> bool:
        """Is there something to be read from the store first?"""
        return any(each.behind for each in self._feeds())

    @property
    def names(self) -> set[str]:
        """The jobs that are followed by name."""
        return self._jobs.keys() | self._watched

    @property
    def queued(self) -> int:
        """Bytes that wait to be sent."""
        others = sum(len(each) for each in self._progress.values()) + sum(len(each.data) for each in self._answers)
        return self._queue_bytes + self._preview_bytes + others

    @property
    def crowded(self) -> bool:
        """Do so many answers wait that no more questions should be read?"""
        return len(self._answers) >= MOST_ANSWERS

    def follow_all(self, client: str | None, after: int, *, previews: bool = False) -> None:
        """Follow all jobs of a client, or with None everybody's, behind a number; this takes the place of all else."""
        self.leave()
        self._everything = Feed(None, client, after, previews=previews)
        self._begin(self._everything)

    def follow(self, job: str, client: str, after: int, *, previews: bool = False) -> None:
        """Follow one job behind a number. Where all jobs are followed, only whether its previews come changes."""
        if self._everything is not None and self._everything.matches(job, client):
            self._watched = self._watched | {job} if previews else self._watched - {job}
            self._look()
            return
        self._jobs[job] = Feed(job, client, after, previews=previews)
        self._begin(self._jobs[job])

    def leave(self, jobs: Iterable[str] | None = None) -> None:
        """Follow these jobs no more, by default nothing."""
        if jobs is None:
            self._everything = None
            self._progress.clear()
            jobs = self.names
        for job in tuple(jobs):
            self._jobs.pop(job, None)
            self._watched.discard(job)
            if self._everything is None:
                self._forget_progress(job)
        self._forget_previews()
        self._look()

    def answer(self, item: Item) -> None:
        """Send this before everything else."""
        self._answers.append(item)
        self._stir()

    def close(self, why: str) -> None:
        """End the stream; what waits is not sent any more."""
        self.closed = self.closed or why
        self._stir()

    def offer(self, frame: Frame) -> None:
        """Take a stored event; it waits its turn, or is read from the store later."""
        feed = self._feed_of(frame.job, frame.client)
        if feed is None:
            return
        if frame.kind == "node.finished":
            self._progress.pop((frame.job, frame.node or ""), None)
        elif frame.stops:
            self._forget_progress(frame.job)
        if not feed.queueing:
            feed.missed += 1
        elif len(self._queue) < MOST_QUEUED and self._queue_bytes + len(frame.data) <= MOST_BYTES:
            self._queue.append(frame)
            self._queue_bytes += len(frame.data)
        else:
            self._overflow()
        self._stir()

    def offer_progress(self, job: str, client: str, node: str, data: bytes) -> None:
        """Take progress, in place of what the same node said before."""
        if self._feed_of(job, client) is None:
            return
        if len(self._progress) >= MOST_PROGRESS and (job, node) not in self._progress:
            del self._progress[next(iter(self._progress))]
        self._progress[job, node] = data
        self._stir()

    def offer_preview(self, job: str, client: str, node: str, data: bytes) -> None:
        """Take a picture, in place of what the same node showed before; the oldest go when there are too many."""
        feed = self._feed_of(job, client)
        if feed is None or not (feed.previews or job in self._watched):
            return
        self._preview_bytes += len(data) - len(self._previews.pop((job, node), b""))
        self._previews[job, node] = data
        while self._preview_bytes > MOST_BYTES and self._previews:
            self._preview_bytes -= len(self._previews.pop(next(iter(self._previews))))
        self._stir()

    async def next(self) -> Item | None:
        """Return what is to be sent next, waiting for it; BEAT after a silence; None when the stream is over."""
        while self.closed is None:
            self._stirred = False
            if self._answers:
                return self._answers.popleft()
            replayed = await self._replayed() if self._source is not None or self.behind else None
            if (item := replayed or self._from_queue() or self._unstored()) is not None:
                return item
            if self.until_settled and all(each.settled for each in self._feeds()):
                return None
            if not (self._stirred or await self._something()):
                return BEAT
        return None

    def _stir(self) -> None:
        self._stirred = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(True)

    async def _something(self) -> bool:
        """Wait until something is stirred; return False after a silence. An Event with a timeout costs three times this."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bool] = loop.create_future()
        self._waiter = waiter
        silence = loop.call_later(IDLE, _give_up, waiter)
        try:
            return await waiter
        finally:
            silence.cancel()
            self._waiter = None

    def _begin(self, feed: Feed) -> None:
        """Send where the jobs of a feed are now, before what it missed."""
        for job, client, data in self._current():
            if feed.matches(job, client):
                self._counts.progress += 1
                self._answers.append(Item(data))
        self._look()
        self._stir()

    def _feeds(self) -> tuple[Feed, ...]:
        everything = () if self._everything is None else (self._everything,)
        return (*everything, *self._jobs.values())

    def _feed_of(self, job: str, client: str) -> Feed | None:
        everything = self._everything
        if everything is not None and everything.matches(job, client):
            return everything
        return self._jobs.get(job)

    def _holds(self, feed: Feed) -> bool:
        return feed is self._everything or (feed.job is not None and self._jobs.get(feed.job) is feed)

    def _overflow(self) -> None:
        self._counts.overflows += 1
        for feed in self._feeds():
            feed.behind, feed.queueing = True, False
            feed.missed += len(self._queue) + 1
        self._queue.clear()
        self._queue_bytes = 0

    async def _replayed(self) -> Item | None:
        """Return the next thing that a feed reads from the store; None when all feeds have caught up."""
        while True:
            if self._source is None:
                feed = next((each for each in self._feeds() if each.behind), None)
                if feed is None:
                    return None
                self._source = (feed, replay(self._store, feed, self._resynced))
            feed, source = self._source
            found = await anext(source, None)
            if found is None or not self._holds(feed):
                await source.aclose()
                self._source = None
            elif isinstance(found, Item):
                return found
            elif (item := self._hand_out(feed, found)) is not None:
                return item

    def _from_queue(self) -> Item | None:
        while self._queue:
            frame = self._queue.popleft()
            self._queue_bytes -= len(frame.data)
            feed = self._feed_of(frame.job, frame.client)
            if feed is not None and (item := self._hand_out(feed, frame)) is not None:
                return item
        return None

    def _hand_out(self, feed: Feed, frame: Frame) -> Item | None:
        """Return an event as it is sent; None when it was before."""
        number = feed.number(frame)
        if number <= feed.last:
            return None
        feed.last = number
        if frame.state is not None or frame.settles:
            feed.settled = frame.settles
        self._counts.events += 1
        return Item(frame.data, number=number)

    def _unstored(self) -> Item | None:
        """Return progress or a picture, whatever waits longest."""
        if self._progress:
            self._counts.progress += 1
            return Item(self._progress.pop(next(iter(self._progress))))
        if self._previews:
            data = self._previews.pop(next(iter(self._previews)))
            self._preview_bytes -= len(data)
            self._counts.previews += 1
            return Item(data, binary=True)
        return None

    def _forget_progress(self, job: str) -> None:
        for key in [key for key in self._progress if key[0] == job]:
            del self._progress[key]

    def _forget_previews(self) -> None:
        self._previews.clear()
        self._preview_bytes = 0

    def _resynced(self) -> None:
        self._counts.resyncs += 1


def _give_up(waiter: asyncio.Future[bool]) -> None:
    if not waiter.done():
        waiter.set_result(False)
