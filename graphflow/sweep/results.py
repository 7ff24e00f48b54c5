"""What came out of a sweep: one entry per run, the sheets, and a table of all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from graphflow.errors import Problem
from graphflow.events import ArtifactSaved
from graphflow.results import Results

Outcome = Literal["done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class SweepRun:
    """One run of a sweep: its values, and what it gave or why it gave nothing.

    `seeds` are the seeds that it ran with, beside those that are axes. `files` holds what it saved, also before it
    failed.
    """

    number: int
    values: Mapping[str, Any]
    outcome: Outcome
    seconds: float = 0.0
    seeds: Mapping[str, int] | None = None
    files: tuple[ArtifactSaved, ...] = ()
    results: Results | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class SweepResults(Sequence[SweepRun]):
    """All runs in order, finished or not; `sheets` and `table` are files beside theirs."""

    runs: tuple[SweepRun, ...]
    sheets: tuple[ArtifactSaved, ...] = ()
    table: Path | None = None
    sheet_problems: tuple[Problem, ...] = ()

    def at(self, **values: Any) -> SweepRun:
        """Return the run with these values, such as `at(cfg=3.0, seed=1)`; raise KeyError when there is not one."""
        found = [run for run in self.runs if all(run.values.get(name) == value for name, value in values.items())]
        if len(found) != 1:
            raise KeyError(f"{len(found)} runs have {values}")
        return found[0]

    @property
    def failed(self) -> tuple[SweepRun, ...]:
        """The runs that failed."""
        return tuple(run for run in self.runs if run.outcome == "failed")

    @property
    def cancelled(self) -> bool:
        """Say whether somebody stopped the sweep before its end."""
        return any(run.outcome == "cancelled" for run in self.runs)

    def __len__(self) -> int:
        return len(self.runs)

    def __iter__(self) -> Iterator[SweepRun]:
        return iter(self.runs)

    def __getitem__(self, index: Any) -> Any:
        return self.runs[index]


def write_table(runs: Sequence[SweepRun], axes: Sequence[str], sweep_seed: int | None = None) -> str:
    """Return CSV with one line per run: its values, seeds, files, outputs of one word, seconds and error.

    Several files stand in one field, one below the other.
    """
    seeds = list(dict.fromkeys(name for run in runs for name in run.seeds or ()))
    outputs = list(dict.fromkeys(name for run in runs if run.results is not None for name in run.results.scalars))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    extra = [] if sweep_seed is None else ["sweep_seed"]
    writer.writerow(["run", *axes, *seeds, *extra, "files", *outputs, "seconds", "error"])
    for run in runs:
        scalars = run.results.scalars if run.results is not None else {}
        error = str(run.problem) if run.problem else "cancelled" if run.outcome == "cancelled" else ""
        writer.writerow(
            [
                run.number,
                *(_word(run.values[name]) for name in axes),
                *((run.seeds or {}).get(name, "") for name in seeds),
                *([] if sweep_seed is None else [sweep_seed]),
                "\n".join(each.path for each in run.files if each.purpose == "output"),
                *(_word(scalars.get(name, "")) for name in outputs),
                f"{run.seconds:.3f}",
                error,
            ]
        )
    return text.getvalue()


def _word(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
