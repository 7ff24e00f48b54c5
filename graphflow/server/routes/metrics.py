"""Figures for Prometheus: jobs, queue, workers, streams, cache and this process; numbers only, nobody's names."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from graphflow.cache import CacheStatistics
from graphflow.jobs.dispatch import Histogram, Tally, WorkerState, WorkerView
from graphflow.jobs.model import JobState
from graphflow.server.route import Call, Route
from graphflow.server.routes.system import memory_of
from graphflow.server.state import Server
from graphflow.server.streams.hub import HubStatistics
from graphflow.version import __version__
from graphflow.wire.system import WorkerMemory

TEXT = "text/plain"
PATIENCE = 2.0
"""Seconds that a worker has to say what it holds; one that is silent has no figure this time."""


async def metrics(call: Call) -> web.StreamResponse:
    """Return figures in Prometheus' text format. Names and units follow its conventions: seconds, bytes, totals."""
    server = call.server
    hub, views, tally = server.hub.statistics(), server.dispatcher.workers, server.dispatcher.tally
    memory = await asyncio.gather(*(memory_of(view, PATIENCE) for view in views))
    text = await asyncio.to_thread(_render, _Figures(server, hub, views, tally, memory))
    return web.Response(body=text, headers={"Content-Type": f"{TEXT}; version=0.0.4; charset=utf-8"})


class _Figures(Collector):
    """What is counted where it happens, put into Prometheus' words at each scrape: no second set of counters."""

    def __init__(
        self,
        server: Server,
        hub: HubStatistics,
        views: tuple[WorkerView, ...],
        tally: Tally,
        memory: Sequence[WorkerMemory],
    ) -> None:
        self.server = server
        self.hub = hub
        self.views = views
        self.tally = tally
        self.memory = memory

    def describe(self) -> list[Metric]:
        """Describe nothing, so that registering does not collect."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Return every figure."""
        yield _by("graphflow_info", "The version that runs.", "version", {__version__: 1.0})
        yield from self._jobs()
        yield from self._workers()
        yield from self._streams()
        yield from _cache(self.server.engine.cache.statistics())

    def _jobs(self) -> Iterator[Metric]:
        store, tally = self.server.store, self.tally
        states = {state.value: float(number) for state, number in store.count().items()}
        yield _by("graphflow_jobs", "Jobs in the store, by state.", "state", states)
        yield GaugeMetricFamily("graphflow_queue_paused", "1 while no jobs are handed out.", float(store.paused))
        yield _total("graphflow_events_stored", "Events that were ever stored.", store.last_seq())
        yield _total("graphflow_attempts", "Attempts at jobs that began.", tally.attempts)
        ended = {state.value: float(tally.ended[state.value]) for state in JobState}
        yield _by(
            "graphflow_attempts_ended", "Attempts that ended, by what became of the job.", "state", ended, total=True
        )
        yield _total("graphflow_cancels", "Running jobs that were asked to stop.", tally.cancels)
        yield _total("graphflow_cancels_disobeyed", "Workers ended because a job did not stop.", tally.disobeyed)
        yield _total("graphflow_jobs_expired", "Jobs that ran into their time limit.", tally.expired)
        yield _total("graphflow_stale_writes", "Writes refused since their attempt was over.", tally.stale)
        yield _total(
            "graphflow_store_refusals", "Writes that the disk refused, and that were tried again.", tally.refusals
        )
        yield histogram_family(
            "graphflow_job_wait_seconds", "From a job's creation to the start of an attempt.", tally.waited
        )
        yield histogram_family("graphflow_job_run_seconds", "From the start of an attempt to its end.", tally.ran)

    def _workers(self) -> Iterator[Metric]:
        states = {state.value: 0.0 for state in WorkerState}
        for view in self.views:
            states[view.state.value] += 1
        yield _by("graphflow_workers", "Workers, by what they are doing.", "state", states)
        deaths = sum(view.deaths for view in self.views)
        yield _total("graphflow_worker_deaths", "Workers that died.", deaths)
        resident = {each.worker: float(each.rss) for each in self.memory if each.rss is not None}
        yield _by("graphflow_worker_resident_memory_bytes", "Memory of a worker's process.", "worker", resident)
        held = {each.worker: float(sum(thing.bytes for thing in each.held)) for each in self.memory}
        yield _by("graphflow_worker_held_bytes", "Bytes of models and results that a worker keeps.", "worker", held)

    def _streams(self) -> Iterator[Metric]:
        hub = self.hub
        yield GaugeMetricFamily("graphflow_stream_clients", "Streams of events that are open.", hub.listeners)
        yield GaugeMetricFamily("graphflow_stream_queued_bytes", "Bytes that wait for slow readers.", hub.queued)
        yield _total("graphflow_stream_events", "Stored events that were sent.", hub.events)
        yield _total("graphflow_stream_progress", "Progress messages that were sent.", hub.progress)
        yield _total("graphflow_stream_previews", "Previews that were sent.", hub.previews)
        yield _total("graphflow_stream_overflows", "Times that a reader fell too far behind.", hub.overflows)
        yield _total("graphflow_stream_resyncs", "Times that a reader had to begin anew.", hub.resyncs)
        yield _total("graphflow_streams_cut", "Streams that were cut off.", hub.cut)


def _render(figures: _Figures) -> bytes:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(figures)
    return generate_latest(registry)


def _cache(statistics: CacheStatistics) -> Iterator[Metric]:
    floors = {"memory": statistics.memory, "disk": statistics.disk}
    there = {name: floor for name, floor in floors.items() if floor is not None}
    yield _by("graphflow_cache_entries", "Results kept.", "floor", {name: each.entries for name, each in there.items()})
    yield _by("graphflow_cache_bytes", "Bytes of results kept.", "floor", {n: each.bytes for n, each in there.items()})
    budgets = {name: each.budget for name, each in there.items()}
    yield _by("graphflow_cache_budget_bytes", "Bytes that results may have.", "floor", budgets)
    hits = {name: each.hits for name, each in there.items()}
    yield _by("graphflow_cache_hits", "Lookups by this process that found a result.", "floor", hits, total=True)
    misses = {name: each.misses for name, each in there.items()}
    yield _by("graphflow_cache_misses", "Lookups by this process that found none.", "floor", misses, total=True)


def _total(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value)


def _by(name: str, text: str, label: str, values: Mapping[str, float], *, total: bool = False) -> Metric:
    """Return a gauge, or a counter, with one value for each value of a label."""
    family = CounterMetricFamily(name, text, labels=[label]) if total else GaugeMetricFamily(name, text, labels=[label])
    for each, value in values.items():
        family.add_metric([each], value)
    return family


def histogram_family(name: str, text: str, histogram: Histogram) -> Metric:
    """Return a histogram, whose buckets Prometheus wants cumulated."""
    buckets: list[tuple[str, float]] = []
    below = 0
    for bound, number in zip([*map(str, histogram.bounds), "+Inf"], histogram.numbers, strict=True):
        below += number
        buckets.append((bound, float(below)))
    family = HistogramMetricFamily(name, text)
    family.add_metric([], buckets, sum_value=histogram.total)
    return family


ROUTES = (Route("GET", "/metrics", metrics, media_types=(TEXT,)),)
