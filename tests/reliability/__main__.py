"""Runs the scenarios: `python -m tests.reliability [--long] [--minutes N] [NAME...]`; long runs write the page."""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.reliability.catalogue import Scenario, catalogue
from tests.reliability.page import PAGE, Outcome, write, write_again
from tests.reliability.report import Report

BESIDE = 3
"""So many scenarios run at once of those that hang on no times: the soak, and two beside it."""


def main() -> int:
    """Run what is asked for, go on after a fault, and return 1 when there was one."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="scenarios; by default all")
    parser.add_argument("--long", action="store_true", help=f"the full numbers, for {PAGE.name}")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the soak lasts (default: 10)")
    arguments = parser.parse_args()
    scenarios = catalogue(arguments.minutes)
    if unknown := [name for name in arguments.names if name not in scenarios]:
        parser.error(f"there is no scenario {unknown[0]!r}: choose from {', '.join(scenarios)}")
    command = f"make soak MINUTES={arguments.minutes:g}"
    with tempfile.TemporaryDirectory(prefix="reliability-") as root:
        course = Course(scenarios, Path(root), long=arguments.long, page=None if arguments.names else command)
        course.run(arguments.names or list(scenarios))
        if arguments.long and arguments.names and PAGE.exists():
            write_again(course.outcomes)
    faults = sum(bool(each.report.faults) for each in course.outcomes.values())
    print(f"\n{len(course.outcomes) - faults} of {len(course.outcomes)} scenarios without a fault")
    return 1 if faults else 0


@dataclass
class Course:
    """A run of scenarios. A long one writes the page after each, for it may be ended before its end."""

    scenarios: Mapping[str, Scenario]
    root: Path
    long: bool
    page: str | None
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    _begun: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, names: Sequence[str]) -> None:
        """Run those that are timed one after another, and then the others, some at once."""
        for name in names:
            if not self.scenarios[name].beside:
                self._run_one(name)
        with ThreadPoolExecutor(BESIDE) as pool:
            list(pool.map(self._run_one, [name for name in names if self.scenarios[name].beside]))

    def _run_one(self, name: str) -> None:
        scenario, begun = self.scenarios[name], time.monotonic()
        report = _run(scenario.long if self.long else scenario.short, self.root / name)
        with self._lock:
            now = time.monotonic()
            self.outcomes[name] = Outcome(scenario, report, now - begun)
            _show(name, self.outcomes[name])
            if self.long and self.page:
                done = {each: self.outcomes[each] for each in self.scenarios if each in self.outcomes}
                write(done, len(self.scenarios), self.page, now - self._begun, self.root)


def _run(scenario: Callable[[Path], Report], folder: Path) -> Report:
    folder.mkdir()
    try:
        return scenario(folder)
    except Exception as error:  # noqa: BLE001  one scenario that breaks down must not hide the others
        traceback.print_exc()
        return Report("", faults=[f"the scenario broke down: {type(error).__name__}: {error}"])


def _show(name: str, outcome: Outcome) -> None:
    print(f"\n{name}: {'FAULTS' if outcome.report.faults else 'good'}, {outcome.seconds:.0f} s", flush=True)
    for key, value in outcome.report.figures.items():
        print(f"    {key}: {value}")
    for fault in outcome.report.faults:
        print(f"  ! {fault[:500]}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
