"""A pack of nodes that do next to nothing, for servers and workers: what is left to measure is what stands around them."""

from __future__ import annotations

from typing import Any

from graphflow.api import SILENT, Context, node


@node("Add", category="benchmark")
def add(value: int, *, more: int = 1) -> int:
    """Add two numbers."""
    return value + more


@node("Report", category="benchmark", output=True)
def report(*, lines: int = 18, ctx: Context = SILENT) -> int:
    """Say so many lines; each is an event that is stored."""
    for number in range(lines):
        ctx.log(f"line {number}")
    return lines


NODES = (add, report)


def sum_of(value: int) -> dict[str, Any]:
    """Return the workflow of a trivial job."""
    return _workflow({"type": "Add", "version": 1, "inputs": {"value": value, "more": 1}})


def events_of(number: int) -> dict[str, Any]:
    """Return the workflow of a job with this many events: its node's start, its lines, and its end."""
    return _workflow({"type": "Report", "version": 1, "inputs": {"lines": number - 2}})


def _workflow(node: dict[str, Any]) -> dict[str, Any]:
    outputs = {"value": {"node": "only", "output": "out"}}
    return {"format": "graphflow/1", "nodes": {"only": node}, "outputs": outputs}
