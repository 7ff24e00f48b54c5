"""Plain and coloured lines for people. Rich is imported only where something moves."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TextIO

from graphflow.errors import Problem

Style = Literal["bold", "dim", "red", "green", "yellow", "cyan"]
_CODES: dict[Style, str] = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def is_terminal(stream: TextIO) -> bool:
    """Say whether a person looks at this stream on a terminal that knows colours."""
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def paint(text: str, style: Style, stream: TextIO) -> str:
    """Colour a text where colours are seen and not unwelcome (https://no-color.org)."""
    if not is_terminal(stream) or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"


def harmless(text: str) -> str:
    """Replace what would steer the terminal: names and messages come from files that others wrote."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def print_line(text: str = "", stream: TextIO | None = None) -> None:
    """Print one line, at once."""
    print(text, file=stream or sys.stdout, flush=True)


def print_json(value: Any, indent: int | None = None) -> None:
    """Print a value as JSON: on one line, or indented for documents."""
    print_line(json.dumps(value, indent=indent, ensure_ascii=False))


def print_problems(problems: Iterable[Problem], code: int) -> None:
    """Print every problem on stderr, with its hint below."""
    for problem in problems:
        print_problem(problem, "error" if code != 130 else "stopped", "red" if code != 130 else "yellow")


def print_problem(problem: Problem, word: str, style: Style) -> None:
    """Print one problem on stderr."""
    where = ".".join(part for part in (problem.node, problem.input) if part)
    place = f"{paint(harmless(where), 'bold', sys.stderr)}: " if where else ""
    message = harmless(problem.message).replace("\n", "\n    ")
    print_line(f"{paint(f'{word}:', style, sys.stderr)} {place}{message}", sys.stderr)
    if problem.hint:
        print_line(paint(f"    {harmless(problem.hint)}", "dim", sys.stderr), sys.stderr)


def warn(problems: Iterable[Problem]) -> None:
    """Print problems that do not stop anything."""
    for problem in problems:
        print_problem(problem, "warning", "yellow")


def columns(rows: Sequence[Sequence[str]], gap: int = 2, indent: int = 2) -> list[str]:
    """Align rows of texts in columns; the last one is as long as it is."""
    if not rows:
        return []
    rows = [[harmless(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) if i < len(row) else 0 for row in rows) for i in range(max(map(len, rows)))]
    return [
        (" " * indent + (" " * gap).join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))).rstrip()
        for row in rows
    ]


def plural(count: int, noun: str) -> str:
    """Count things: `1 node`, `2 nodes`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def seconds(value: float) -> str:
    """Write a duration as people say it."""
    if value < 0.0005:
        return "<1 ms"
    if value < 0.9995:
        return f"{value * 1000:.0f} ms"
    if value < 59.95:
        return f"{value:.1f} s"
    return f"{value // 60:.0f} min {value % 60:.0f} s"
