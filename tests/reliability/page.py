"""Writes docs/reliability.md: what was measured, where, and what was not reached."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.reliability.catalogue import Scenario
from tests.reliability.report import Report

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"

_HEAD = """# Reliability: what happens when things break

`make soak` starts real servers (`graphflow serve`, a worker process of its own, a socket), breaks them, and counts what
was lost. The toy nodes load no torch, except where the shipped model is named. Tests in `tests/reliability` run the
same scenarios in short, and again with a sabotage in the program that each has to notice: a scenario that stays green
under its sabotage shows nothing. Power cuts, full disks, hostile input and a server against a model of it are tests of
their own (`tests/faults`, `tests/hostile`), with controls of their own; here they run with their full numbers, or with
the share of them that the last rows name.

"""


@dataclass(frozen=True)
class Outcome:
    """A scenario's report and how long it took."""

    scenario: Scenario
    report: Report
    seconds: float


def write(outcomes: Mapping[str, Outcome], planned: int, command: str, seconds: float, folder: Path) -> None:
    """Write the page."""
    PAGE.write_text(page(outcomes, planned, command, seconds, machine(folder)), encoding="utf-8")


def page(outcomes: Mapping[str, Outcome], planned: int, command: str, seconds: float, facts: Mapping[str, str]) -> str:
    """Return the page's text; `planned` scenarios were to be run, and took so many seconds up to now."""
    good = sum(not each.report.faults for each in outcomes.values())
    text = _HEAD + f"Measured with `{command}`, in {seconds / 60:.1f} minutes.\n\n"
    text += "".join(f"- {name}: {value}\n" for name, value in facts.items())
    text += f"\n**{good} of {len(outcomes)} scenarios without a fault.**\n"
    if len(outcomes) < planned:
        text += f"\n**The run was ended early: scenarios not run: {planned - len(outcomes)}.**\n"
    for name, outcome in outcomes.items():
        text += _section(name, outcome)
    return text


def write_again(outcomes: Mapping[str, Outcome]) -> None:
    """Put what was measured again in the place of what the page said of these scenarios."""
    PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), outcomes), encoding="utf-8")


def replaced(text: str, outcomes: Mapping[str, Outcome]) -> str:
    """Return a page with the sections of some scenarios written anew, and its faults counted anew."""
    head, *sections = text.split("\n## ")
    for name, outcome in outcomes.items():
        title = outcome.scenario.title
        new = (
            _section(name, outcome).removeprefix("\n## ").replace("| scenario |", "| scenario, measured again later |")
        )
        there = any(each.startswith(title) for each in sections)
        sections = [new if each.startswith(title) else each for each in sections] + ([] if there else [new])
    good = sum("**Not reached:**" not in each for each in sections)
    count = f"**{good} of {len(sections)} scenarios without a fault.**"
    head = re.sub(r"\*\*\d+ of \d+ scenarios without a fault\.\*\*", count, head)
    return "\n## ".join([head, *sections])


def _section(name: str, outcome: Outcome) -> str:
    report, scenario = outcome.report, outcome.scenario
    number = f" (promise {report.promise})" if report.promise[:1].isdigit() else ""
    text = f"\n## {scenario.title}{number}\n\n"
    text += "| | |\n|---|---|\n"
    text += "".join(f"| {key} | {value} |\n" for key, value in report.figures.items())
    text += f"| sabotage that it notices | {scenario.control} |\n" if scenario.control != "none" else ""
    text += f"| scenario | `{name}`, {outcome.seconds:.0f} s |\n"
    if report.faults:
        text += "\n**Not reached:**\n\n" + "".join(f"- {_one_line(each)}\n" for each in report.faults[:10])
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]


def machine(folder: Path) -> dict[str, str]:
    """Return what the figures hang on: processor, memory, kernel, file system, versions, and what else ran."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores, {memory / 2**30:.0f} GiB of memory",
        "kernel": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "file system": _file_system(folder),
        "versions": f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        "load of the machine at the end (1, 5, 15 minutes)": load,
    }


def _processor() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.processor()


def _file_system(folder: Path) -> str:
    command = ["df", "--output=fstype", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]
