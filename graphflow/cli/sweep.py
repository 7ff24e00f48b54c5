"""`graphflow run` with `--grid`, `--zip` or `--random`: one workflow, run for many values."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from graphflow.cli.axes import read_axes
from graphflow.cli.keeping import warn_of_cache
from graphflow.cli.open_engine import chosen_targets
from graphflow.cli.stop import Stop, stop_on_signals
from graphflow.cli.sweep_reports import SweepReport, choose_sweep_report, run_as_json, values_of
from graphflow.cli.terminal import harmless, paint, plural, print_json, print_line, print_problem, seconds
from graphflow.cli.values import read_values, split_settings
from graphflow.engine import Engine
from graphflow.errors import WorkflowError
from graphflow.events import Event
from graphflow.sweep import Sweep, SweepResults, SweepRun, count_work, plan_sweep, run_sweep

CANCELLED = 130


def is_sweep(parsed: Namespace) -> bool:
    """Say whether the command line asks for a sweep."""
    return bool(parsed.grid or parsed.zip or parsed.random)


def sweep(parsed: Namespace, engine: Engine, out: Path) -> int:
    """Plan the sweep, run it, tell of it, and return the exit code: 1 when a run failed, 130 when it was stopped."""
    planned, seed = _plan(parsed, engine)
    if parsed.dry_run:
        _print_work(parsed, planned, count_work(planned, engine.cache), seed)
        return 0
    start = time.monotonic()
    with stop_on_signals() as stop:
        hearing = _Hearing(choose_sweep_report(parsed, planned, stop), stop)
        with hearing.report:
            results = run_sweep(
                engine,
                planned,
                out,
                emit=hearing.event,
                finished=hearing.finished,
                cancelled=stop,
                sweep_seed=seed,
            )
    if hearing.broken is not None:
        raise hearing.broken
    code = CANCELLED if results.cancelled else 1 if results.failed or results.sheet_problems else 0
    if parsed.json:
        _print_json_end(results, code, seed)
    else:
        _print_end(results, seed, time.monotonic() - start)
    warn_of_cache(parsed, engine)
    return code


def _plan(parsed: Namespace, engine: Engine) -> tuple[Sweep, int | None]:
    """Return the sweep of the command line; raise WorkflowError with everything that is wrong with it."""
    workflow = engine.read(parsed.workflow)
    texts, problems = split_settings(parsed.set)
    axes, unreadable = read_axes(parsed, texts, workflow, engine)
    plain = {name: text for name, text in texts.items() if name not in axes.names}
    values, unset = read_values(plain, workflow, engine)
    problems += [*unreadable, *unset]
    targets = chosen_targets(parsed)
    planned = None
    try:
        if problems and not axes.dimensions:  # that there is no axis would be no news
            engine.plan(workflow, values, targets)
        else:
            planned = plan_sweep(engine, workflow, axes.dimensions, values, targets)
    except WorkflowError as error:
        raise WorkflowError(dict.fromkeys([*problems, *error.problems])) from error
    if problems or planned is None:
        raise WorkflowError(problems)
    return planned, axes.seed


class _Hearing:
    """Passes events on until whoever reads them has gone; then asks the sweep to stop."""

    def __init__(self, report: SweepReport, stop: Stop) -> None:
        self.report = report
        self._stop = stop
        self.broken: BrokenPipeError | None = None

    def event(self, number: int, event: Event) -> None:
        if self.broken is None:
            try:
                self.report.event(number, event)
            except BrokenPipeError as error:
                self._lose(error)

    def finished(self, run: SweepRun) -> None:
        if self.broken is None:
            try:
                self.report.finished(run)
            except BrokenPipeError as error:
                self._lose(error)

    def _lose(self, error: BrokenPipeError) -> None:
        self.broken = error
        self._stop.ask()


def _print_work(parsed: Namespace, planned: Sweep, work: int, seed: int | None) -> None:
    axes = {axis.name: list(axis.values) for dimension in planned.dimensions for axis in dimension}
    alone = sum(len(run.plan.steps) for run in planned.runs)
    if parsed.json:
        print_json(
            {
                "kind": "sweep.explanation",
                "runs": len(planned.runs),
                "axes": axes,
                "to_run": work,
                "planned": alone,
                "sweep_seed": seed,
            }
        )
        return
    for run in planned.runs if len(planned.runs) <= 100 else ():
        print_line(f"  {run.number:>{len(str(len(planned.runs)))}}  {values_of(run.values)}")
    shared = f"{plural(work, 'node')} to run of {alone:,}; the others are shared or cached"
    print_line(paint(f"{plural(len(planned.runs), 'run')}, {shared}", "bold", sys.stdout))


def _print_end(results: SweepResults, seed: int | None, took: float) -> None:
    for run in results:
        for file in run.files:
            note = "" if file.purpose == "output" else paint("  (preview)", "dim", sys.stdout)
            print_line(f"{harmless(file.path)}{note}")
    for sheet in results.sheets:
        print_line(harmless(sheet.path))
    if results.table is not None:
        print_line(harmless(str(results.table)))
    for run in results.failed:
        if run.problem is not None:
            where = f"run {run.number} ({values_of(run.values)}): "
            print_problem(replace(run.problem, message=where + run.problem.message), "error", "red")
    for problem in results.sheet_problems:
        print_problem(replace(problem, message=f"the sheet: {problem.message}"), "error", "red")
    done = sum(run.outcome == "done" for run in results)
    words = [f"{done:,} of {plural(len(results), 'run')} done in {seconds(took)}"]
    words += [f"{len(results.failed):,} failed"] if results.failed else []
    words += ["stopped"] if results.cancelled else []
    words += [f"--sweep-seed {seed} draws the same values"] if seed is not None else []
    print_line(paint(", ".join(words), "dim", sys.stderr), sys.stderr)


def _print_json_end(results: SweepResults, code: int, seed: int | None) -> None:
    kind = "cancelled" if code == CANCELLED else "failed" if code else "finished"
    print_json(
        {
            "kind": f"sweep.{kind}",
            "exit_code": code,
            "runs": [{"run": run.number, "outcome": run.outcome, **run_as_json(run)} for run in results],
            "sheets": [each.path for each in results.sheets],
            "table": None if results.table is None else str(results.table),
            "sweep_seed": seed,
            "problems": [each.to_json() for each in results.sheet_problems],
        }
    )
