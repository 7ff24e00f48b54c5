"""`graphflow check`: every problem of a workflow, without running it."""

from __future__ import annotations

import sys
from argparse import Namespace

from graphflow.cli.open_engine import open_engine, plan_workflow
from graphflow.cli.terminal import harmless, paint, plural, print_json, print_line


def run(parsed: Namespace) -> int:
    """Check the workflow; problems are raised, so arriving here means that there are none."""
    with open_engine(parsed, caching=False) as engine:
        workflow, plan = plan_workflow(parsed, engine)
    if parsed.json:
        print_json({"kind": "check.passed", "nodes": len(plan.steps), "inputs": list(workflow.inputs)})
        return 0
    name = harmless(workflow.name or parsed.workflow)
    print_line(f"{paint('sound:', 'green', sys.stdout)} {name}, {plural(len(plan.steps), 'node')}")
    if workflow.inputs:
        print_line(paint(f"    inputs: {harmless(', '.join(workflow.inputs))}", "dim", sys.stdout))
    return 0
