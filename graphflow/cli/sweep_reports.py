"""How a sweep is told while it runs: a line per run for people, a line per event for programs."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from graphflow.cli.stop import Stop
from graphflow.cli.terminal import harmless, is_terminal, paint, print_json, print_line, seconds
from graphflow.events import Event, NodeFinished, NodeLogged, NodePreview, NodeProgress, NodeStarted
from graphflow.sweep import Sweep, SweepRun
from graphflow.sweep.axes import show

if TYPE_CHECKING:
    from rich.console import Console


class SweepReport(Protocol):
    """Something that tells of a sweep; a context manager around it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def event(self, number: int, event: Event) -> None:
        """Tell of an event in a run; those of the sheets have number 0."""

    def finished(self, run: SweepRun) -> None:
        """Tell of a run that ended."""


def choose_sweep_report(parsed: Namespace, sweep: Sweep, stop: Stop) -> SweepReport:
    """Return the report that fits where the output goes."""
    if parsed.json:
        return JsonSweepReport()
    return LiveSweepReport(sweep, stop) if is_terminal(sys.stderr) else PlainSweepReport(sweep)


class JsonSweepReport:
    """One JSON object per line and event, with its run's number (null for the sheets); previews are left out."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def event(self, number: int, event: Event) -> None:
        if not isinstance(event, NodePreview):
            print_json({"run": number or None, **event.model_dump(mode="json")})

    def finished(self, run: SweepRun) -> None:
        print_json({"run": run.number, "kind": f"run.{run.outcome}", **run_as_json(run)})


def run_as_json(run: SweepRun) -> dict[str, Any]:
    """Return what programs want to know of a run that ended."""
    return {
        "values": dict(run.values),
        "seeds": dict(run.seeds or {}),
        "seconds": round(run.seconds, 6),
        "files": [each.path for each in run.files if each.purpose == "output"],
        "outputs": run.results.scalars if run.results is not None else {},
        "problem": run.problem.to_json() if run.problem is not None else None,
    }


class PlainSweepReport:
    """A line per run on stderr, and what nodes want to be read."""

    def __init__(self, sweep: Sweep) -> None:
        self._total = len(sweep.runs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def event(self, number: int, event: Event) -> None:
        if isinstance(event, NodeLogged):
            self.say(f"{event.node}: {harmless(event.message)}")

    def finished(self, run: SweepRun) -> None:
        if run.outcome == "cancelled":
            return
        count = f"{run.number:>{len(str(self._total))}}/{self._total}"
        self.say(f"{count}  {values_of(run.values)}: {ending_of(run)}")

    def say(self, text: str) -> None:
        print_line(text, sys.stderr)


class LiveSweepReport(PlainSweepReport):
    """The same on a terminal, with a line below that moves: the run and the node at work."""

    def __init__(self, sweep: Sweep, stop: Stop, console: Console | None = None) -> None:
        from rich.console import Console  # rich takes its time, and a log needs none of it
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        super().__init__(sweep)
        self._stop = stop
        self._progress = Progress(
            TextColumn("runs"),
            BarColumn(bar_width=24, style="dim", complete_style="cyan", finished_style="cyan"),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[node]}", markup=False, style="dim"),
            console=console or Console(stderr=True, highlight=False),
            transient=True,
        )
        self._task = self._progress.add_task("", total=self._total, node="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def event(self, number: int, event: Event) -> None:
        super().event(number, event)
        if isinstance(event, NodeStarted):
            self._show(event.node)
        elif isinstance(event, NodeProgress):
            self._show(f"{event.node} {event.done}/{event.total}")
        elif isinstance(event, NodeFinished):
            self._show("")

    def finished(self, run: SweepRun) -> None:
        super().finished(run)
        self._progress.advance(self._task)

    def say(self, text: str) -> None:
        from rich.text import Text

        self._progress.console.print(Text(text), soft_wrap=True)

    def _show(self, node: str) -> None:
        stopping = "stopping; Ctrl-C again stops at once" if self._stop.heard else harmless(node)
        self._progress.update(self._task, node=stopping)


def values_of(values: Mapping[str, Any]) -> str:
    """Write the values of a run on one line."""
    return ", ".join(f"{harmless(name)}={harmless(show(value))}" for name, value in values.items())


def ending_of(run: SweepRun) -> str:
    """Say how a run ended."""
    return paint("failed", "red", sys.stderr) if run.outcome == "failed" else seconds(run.seconds)
