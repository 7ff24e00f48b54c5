"""Runs a plan: a plan goes in, results come out, events leave on the way.

Work is demanded from the targets backwards and stops at what the cache holds, so what only cached nodes read is never
touched. Everything is an explicit stack: a chain of 10,000 nodes is as safe as one of ten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from graphflow.api import Blocked, Expand, Resources
from graphflow.cache import Cache, Lead, Outputs
from graphflow.call import Save, StepContext, Wanted, call
from graphflow.errors import NodeFailed, Problem, RunCancelled
from graphflow.events import Event, NodeFinished, NodeStarted
from graphflow.step import Plan, Source, Step

MAX_EXPANSION_DEPTH = 32
MAX_STEPS = 100_000
"""A graph that expands without end is stopped here."""


def never() -> bool:
    """Answer the question whether the run was cancelled when nobody can cancel it."""
    return False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What nodes reach through their context: where files go, what the worker holds, which texts pictures carry."""

    save: Save | None = None
    resources: Resources = field(default_factory=Resources)
    metadata: Mapping[str, str] = field(default_factory=dict)


def execute(
    plan: Plan,
    cache: Cache,
    emit: Callable[[Event], None],
    cancelled: Callable[[], bool] = never,
    around: Surroundings | None = None,
) -> dict[str, Outputs]:
    """Return the outputs of every target by its path, each by port name.

    Raises NodeFailed with the node's name and cause when a node fails, RunCancelled when `cancelled()` says so;
    what had finished by then stays in the cache.
    """
    run = _Run(plan, cache, emit, cancelled, around or Surroundings())
    run.discover(plan.targets)
    for target in plan.targets:
        run.finish(target)
    return {target: run.results[run.steps[target].key] for target in plan.targets}


class _Run:
    def __init__(
        self,
        plan: Plan,
        cache: Cache,
        emit: Callable[[Event], None],
        cancelled: Callable[[], bool],
        around: Surroundings,
    ) -> None:
        self.plan = plan
        self.cache = cache
        self.emit = emit
        self.cancelled = cancelled
        self.around = around
        self.steps: dict[str, Step] = dict(plan.steps)
        self.results: dict[str, Outputs] = {}
        """Results that a step still to come will read, by key."""
        self.readers: Counter[str] = Counter()
        """How many reads of a key are still to come; at none its result is let go."""
        self.seen: set[str] = set()
        self.done: set[str] = set()
        self.expanded: dict[str, tuple[Mapping[str, Source], float]] = {}
        self.asked: dict[str, set[Source]] = {}

    def discover(self, targets: Iterable[str]) -> None:
        """Find, backwards from the targets, which steps must run, and count who will read what."""
        stack = list(targets)
        for target in stack:
            self.readers[self.steps[target].key] += 1
        while stack:
            path = stack.pop()
            step = self.steps[path]
            if path in self.seen and (step.key in self.results or path not in self.done):
                continue
            self.seen.add(path)
            self.done.discard(path)
            if step.key in self.results or self._cached(step):
                continue
            for source in step.eager:
                self.readers[self.steps[source.node].key] += 1
                stack.append(source.node)

    def _cached(self, step: Step) -> bool:
        outputs = None if step.type.output else self.cache.lookup(step.key, step.type)
        if outputs is None:
            return False
        self.results[step.key] = outputs
        self.done.add(step.node)
        self.emit(NodeFinished(node=step.node, how="cached"))
        return True

    def finish(self, target: str) -> None:
        """Bring a step's result about, and before it those of all that it reads."""
        stack = [target]
        while stack:
            if self.cancelled():
                raise RunCancelled("the run was cancelled")
            path = stack[-1]
            step = self.steps[path]
            missing = [] if step.key in self.results else self._missing(step)
            if missing:
                stack.extend(reversed(missing))
                continue
            stack.pop()
            if path in self.done:
                continue
            if step.key in self.results:
                self._close(step, NodeFinished(node=path, how="cached"))
                continue
            stack.extend(reversed(self._advance(step)))

    def _missing(self, step: Step) -> list[str]:
        if step.node in self.expanded:
            needed: Iterable[Source] = self.expanded[step.node][0].values()
        else:
            needed = (*step.eager, *self.asked.get(step.node, ()))
        return [source.node for source in needed if self.steps[source.node].key not in self.results]

    def _advance(self, step: Step) -> list[str]:
        """Run a step whose sources are there; return the paths that turned out to be needed before it, itself last."""
        if step.node in self.expanded:
            self._assemble(step)
            return []
        if step.type.output:
            return self._run(step, None)
        lead = self.cache.flights.claim(step.key)
        while not isinstance(lead, Lead):
            outputs = lead.wait(self.cancelled)
            if outputs is not None:
                self.results[step.key] = outputs
                self._close(step, NodeFinished(node=step.node, how="cached"))
                return []
            lead = self.cache.flights.claim(step.key)
        try:
            if self._found_late(step):
                lead.done(self.results[step.key])
                return []
            return self._run(step, lead)
        finally:
            lead.abandon()  # does nothing after done(): only a failure leaves the work to those who wait

    def _found_late(self, step: Step) -> bool:
        """Another run may have finished this very step since it was looked up."""
        outputs = self.cache.lookup(step.key, step.type)
        if outputs is None:
            return False
        self.results[step.key] = outputs
        self._close(step, NodeFinished(node=step.node, how="cached"))
        return True

    def _run(self, step: Step, lead: Lead | None) -> list[str]:
        around = self.around
        if step.node not in self.asked:
            self.emit(NodeStarted(node=step.node, type=step.type.id))
        context = StepContext(step.node, self.emit, self.cancelled, around.save, around.resources, around.metadata)
        start = perf_counter()
        try:
            outputs = self._call(step, context)
        except Wanted as wanted:
            return self._ask(step, wanted.sources)
        seconds = perf_counter() - start
        if isinstance(outputs, Expand):
            return self._expand(step, outputs, seconds)
        self._keep(step, outputs, seconds)
        if lead is not None:
            lead.done(outputs)
        return []

    def _call(self, step: Step, context: StepContext) -> Outputs | Expand:
        """Call the node; when the device's memory ran out and something can be let go, once more."""
        try:
            return call(step, self._read, context)
        except NodeFailed as failed:
            if failed.problem.code != "out-of-memory" or not self.around.resources.release(_EVERYTHING):
                raise
            context.log("ran out of memory; freed what was held and tried again")
        return call(step, self._read, context)

    def _read(self, source: Source) -> Any | None:
        outputs = self.results.get(self.steps[source.node].key)
        return None if outputs is None else outputs[source.output]

    def _ask(self, step: Step, sources: tuple[Source, ...]) -> list[str]:
        """Bring about what a lazy input needs, then run the step again from its start."""
        self.asked.setdefault(step.node, set()).update(sources)
        paths = [source.node for source in sources]
        self.discover(paths)
        return [*paths, step.node]

    def _expand(self, step: Step, expand: Expand, seconds: float) -> list[str]:
        if step.node.count("/") >= MAX_EXPANSION_DEPTH:
            raise _too_big(step, f"expands more than {MAX_EXPANSION_DEPTH} levels deep")
        if len(self.steps) + len(expand.nodes) > MAX_STEPS:
            raise _too_big(step, f"makes the graph larger than {MAX_STEPS:,} steps")
        expansion = self.plan.expand(step, expand, self.steps)
        self.steps.update(expansion.steps)
        self.expanded[step.node] = (expansion.outputs, seconds)
        # Nodes that save inside the expansion run as they would outside it.
        savers = [path for path, inner in expansion.steps.items() if inner.type.output]
        paths = list(dict.fromkeys([*(source.node for source in expansion.outputs.values()), *savers]))
        self.discover(paths)
        return [*paths, step.node]

    def _assemble(self, step: Step) -> None:
        """Take an expanded step's outputs from the steps that stood in for it."""
        sources, seconds = self.expanded[step.node]
        self._keep(step, {name: self._read(source) for name, source in sources.items()}, seconds)
        for path in {source.node for source in sources.values()}:
            self._let_go(self.steps[path].key)

    def _keep(self, step: Step, outputs: Outputs, seconds: float) -> None:
        self.results[step.key] = outputs
        blocked = next((value for value in outputs.values() if isinstance(value, Blocked)), None)
        if blocked is not None:
            self._close(step, NodeFinished(node=step.node, how="blocked", reason=blocked.reason))
            return
        if not step.type.output:
            self.cache.keep(step.key, step.type, outputs, seconds)
        self._close(step, NodeFinished(node=step.node, how="ran", seconds=seconds))

    def _close(self, step: Step, event: NodeFinished) -> None:
        """Report a step's end and let go of what nobody will read again."""
        self.done.add(step.node)
        self.emit(event)
        for source in (*step.eager, *self.asked.get(step.node, ())):
            self._let_go(self.steps[source.node].key)

    def _let_go(self, key: str) -> None:
        self.readers[key] -= 1
        if self.readers[key] <= 0:
            self.results.pop(key, None)


_EVERYTHING = 1 << 62


def _too_big(step: Step, message: str) -> NodeFailed:
    problem = Problem("expansion-too-big", f"{step.type.id} {message}", step.node, hint="it may expand without end")
    return NodeFailed(step.node, step.type.id, problem)
