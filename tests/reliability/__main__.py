"""Runs the scenarios: `python -m tests.reliability [--long] [--minutes N] [NAME...]`; long runs write the page."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.reliability.catalogue import catalogue
from tests.reliability.page import PAGE, Outcome, write, write_again
from tests.reliability.report import Report


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
    outcomes: dict[str, Outcome] = {}
    with tempfile.TemporaryDirectory(prefix="reliability-") as root:
        for name in arguments.names or scenarios:
            scenario = scenarios[name]
            begun = time.monotonic()
            report = _run(scenario.long if arguments.long else scenario.short, Path(root) / name)
            outcomes[name] = Outcome(scenario, report, time.monotonic() - begun)
            _show(name, outcomes[name])
            if arguments.long and not arguments.names:  # after each, for a long run may be ended before its end
                write(outcomes, len(scenarios), f"make soak MINUTES={arguments.minutes:g}", Path(root))
        if arguments.long and arguments.names and PAGE.exists():
            write_again(outcomes)
    faults = sum(bool(each.report.faults) for each in outcomes.values())
    print(f"\n{len(outcomes) - faults} of {len(outcomes)} scenarios without a fault")
    return 1 if faults else 0


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
