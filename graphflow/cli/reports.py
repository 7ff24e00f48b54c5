"""How a run is told: to people on a terminal, to people who read a log, or to programs."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections import Counter
from types import TracebackType
from typing import Protocol, Self

from graphflow.cli.stop import Stop
from graphflow.cli.terminal import harmless, is_terminal, paint, plural, print_line, seconds
from graphflow.events import (
    ArtifactSaved,
    Event,
    NodeFinished,
    NodeLogged,
    NodePreview,
    NodeProgress,
    NodeStarted,
)
from graphflow.step import Plan

QUIET_SECONDS = 2.0
"""In a log a node's progress is told this often."""
FEW_NODES = 60
"""Of larger graphs only what takes its time is told node by node."""
LONG_SECONDS = 0.5


class Report(Protocol):
    """Something that tells what happens; a context manager around the run."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def __call__(self, event: Event) -> None:
        """Tell of an event."""


def choose_report(parsed: Namespace, plan: Plan, stop: Stop) -> Report:
    """Return the report that fits where the output goes."""
    if parsed.json:
        return JsonReport()
    if is_terminal(sys.stderr):
        from graphflow.cli.live import LiveReport  # rich takes its time, and a log needs none of it

        return LiveReport(plan, lambda: stop.heard)
    return PlainReport(plan)


class JsonReport:
    """One JSON object per line and event; previews are left out."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __call__(self, event: Event) -> None:
        if not isinstance(event, NodePreview):
            print_line(event.model_dump_json())


class PlainReport:
    """Lines on stderr, for logs and pipes."""

    def __init__(self, plan: Plan) -> None:
        self._many = len(plan.steps) > FEW_NODES
        self._types = {path: step.type.id for path, step in plan.steps.items()}
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __call__(self, event: Event) -> None:
        line = self._line(event)
        if line is not None:
            print_line(harmless(line), sys.stderr)

    def _line(self, event: Event) -> str | None:
        match event:
            case NodeStarted():
                self._types[event.node] = event.type
                self._next = time.monotonic() + QUIET_SECONDS
            case NodeProgress() if time.monotonic() >= self._next:
                self._next = time.monotonic() + QUIET_SECONDS
                return f"{event.node}: {event.done}/{event.total}"
            case NodeLogged():
                return f"{event.node}: {event.message}"
            case NodeFinished() if not self._many or event.seconds >= LONG_SECONDS:
                return f"{event.node} ({self._types.get(event.node, 'node')}): {ending(event)}"
            case _:
                pass
        return None


def ending(event: NodeFinished) -> str:
    """Say how a node ended."""
    if event.how == "ran":
        return seconds(event.seconds)
    return f"skipped: {event.reason}" if event.how == "blocked" else "cached"


class Tally:
    """Counts what happened, for the last line."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.how: Counter[str] = Counter()
        self.saved: list[ArtifactSaved] = []

    def __call__(self, event: Event) -> None:
        """Count an event."""
        if isinstance(event, NodeFinished):
            self.how[event.how] += 1
        elif isinstance(event, ArtifactSaved):
            self.saved.append(event)

    def summary(self) -> str:
        """Return the last line: how long, and what ran."""
        parts = [plural(self.how["ran"], "node") + " ran"]
        if self.how["cached"]:
            parts.append(f"{self.how['cached']:,} cached")
        if self.how["blocked"]:
            parts.append(f"{self.how['blocked']:,} skipped")
        return f"done in {seconds(time.monotonic() - self.started)}: {', '.join(parts)}"

    def print(self) -> None:
        """Print the files on stdout, for whoever goes on with them, and the summary on stderr."""
        for each in self.saved:
            note = "" if each.purpose == "output" else paint("  (preview)", "dim", sys.stdout)
            print_line(f"{harmless(each.path)}{note}")
        print_line(paint(self.summary(), "dim", sys.stderr), sys.stderr)
