"""`graphflow run`: plan a workflow, run it, and tell what happens."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from graphflow.cli.explain import print_verdicts, run_name
from graphflow.cli.keeping import usable_folder, warn_of_cache
from graphflow.cli.open_engine import open_engine, plan_workflow
from graphflow.cli.reports import Tally, choose_report
from graphflow.cli.stop import Stop, stop_on_signals
from graphflow.cli.sweep import is_sweep, sweep
from graphflow.cli.terminal import harmless, print_json, print_line
from graphflow.document import Workflow
from graphflow.engine import Engine
from graphflow.errors import RunCancelled, StorageError
from graphflow.events import Event
from graphflow.explain import explain, remember
from graphflow.results import Results
from graphflow.step import Plan


def run(parsed: Namespace) -> int:
    """Run the workflow; whatever stops it is raised."""
    with open_engine(parsed, caching=not parsed.no_cache) as engine:
        out = usable_folder(parsed.out) if parsed.out else engine.home.output
        if is_sweep(parsed):
            return sweep(parsed, engine, out)
        workflow, plan = plan_workflow(parsed, engine)
        if parsed.dry_run:
            print_verdicts(explain(plan, engine.cache, {}), as_json=parsed.json, with_why=False)
            return 0
        tally = Tally()
        with stop_on_signals() as stop:
            results = _execute(parsed, engine, workflow, plan, out, stop, tally)
        _print_end(parsed, tally, results.scalars)
        warn_of_cache(parsed, engine)
    return 0


def _execute(
    parsed: Namespace, engine: Engine, workflow: Workflow, plan: Plan, out: Path, stop: Stop, tally: Tally
) -> Results:
    report = choose_report(parsed, plan, stop)
    emit = Emit(tally, report, stop)
    try:
        with report:
            results = engine.execute(workflow, plan, out=out, emit=emit, cancelled=stop)
    except RunCancelled:
        if emit.broken is not None:
            raise emit.broken from None
        raise
    finally:
        with suppress(StorageError, OSError):  # it only serves `explain`
            remember(plan, run_name(parsed), engine.home.cache / "runs")
    return results


class Emit:
    """Pass events on until whoever reads them has gone; then ask the run to stop."""

    def __init__(self, tally: Tally, report: Callable[[Event], None], stop: Stop) -> None:
        self._tally = tally
        self._report = report
        self._stop = stop
        self.broken: BrokenPipeError | None = None

    def __call__(self, event: Event) -> None:
        """Pass an event on."""
        self._tally(event)
        if self.broken is None:
            try:
                self._report(event)
            except BrokenPipeError as error:
                self.broken = error
                self._stop.ask()


def _print_end(parsed: Namespace, tally: Tally, plain: Mapping[str, Any]) -> None:
    if parsed.json:
        files = [{"node": each.node, "purpose": each.purpose, "path": each.path} for each in tally.saved]
        nodes = dict(tally.how)
        print_json({"kind": "run.finished", "exit_code": 0, "files": files, "outputs": plain, "nodes": nodes})
        return
    for name, value in plain.items():
        print_line(f"{harmless(name)} = {harmless(str(value))}")
    tally.print()
