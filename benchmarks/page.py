"""Shows figures on the terminal, and writes them into docs/benchmarks.md between marks."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.measuring import Figure, Report

PAGE = Path("docs/benchmarks.md")
_HEADS = ("what", "goal", "median", "best", "processor", "ratio")


def show(report: Report) -> None:
    """Print a table in which what was missed stands out."""
    rows = [_cells(each) for each in report.figures]
    widths = [max(map(len, column)) for column in zip(_HEADS, *rows, strict=True)]
    print(f"\n{report.title}")
    for row in (_HEADS, *rows):
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def write(subject: str, report: Report, page: Path = PAGE) -> None:
    """Replace a subject's part of the page; the rest stays as it is."""
    begin, end = f"<!-- {subject}: written by `make bench` -->", f"<!-- end of {subject} -->"
    text = page.read_text(encoding="utf-8")
    if begin not in text:
        text = f"{text.rstrip()}\n\n{begin}\n{end}\n"
    table = [
        _row(_HEADS),
        _row(["---", *["--:"] * (len(_HEADS) - 2), "---"]),
        *(_row(_cells(each)) for each in report.figures),
    ]
    part = "\n".join([begin, f"## {report.title}", "", report.about, "", *table, "", _made_by(subject), end])
    before, rest = text.split(begin, 1)
    page.write_text(before + part + rest.split(end, 1)[1], encoding="utf-8")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(figure: Figure) -> list[str]:
    bound = "≥" if figure.is_rate else "≤"
    goal = "" if figure.goal is None else f"{bound} {figure.goal:g} {_unit(figure)}".rstrip()
    measured = [_number(value, figure) for value in (figure.median, figure.best, figure.processor)]
    return [figure.what, goal, *measured, _ratio(figure)]


def _ratio(figure: Figure) -> str:
    said = []
    if figure.share is not None:
        said.append(f"{figure.share:.2f} of the goal" + (" **missed**" if figure.missed else ""))
    if figure.beside is not None:
        said.append(f"{figure.median / figure.beside:.2g} × GraphFlow's")
    if figure.floor is not None:
        said.append(f"{figure.median / figure.floor:.2g} × the floor")
    return ", ".join(said)


def _number(value: float | None, figure: Figure) -> str:
    if value is None:
        return ""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {_unit(figure)}"


def _unit(figure: Figure) -> str:
    return {"us": "µs", "times": "×"}.get(figure.unit, figure.unit)


def _made_by(subject: str) -> str:
    day = datetime.now(UTC).date().isoformat()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"`python -m benchmarks {subject}`, {day}: {_processor()}, {cores} cores, {platform.system()}, "
        f"Python {platform.python_version()}, torch {version('torch')}."
    )


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()
