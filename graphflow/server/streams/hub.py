"""Everybody who listens, and what is said to them: stored events, progress and previews, each written out once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from graphflow.events import NodePreview, NodeProgress
from graphflow.jobs import JobStore
from graphflow.jobs.events import StoredEvent
from graphflow.server.streams.frames import Frame, preview_frame, progress_json
from graphflow.server.streams.subscription import Counts, Subscription

_REMEMBERED = 512
"""Jobs whose last attempt is remembered, so that a late word of it is known for one."""

_OF_JOBS = '{"kind":"job.'
"""How the events begin that change a job's state."""


@dataclass(frozen=True, slots=True)
class HubStatistics:
    """Who listens and what was sent since the start.

    `behind` listeners read the store; `queued` are bytes that wait for clients that read slowly; `cut` ones stopped.
    """

    listeners: int
    behind: int
    preview_watchers: int
    queued: int
    events: int
    progress: int
    previews: int
    overflows: int
    resyncs: int
    cut: int


@dataclass(slots=True)
class _Running:
    """An attempt that somebody reported about: whose job it is, and the newest progress of each node at work."""

    client: str
    attempt: int
    nodes: dict[str, tuple[NodeProgress, bytes]] = field(default_factory=dict)


def _ignore(watched: bool) -> None:
    """Tell nobody."""


class Hub:
    """Give each listener what is theirs. All methods belong to one event loop; none of them waits for a listener.

    `on_previews` is told whether anybody looks at previews, each time that this changes.
    """

    def __init__(self, store: JobStore, on_previews: Callable[[bool], None] = _ignore) -> None:
        self._store = store
        self.on_previews = on_previews
        self._listeners: set[Subscription] = set()
        self._running: dict[str, _Running] = {}
        self._over: OrderedDict[str, int] = OrderedDict()
        self._watched = False
        self._counts = Counts()
        self._closed = False

    @property
    def store(self) -> JobStore:
        """The log that stands behind the stream."""
        return self._store

    def deliver(self, events: Sequence[StoredEvent]) -> None:
        """Pass on what was just stored."""
        for event in events:
            if not self._listeners and event.job not in self._running and not event.body.startswith(_OF_JOBS):
                continue  # it interests nobody, and a busy server stores thousands a second
            frame = Frame.of(event)
            self._note(frame)
            for listener in self._listeners:
                listener.offer(frame)

    def tell(self, job: str, client: str, attempt: int, report: NodeProgress | NodePreview) -> None:
        """Pass on what is not stored; of an attempt that is over nothing is."""
        if attempt <= self._over.get(job, 0):
            return
        running = self._running.get(job)
        if running is None or running.attempt < attempt:
            running = self._running[job] = _Running(client, attempt)
        if attempt < running.attempt:
            return
        if isinstance(report, NodePreview):
            if self._watched:
                self._show(job, client, attempt, report)
            return
        data = progress_json(job, attempt, report)
        running.nodes[report.node] = (report, data)
        for listener in self._listeners:
            listener.offer_progress(job, client, report.node, data)

    def progress_of(self, job: str) -> tuple[NodeProgress, ...]:
        """Return the newest progress of each node of a job that works now, the one that reported last at the end."""
        running = self._running.get(job)
        return () if running is None else tuple(progress for progress, _ in running.nodes.values())

    @contextmanager
    def subscribe(self, user: str) -> Iterator[Subscription]:
        """Lend a user's listener, which follows nothing yet; its borrower sees to it that it follows what it may."""
        listener = Subscription(user, self._store, self._current, self._look, self._counts)
        self._listeners.add(listener)
        if self._closed:
            listener.close("stopping")
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            self._look()

    def listeners_of(self, user: str) -> int:
        """Return how many streams a user has open."""
        return sum(each.user == user for each in self._listeners)

    @property
    def preview_watchers(self) -> int:
        """How many listeners want previews."""
        return sum(each.wants_previews for each in self._listeners)

    def close_user(self, name: str) -> None:
        """End the streams of a user whose token is no longer good."""
        for listener in self._listeners:
            if listener.user == name:
                listener.close("revoked")

    def close(self) -> None:
        """End all streams, and each that comes: the server stops."""
        self._closed = True
        for listener in self._listeners:
            listener.close("stopping")

    def cut(self) -> None:
        """Count a client that was cut since it did not read."""
        self._counts.cut += 1

    def statistics(self) -> HubStatistics:
        """Return who listens and what was sent."""
        counts = self._counts
        return HubStatistics(
            listeners=len(self._listeners),
            behind=sum(each.behind for each in self._listeners),
            preview_watchers=self.preview_watchers,
            queued=sum(each.queued for each in self._listeners),
            events=counts.events,
            progress=counts.progress,
            previews=counts.previews,
            overflows=counts.overflows,
            resyncs=counts.resyncs,
            cut=counts.cut,
        )

    def _note(self, frame: Frame) -> None:
        """Forget the progress of what has ended; what a worker tells may be heard before what was stored."""
        running = self._running.get(frame.job)
        if frame.kind == "node.finished" and running is not None and running.attempt == frame.attempt:
            running.nodes.pop(frame.node or "", None)
        if not frame.stops:
            return
        if running is not None and running.attempt <= frame.attempt:
            del self._running[frame.job]
        if frame.attempt:
            self._over[frame.job] = frame.attempt
            self._over.move_to_end(frame.job)
        if len(self._over) > _REMEMBERED:
            self._over.popitem(last=False)

    def _show(self, job: str, client: str, attempt: int, preview: NodePreview) -> None:
        data = preview_frame(job, attempt, preview)
        for listener in self._listeners:
            listener.offer_preview(job, client, preview.node, data)

    def _current(self) -> Iterator[tuple[str, str, bytes]]:
        """Yield the job, its client and the newest progress of each node that works now."""
        for job, running in self._running.items():
            for _, data in running.nodes.values():
                yield job, running.client, data

    def _look(self) -> None:
        """Say when the first one wants previews, and when the last one is gone."""
        watched = self.preview_watchers > 0
        if watched != self._watched:
            self._watched = watched
            self.on_previews(watched)
