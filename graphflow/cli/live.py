"""The run on a terminal: finished nodes stand still, the one at work has a bar."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from graphflow.cli.reports import FEW_NODES, LONG_SECONDS, ending
from graphflow.cli.terminal import harmless, seconds
from graphflow.errors import RunCancelled
from graphflow.events import Event, NodeFinished, NodeLogged, NodeProgress, NodeStarted
from graphflow.execute import never
from graphflow.step import Plan

NAME_WIDTH = 28
SHORT_NAME = 10
_MARKS = {"ran": ("✓", "green"), "cached": ("·", "dim"), "blocked": ("–", "yellow")}


class _Steps(ProgressColumn):
    """`12/20`, or nothing for a node that does not say."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.completed:.0f}/{task.total:.0f}" if task.total else "", style="progress.download")


class _Bar(ProgressColumn):
    """A bar for a node that says how far it is; one that does not is left with its spinner."""

    def __init__(self) -> None:
        super().__init__()
        self._bar = BarColumn(bar_width=24, style="dim", complete_style="cyan", finished_style="cyan")

    def render(self, task: Task) -> RenderableType:
        return self._bar(task) if task.total else ""


class _Since(ProgressColumn):
    """How long a node has been at work, or that it was asked to stop: drawn by rich, not by a signal's handler."""

    def __init__(self, stopping: Callable[[], bool]) -> None:
        super().__init__()
        self._stopping = stopping

    def render(self, task: Task) -> Text:
        if self._stopping():
            return Text("stopping; Ctrl-C again stops at once", style="yellow")
        elapsed = task.elapsed or 0.0
        return Text(seconds(round(elapsed)) if elapsed >= 1 else "", style="dim")


class LiveReport:
    """Tell a run on a terminal, through stderr."""

    def __init__(self, plan: Plan, stopping: Callable[[], bool] = never, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._many = len(plan.steps) > FEW_NODES
        self._types = {path: step.type.id for path, step in plan.steps.items()}
        # Expansions bring longer names than the plan knows of.
        self._name_width = min(NAME_WIDTH, max(SHORT_NAME, *map(len, plan.steps)))
        self._type_width = min(NAME_WIDTH, max(map(len, self._types.values()), default=1))
        self._tasks: dict[str, TaskID] = {}
        name = Column(width=self._name_width + self._type_width + 2, no_wrap=True)
        self._progress = Progress(
            SpinnerColumn("dots", style="cyan", finished_text=" "),
            TextColumn("{task.description}", table_column=name, markup=False),
            _Bar(),
            _Steps(),
            _Since(stopping),
            console=self._console,
            transient=True,
        )
        self._all = self._progress.add_task(self._label("nodes", ""), total=len(plan.steps)) if self._many else None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            stopped = isinstance(error, RunCancelled | KeyboardInterrupt)
            for node in self._tasks:
                self._print("–", "yellow", node, "stopped") if stopped else self._print("✗", "red", node, "failed")
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        match event:
            case NodeStarted():
                self._types[event.node] = event.type
                if not self._many:
                    self._begin(event.node)
            case NodeProgress():
                self._advance(event)
            case NodeLogged():
                self._print(" ", "dim", event.node, event.message)
            case NodeFinished():
                self._finish(event)
            case _:
                pass

    def _begin(self, node: str) -> TaskID:
        self._tasks[node] = task = self._progress.add_task(self._label(node, self._types.get(node, "")), total=None)
        return task

    def _advance(self, event: NodeProgress) -> None:
        task = self._tasks.get(event.node)
        if task is None:  # in a large graph a node is shown once it says that it takes steps
            task = self._begin(event.node)
        self._progress.update(task, completed=event.done, total=event.total)

    def _finish(self, event: NodeFinished) -> None:
        task = self._tasks.pop(event.node, None)
        if task is not None:
            self._progress.remove_task(task)
        if self._all is not None:
            self._progress.advance(self._all)
            if event.how != "blocked" and event.seconds < LONG_SECONDS:
                return
        mark, style = _MARKS[event.how]
        self._print(mark, style, event.node, ending(event))

    def _print(self, mark: str, style: str, node: str, said: str) -> None:
        label = self._label(node, self._types.get(node, ""))
        name, kind = label[: self._name_width], label[self._name_width :]
        quiet = "dim" if style == "dim" else ""
        self._progress.console.print(
            Text.assemble((mark, style), " ", (name, quiet), (kind, "dim"), "  ", (harmless(said), "dim")),
            soft_wrap=True,
        )

    def _label(self, node: str, kind: str) -> str:
        return f"{_cut(harmless(node), self._name_width)}  {_cut(harmless(kind), self._type_width)}"


def _cut(text: str, width: int) -> str:
    """Fit a text to a width; of a long path the end says most."""
    return text.ljust(width) if len(text) <= width else f"…{text[len(text) - width + 1 :]}"
