"""`graphflow explain`: which nodes would run, which are cached, and what made the difference."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from graphflow.cli.open_engine import open_engine, plan_workflow
from graphflow.cli.terminal import Style, columns, harmless, paint, print_json, print_line
from graphflow.explain import Verdict, explain, recall

_STYLES: dict[str, Style] = {"runs": "cyan", "cached": "green", "not needed": "dim"}


def run(parsed: Namespace) -> int:
    """Explain the workflow against the cache and the last run."""
    with open_engine(parsed) as engine:
        _, plan = plan_workflow(parsed, engine)
        verdicts = explain(plan, engine.cache, recall(run_name(parsed), engine.home.cache / "runs"))
    print_verdicts(verdicts, as_json=parsed.json, with_why=True)
    return 0


def run_name(parsed: Namespace) -> str:
    """Return the name under which a workflow's last run is remembered."""
    path = Path(parsed.workflow)
    return str(path.resolve()) if path.is_file() else str(parsed.workflow)


def print_verdicts(verdicts: Sequence[Verdict], *, as_json: bool, with_why: bool) -> None:
    """Print one line per node, sources first, and a sum."""
    if as_json:
        print_json({"kind": "explanation", "nodes": [asdict(each) for each in verdicts]})
        return
    lines = columns([(each.node, each.type, each.fate) for each in verdicts])
    for line, verdict in zip(lines, verdicts, strict=True):
        start = line[: len(line) - len(verdict.fate)]
        print_line(start + paint(verdict.fate, _STYLES[verdict.fate], sys.stdout))
        for why in verdict.why if with_why else ():
            print_line(paint(f"      {harmless(why)}", "dim", sys.stdout))
    counts = {fate: sum(each.fate == fate for each in verdicts) for fate in _STYLES}
    told = [f"{count:,} {'to run' if fate == 'runs' else fate}" for fate, count in counts.items() if count]
    print_line(paint(", ".join(told), "bold", sys.stdout))
