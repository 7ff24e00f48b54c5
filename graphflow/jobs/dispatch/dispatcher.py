"""Hands out jobs: one lane for each worker, woken by the store, and the wishes of others passed on to the right one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphflow.jobs.dispatch.flight import Flight, Ground
from graphflow.jobs.dispatch.keeper import Keeper
from graphflow.jobs.dispatch.lane import Lane
from graphflow.jobs.dispatch.rules import Rules
from graphflow.jobs.dispatch.tally import Tally
from graphflow.jobs.dispatch.views import Progress, Tell, WorkerView
from graphflow.jobs.events import JobCancelling, StoredEvent
from graphflow.jobs.store import JobStore
from graphflow.jobs.worker import Worker

_CANCELLING = JobCancelling().model_dump_json()
_CHANGED = '{"kind":"job.state"'
_DEFAULT = Rules()


def _count_nodes(body: str) -> int:
    """Return how many nodes a request's workflow has, with those of its subgraphs wherever they stand."""
    workflow = json.loads(body).get("workflow", {})
    return _nodes_of(workflow, workflow.get("subgraphs", {}))


class Dispatcher:
    """Run the jobs of a store on workers. All methods are called on one event loop.

    `tell` gets progress and previews, which are not stored. `user_of` says whose folders a client's jobs read and
    write; None is the owner of the home. `count_nodes` returns how many nodes a request's body has. A `keeper` is started
    and stopped with the workers.
    """

    def __init__(
        self,
        store: JobStore,
        workers: Sequence[Worker],
        tell: Tell,
        *,
        rules: Rules = _DEFAULT,
        user_of: Callable[[str], str | None] = lambda _: None,
        count_nodes: Callable[[str], int] = _count_nodes,
        keeper: Keeper | None = None,
    ) -> None:
        self.tally = Tally()
        ground = Ground(store, rules, self.tally, tell, user_of)
        self._lanes = [Lane(ground, worker, self._boarded, self._landed) for worker in workers]
        self._flights: dict[str, Flight] = {}
        self._early: dict[str, int] = {}  # attempts that are to stop, and have not begun here
        self._count_nodes = count_nodes
        self._keeper = keeper

    async def start(self) -> None:
        """Start the workers, each beside the others, and hand out jobs; return before they are ready."""
        for lane in self._lanes:
            lane.open()
        if self._keeper is not None:
            self._keeper.start()

    async def stop(self, grace: float = 10.0) -> None:
        """Hand out no more, and end the workers: what runs is given back within `grace` seconds."""
        await asyncio.gather(*(lane.close(grace) for lane in self._lanes))
        if self._keeper is not None:
            await self._keeper.stop()

    def notice(self, events: Sequence[StoredEvent]) -> None:
        """Take note of what was stored. Every event of the store has to come here, in order."""
        for event in events:
            if event.body == _CANCELLING:
                self._cancel(event.job, event.attempt)
            elif self._early and event.body.startswith(_CHANGED):
                self._early.pop(event.job, None)

    @property
    def workers(self) -> tuple[WorkerView, ...]:
        """How the workers stand."""
        return tuple(lane.view for lane in self._lanes)

    def progress_of(self, job: str) -> Progress | None:
        """Return how far a running job is; None where it does not run."""
        flight = self._flights.get(job)
        if flight is None:
            return None
        if flight.nodes_total is None:
            flight.nodes_total = self._count_nodes(flight.claim.body)
        total = max(flight.nodes_total, flight.nodes_done)
        working = list(flight.working.items())  # copied at once: others ask from threads
        node, last = working[-1] if working else (None, None)
        return Progress(flight.attempt, flight.nodes_done, total, node, last)

    def show(self, previews: bool) -> None:
        """Say whether anybody looks at previews; where nobody does, none are drawn."""
        for lane in self._lanes:
            lane.show(previews)

    def _cancel(self, job: str, attempt: int) -> None:
        flight = self._flights.get(job)
        if flight is not None and flight.attempt == attempt:
            flight.cancel()
        elif flight is None or flight.attempt < attempt:
            self._early[job] = attempt

    def _boarded(self, flight: Flight) -> None:
        self._flights[flight.job] = flight
        if self._early.pop(flight.job, None) == flight.attempt or flight.claim.job.cancelling:
            flight.cancel()

    def _landed(self, flight: Flight) -> None:
        if self._flights.get(flight.job) is flight:
            del self._flights[flight.job]


def _nodes_of(graph: Mapping[str, Any], subgraphs: Mapping[str, Any]) -> int:
    """Count with a stack: a subgraph's instance counts as the nodes in it."""
    count, waiting = 0, [graph]
    while waiting:
        for node in waiting.pop().get("nodes", {}).values():
            name = str(node.get("type", ""))
            inner = subgraphs.get(name.removeprefix("subgraph:")) if name.startswith("subgraph:") else None
            if inner is None:
                count += 1
            else:
                waiting.append(inner)
    return count
