"""Plans a sweep: every run checked before the first begins, and how much work all of them are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from graphflow.cache import Cache
from graphflow.document import Workflow
from graphflow.errors import Problem, WorkflowError, did_you_mean
from graphflow.events import Event
from graphflow.inputs import find_input
from graphflow.keys import CacheKey
from graphflow.registry import Registry
from graphflow.results import Results
from graphflow.step import Plan, Step
from graphflow.sweep.axes import MAX_RUNS, Combination, Dimension, check_dimensions, combine


class Runner(Protocol):
    """What a sweep needs of the engine."""

    registry: Registry
    cache: Cache

    def plan(
        self, workflow: Workflow, inputs: Mapping[str, Any] | None = None, targets: Sequence[str] | None = None
    ) -> tuple[Workflow, Plan]:
        """Return the workflow with these inputs set, and the work to do."""

    def execute(
        self,
        workflow: Workflow,
        plan: Plan,
        *,
        out: Path | str | None = None,
        emit: Callable[[Event], None] | None = None,
        cancelled: Callable[[], bool] = ...,
        previews: bool = False,
        cache: Cache | None = None,
    ) -> Results:
        """Run what `plan` returned."""


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One combination, checked: the workflow with its values set, and the work to do."""

    number: int
    values: Mapping[str, Any]
    place: tuple[int, ...]
    workflow: Workflow
    plan: Plan


@dataclass(frozen=True, slots=True)
class Sweep:
    """A workflow and all runs of it, in the order in which they will be run."""

    workflow: Workflow
    dimensions: tuple[Dimension, ...]
    runs: tuple[PlannedRun, ...]

    @property
    def names(self) -> list[str]:
        """The names of all axes, in order."""
        return [axis.name for dimension in self.dimensions for axis in dimension]


def plan_sweep(
    engine: Runner,
    workflow: Workflow,
    dimensions: Sequence[Dimension],
    inputs: Mapping[str, Any] | None = None,
    targets: Sequence[str] | None = None,
) -> Sweep:
    """Plan every combination; raise WorkflowError with all problems of all of them, each said once."""
    inputs = inputs or {}
    problems = [*_check_names(engine, workflow, dimensions, inputs), *check_dimensions(dimensions)]
    if problems:
        unknown = {problem.input for problem in problems if problem.code == "unknown-input"}
        for combination in _one_by_one(dimensions, unknown):
            problems += _problems_of(engine, workflow, {**inputs, **combination}, targets)
        raise WorkflowError(dict.fromkeys(problems))
    runs = []
    for each in combine(dimensions):
        try:
            runs.append(_plan(engine, workflow, each, inputs, targets))
        except WorkflowError as error:
            problems += error.problems
    if problems:
        raise WorkflowError(dict.fromkeys(problems))
    return Sweep(workflow, tuple(dimensions), tuple(runs))


def count_work(sweep: Sweep, cache: Cache) -> int:
    """Return how many nodes all runs together would compute, counting every lazy input as if it were asked for.

    A node that saves runs in every run; of all others equal keys are computed once, and what is cached not at all.
    """
    done: set[CacheKey] = set()
    count = 0
    for run in sweep.runs:
        seen: set[str] = set()
        stack = list(run.plan.targets)
        while stack:
            path = stack.pop()
            step = run.plan.steps[path]
            if path in seen or (step.key in done and not step.type.output):
                continue
            seen.add(path)
            if not step.type.output:
                done.add(step.key)
                if cache.lookup(step.key, step.type) is not None:
                    continue
            count += 1
            stack.extend(source.node for sources in step.links.values() for source in sources)
    return count


def eager_steps(plan: Plan, cache: Cache) -> Iterator[Step]:
    """Yield the steps that a run of this plan computes in any case."""
    seen: set[str] = set()
    stack = list(plan.targets)
    while stack:
        path = stack.pop()
        if path in seen:
            continue
        seen.add(path)
        step = plan.steps[path]
        if step.type.output or cache.lookup(step.key, step.type) is None:
            yield step
            stack.extend(source.node for source in step.eager)


def count_readers(sweep: Sweep) -> Counter[CacheKey]:
    """Count by key in how many runs a result is read."""
    wanted: Counter[CacheKey] = Counter()
    for run in sweep.runs:
        wanted.update(keys_of(run.plan))
    return wanted


def keys_of(plan: Plan) -> set[CacheKey]:
    """Return the keys of a plan's steps, each once."""
    return {step.key for step in plan.steps.values() if not step.type.output}


def _plan(
    engine: Runner,
    workflow: Workflow,
    combination: Combination,
    inputs: Mapping[str, Any],
    targets: Sequence[str] | None,
) -> PlannedRun:
    resolved, plan = engine.plan(workflow, {**inputs, **combination.values}, targets)
    return PlannedRun(combination.number, combination.values, combination.place, resolved, plan)


def _check_names(
    engine: Runner, workflow: Workflow, dimensions: Sequence[Dimension], inputs: Mapping[str, Any]
) -> list[Problem]:
    """Return a problem for every axis that is no input, and for every input that is given twice."""
    problems = []
    taken = {find_input(workflow, name, engine.registry): name for name in inputs}
    for axis in (axis for dimension in dimensions for axis in dimension):
        ref = find_input(workflow, axis.name, engine.registry)
        if ref is None:
            known = did_you_mean(axis.name, workflow.inputs) or f"it has {', '.join(workflow.inputs) or 'none'}"
            message = f"the workflow has no input {axis.name!r} to sweep"
            problems.append(Problem("unknown-input", message, input=axis.name, hint=known))
        elif ref in taken:
            also = "" if taken[ref] == axis.name else f", as {taken[ref]} and as {axis.name}"
            message = f"input {ref.input} of {ref.node} is given twice{also}"
            problems.append(Problem("given-twice", message, ref.node, ref.input))
        else:
            taken[ref] = axis.name
    return problems


def _one_by_one(dimensions: Sequence[Dimension], unknown: set[str | None]) -> Iterator[dict[str, Any]]:
    """Yield values that go through each axis alone, the others at their first: enough to find every bad value."""
    axes = [axis for each in dimensions for axis in each if axis.values and axis.name not in unknown]
    first = {axis.name: axis.values[0] for axis in axes}
    yield first
    for axis in axes:
        for value in axis.values[1:MAX_RUNS]:
            yield {**first, axis.name: value}


def _problems_of(
    engine: Runner, workflow: Workflow, inputs: Mapping[str, Any], targets: Sequence[str] | None
) -> tuple[Problem, ...]:
    try:
        engine.plan(workflow, inputs, targets)
    except WorkflowError as error:
        return error.problems
    return ()
