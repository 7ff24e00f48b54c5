"""Runs a plan: a plan goes in, results come out, events leave on the way.

Work is demanded from the targets backwards and stops at what the cache holds, so what only cached nodes read is never
touched. Everything is an explicit stack: a chain of 10,000 nodes is as safe as one of ten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Literal

from graphflow.api import Artifact, Blocked, Expand, NodeError, Resources
from graphflow.cache import Cache, Lead, Outputs
from graphflow.call import EmitFailed, Save, StepContext, Wanted, call, failure
from graphflow.errors import NodeFailed, Problem, RunCancelled
from graphflow.events import Event, NodeFinished, NodeStarted
from graphflow.files import Files
from graphflow.journal import Journals
from graphflow.keys import CacheKey, key_of_its_own
from graphflow.step import Plan, Source, Step

MAX_EXPANSION_DEPTH = 32
MAX_STEPS = 100_000
"""A graph that expands without end is stopped here."""


def never() -> bool:
    """Answer the question whether the run was cancelled when nobody can cancel it."""
    return False


def always() -> bool:
    """Answer the question whether anybody looks when nobody says otherwise."""
    return True


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What nodes reach through their context: where files go, what the worker holds, which texts pictures carry."""

    save: Save | None = None
    resources: Resources = field(default_factory=Resources)
    metadata: Mapping[str, str] = field(default_factory=dict)
    watched: Callable[[], bool] = always
    """Whether anybody looks at previews now: while nobody does, none are drawn."""
    files: Files | None = None
    """Where nodes find what changes no result, such as decoders that draw previews."""
    journals: Journals | None = None
    """Those of this run, from which nodes go on that an earlier one was killed in."""
    deterministic: bool = False
    """Whether results must be bit-equal whatever else runs on the same worker. Then none is taken from a run for which
    that was not asked, nor waited for: its last bits may hang on the company that it had."""


def execute(
    plan: Plan,
    cache: Cache,
    emit: Callable[[Event], None],
    cancelled: Callable[[], bool] = never,
    around: Surroundings | None = None,
) -> dict[str, Outputs]:
    """Return the outputs of every target by its path, each by port name.

    Raises NodeFailed with the node's name and cause when a node fails, RunCancelled when `cancelled()` says so;
    what had finished by then stays in the cache. What `emit` raises ends the run as it is.
    """
    run = _Run(plan, cache, emit, cancelled, around or Surroundings())
    try:
        run.discover(plan.targets)
        for target in plan.targets:
            run.finish(target)
    except EmitFailed as failed:
        raise failed.__cause__ or failed from None
    finally:
        if run.around.journals is not None:
            run.around.journals.close()
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
        self.demands: Counter[str] = Counter()
        """The same by path: nodes with one key share a result, but each has its own place in the graph."""
        self.pending: set[str] = set()
        """Steps that must run; what they read is counted."""
        self.reported: set[str] = set()
        self.expanded: dict[str, tuple[Mapping[str, Source], float]] = {}
        self.asked: dict[str, set[Source]] = {}

    def discover(self, paths: Iterable[str]) -> None:
        """Demand these steps, find backwards from them which must run, and count who will read what.

        Each demand is ended by `_let_go`, which a target's never is.
        """
        stack = list(paths)
        while stack:
            path = stack.pop()
            step = self.steps[path]
            self.readers[step.key] += 1
            self.demands[path] += 1
            if path in self.pending:
                continue
            if step.key in self.results or self._found(step):
                self._report(step, "cached")
                continue
            self.pending.add(path)
            stack.extend([source.node for source in step.eager])

    def _found(self, step: Step) -> bool:
        """Take a result from the cache; another run may have put it there since the last look."""
        try:
            outputs = None if step.type.output else self.cache.lookup(self._kept_as(step), step.type)
        except NodeError as error:  # what came from disk could not be weighed
            raise failure(step, error) from error
        if outputs is None:
            return False
        self.results[step.key] = outputs
        return True

    def _kept_as(self, step: Step) -> CacheKey:
        """Return under what a step's result is kept, and looked for, on the shared cache."""
        return key_of_its_own(step.key) if self.around.deterministic else step.key

    def finish(self, target: str) -> None:
        """Bring a step's result about, and before it those of all that it reads."""
        stack = [target]
        while stack:
            if self.cancelled():
                raise RunCancelled("the run was cancelled")
            path = stack[-1]
            step = self.steps[path]
            if step.key in self.results:
                stack.pop()
                if path in self.pending:  # a node with the same key, or another run, was faster
                    self._close(step, "cached")
            elif missing := self._missing(step):
                stack.extend(reversed(missing))
            else:
                stack.pop()
                stack.extend(reversed(self._advance(step)))

    def _missing(self, step: Step) -> list[str]:
        if step.node in self.expanded:
            needed: Iterable[Source] = self.expanded[step.node][0].values()
        else:
            needed = (*step.eager, *self.asked.get(step.node, ()))
        results, steps, pending = self.results, self.steps, self.pending
        return [each.node for each in needed if steps[each.node].key not in results or each.node in pending]

    def _advance(self, step: Step) -> list[str]:
        """Run a step whose sources are there; return the paths that turned out to be needed before it, itself last."""
        if step.node in self.expanded:
            self._assemble(step)
            return []
        if step.type.output:
            return self._run(step, None)
        lead = self.cache.flights.claim(self._kept_as(step))
        while not isinstance(lead, Lead):
            outputs = lead.wait(self.cancelled)
            if outputs is not None:
                self.results[step.key] = outputs
                self._close(step, "cached")
                return []
            if self.cancelled():
                raise RunCancelled("the run was cancelled")
            lead = self.cache.flights.claim(self._kept_as(step))
        try:
            if self._found(step):
                lead.done(self.results[step.key])
                self._close(step, "cached")
                return []
            return self._run(step, lead)
        finally:
            lead.abandon()  # does nothing after done(): only a failure leaves the work to those who wait

    def _run(self, step: Step, lead: Lead | None) -> list[str]:
        if step.node not in self.asked:
            self.emit(NodeStarted(node=step.node, type=step.type.id))
        context = self._context(step)
        start = perf_counter()
        try:
            outputs = self._call(step, context)
            context.close(finished=True)
        except Wanted as wanted:
            return self._ask(step, wanted.sources)
        finally:
            context.close(finished=False)
        seconds = perf_counter() - start
        if isinstance(outputs, Expand):
            return self._expand(step, outputs, seconds)
        self._keep(step, outputs, seconds)
        if lead is not None:
            lead.done(outputs)
        return []

    def _context(self, step: Step) -> StepContext:
        around = self.around
        context = StepContext(
            step.node,
            self.emit,
            self.cancelled,
            around.save,
            around.resources,
            around.metadata,
            around.watched,
            around.deterministic,
            around.files,
        )
        if around.journals is not None and step.type.wants_ctx:
            context.note_in(around.journals.of(step.key, context.log))
        return context

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
        asked = self.asked.setdefault(step.node, set())
        # What the node has read already must not be let go meanwhile, or it would be computed twice.
        lazy = (each for name in step.type.lazy for each in step.links.get(name, ()))
        there = [each for each in lazy if self.steps[each.node].key in self.results]
        new = set(sources).union(there) - asked
        asked |= new
        self.discover([source.node for source in new])
        return [*(source.node for source in sources), step.node]

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
        sources, seconds = self.expanded.pop(step.node)
        self._keep(step, {name: self._read(source) for name, source in sources.items()}, seconds)
        self._let_go({source.node for source in sources.values()})

    def _keep(self, step: Step, outputs: Outputs, seconds: float) -> None:
        self.results[step.key] = outputs
        if not step.type.output and _blocked(outputs) is None and not _holds_files(outputs):
            try:
                self.cache.keep(self._kept_as(step), step.type, outputs, seconds)
            except NodeError as error:
                raise failure(step, error) from error
        self._close(step, "ran", seconds)

    def _close(self, step: Step, how: Literal["ran", "cached"], seconds: float = 0.0) -> None:
        """Report a step's end and let go of what nobody will read again."""
        self.pending.discard(step.node)
        self._report(step, how, seconds)
        self._let_go(self._reads(step))

    def _report(self, step: Step, how: Literal["ran", "cached"], seconds: float = 0.0) -> None:
        if how == "cached" and step.node in self.reported:
            return
        self.reported.add(step.node)
        blocked = _blocked(self.results[step.key])
        if blocked is not None:
            self.emit(NodeFinished(node=step.node, how="blocked", reason=blocked.reason))
        else:
            self.emit(NodeFinished(node=step.node, how=how, seconds=seconds))

    def _reads(self, step: Step) -> list[str]:
        """Return what a pending step had demanded; it has no demands after this."""
        return [source.node for source in (*step.eager, *self.asked.pop(step.node, ()))]

    def _let_go(self, paths: Iterable[str]) -> None:
        """End one demand of each path; a step that was to run for nobody else will not run at all."""
        stack = list(paths)
        while stack:
            path = stack.pop()
            step = self.steps[path]
            self.demands[path] -= 1
            self.readers[step.key] -= 1
            if not self.readers[step.key]:
                self.results.pop(step.key, None)
            if not self.demands[path] and path in self.pending:
                self.pending.discard(path)
                stack.extend(self._reads(step))


def _blocked(outputs: Outputs) -> Blocked | None:
    return next((value for value in outputs.values() if isinstance(value, Blocked)), None)


def _holds_files(outputs: Outputs) -> bool:
    """Say whether outputs name saved files: these may be deleted, so each run saves its own."""
    return any(
        isinstance(each, Artifact)
        for value in outputs.values()
        for each in (value if type(value) is tuple else (value,))
    )


_EVERYTHING = 1 << 62


def _too_big(step: Step, message: str) -> NodeFailed:
    problem = Problem("expansion-too-big", f"{step.type.id} {message}", step.node, hint="it may expand without end")
    return NodeFailed(step.node, step.type.id, problem)
