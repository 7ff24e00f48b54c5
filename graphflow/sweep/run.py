"""Runs a sweep: run after run over one cache, then its sheets and its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from graphflow.api import Blocked
from graphflow.artifacts import OutputFolder
from graphflow.document import InputRef
from graphflow.errors import NodeFailed, Problem, RunCancelled, WorkflowError
from graphflow.events import ArtifactSaved, Event
from graphflow.execute import never
from graphflow.keys import CacheKey
from graphflow.results import Results
from graphflow.step import Source
from graphflow.sweep.pins import Pins
from graphflow.sweep.planned import PlannedRun, Runner, Sweep, count_readers, eager_steps, keys_of
from graphflow.sweep.results import SweepResults, SweepRun, write_table
from graphflow.sweep.sheet import Page, find_pictures, pages, sheet_workflow

SHEETS = 0
"""The number under which events of the sheets are told; runs count from 1."""


def run_sweep(
    engine: Runner,
    sweep: Sweep,
    out: Path,
    *,
    emit: Callable[[int, Event], None] | None = None,
    finished: Callable[[SweepRun], None] | None = None,
    cancelled: Callable[[], bool] = never,
    sweep_seed: int | None = None,
) -> SweepResults:
    """Run every combination and return all of them; a run that fails does not stop the others.

    `emit` gets a run's number with each event, `finished` each run at its end. After a cancellation what was finished
    is put on sheets and into the table. `sweep_seed` is noted in the table.
    """
    running = _Running(engine, sweep, out, emit or _unheard, cancelled)
    table: Path | None = None
    try:
        for page in running.pages:
            for run in page.runs:
                running.run(run)
                if finished is not None:
                    finished(running.runs[-1])
            running.draw(page)
    finally:  # also when whoever listens is gone, or was interrupted twice
        if running.runs:
            text = write_table(running.runs, sweep.names, sweep_seed)
            table = OutputFolder(out).save(text.encode(), "text/csv", "sweep").path
    return SweepResults(tuple(running.runs), tuple(running.sheets), table, tuple(running.problems))


class _Running:
    def __init__(
        self,
        engine: Runner,
        sweep: Sweep,
        out: Path,
        emit: Callable[[int, Event], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self.engine = engine
        self.sweep = sweep
        self.out = out
        self.emit = emit
        self.cancelled = cancelled
        self.pictures = find_pictures(sweep.runs[0].plan, engine.registry)
        self.pages = list(pages(sweep))
        wanted = count_readers(sweep)
        for run in sweep.runs:
            wanted.update(self._picture_keys(run))
        self.cache = Pins(engine.cache, wanted)
        self.runs: list[SweepRun] = []
        self.sheets: list[ArtifactSaved] = []
        self.problems: list[Problem] = []
        self.failed: dict[CacheKey, NodeFailed] = {}
        """What failed, by its key: nodes with the same key would fail again."""

    def run(self, run: PlannedRun) -> None:
        """Run one combination and note what came of it."""
        files: list[ArtifactSaved] = []

        def watch(event: Event) -> None:
            if isinstance(event, ArtifactSaved):
                files.append(event)
            self.emit(run.number, event)

        ended = SweepRun(run.number, run.values, "cancelled", seeds=_seeds(run, self.sweep))
        start = perf_counter()
        try:
            ended = replace(ended, outcome="done", results=self._execute(run, watch))
        except NodeFailed as failed:
            ended = replace(ended, outcome="failed", problem=failed.problem)
        except RunCancelled:
            pass
        finally:
            self.runs.append(replace(ended, files=tuple(files), seconds=perf_counter() - start))
            self.cache.let_go(keys_of(run.plan))

    def draw(self, page: Page) -> None:
        """Put the pictures of those runs that have any on a sheet, and let go of them."""
        done = {run.number for run in self.runs if run.outcome == "done"}
        for picture, name in self.pictures.items():
            cells = {
                run.number: (cell,) * pictures
                for cell, run in enumerate(page.runs)
                if run.number in done and (pictures := self._count(run, picture))
            }
            if cells:
                self._draw(page if len(self.pictures) == 1 else page.about(name), picture, cells)
        for run in page.runs:
            self.cache.let_go(self._picture_keys(run))

    def _execute(self, run: PlannedRun, watch: Callable[[Event], None]) -> Results:
        if self.cancelled():
            raise RunCancelled("the sweep was cancelled")
        if self.failed:  # a shared node may have taken minutes to fail: once is enough
            for step in eager_steps(run.plan, self.cache):
                if step.key in self.failed:
                    raise self.failed[step.key]
        try:
            return self.engine.execute(
                run.workflow, run.plan, out=self.out, emit=watch, cancelled=self.cancelled, cache=self.cache
            )
        except NodeFailed as failed:
            failing = run.plan.steps.get(failed.node)
            if failing is not None and not failing.type.output:
                self.failed[failing.key] = failed
            raise

    def _draw(self, page: Page, picture: Source, cells: Mapping[int, tuple[int, ...]]) -> None:
        def watch(event: Event) -> None:
            if isinstance(event, ArtifactSaved):
                self.sheets.append(event)
            self.emit(SHEETS, event)

        try:
            # A sheet of what was finished is drawn also after a cancellation.
            workflow, plan = self.engine.plan(sheet_workflow(page, picture, cells))
            self.engine.execute(workflow, plan, out=self.out, emit=watch, cache=self.cache)
        except (NodeFailed, WorkflowError) as failed:
            self.problems += failed.problems

    def _count(self, run: PlannedRun, picture: Source) -> int:
        """Return how many values a run gave where its picture comes from; none when something was blocked."""
        outputs = self.cache.held(run.plan.steps[picture.node].key)
        if outputs is None:
            return 0
        value = outputs[picture.output]
        values = value if type(value) is tuple else (value,)
        return 0 if any(isinstance(each, Blocked) for each in values) else len(values)

    def _picture_keys(self, run: PlannedRun) -> set[CacheKey]:
        return {run.plan.steps[picture.node].key for picture in self.pictures}


def _seeds(run: PlannedRun, sweep: Sweep) -> dict[str, int]:
    """Return the seeds of a run, by the workflow's name for them where it has one; those that are axes are left out."""
    named = {ref: name for name, ref in reversed([*sweep.workflow.inputs.items()])}
    seeds = {}
    for path, step in run.plan.steps.items():
        for entry in step.type.inputs:
            if entry.seed and entry.name in step.values:
                seeds[named.get(InputRef(path, entry.name), f"{path}.{entry.name}")] = step.values[entry.name]
    return {name: seed for name, seed in seeds.items() if name not in run.values}


def _unheard(number: int, event: Event) -> None:
    """Tell nobody."""
