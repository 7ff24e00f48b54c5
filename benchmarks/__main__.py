"""Runs benchmarks, and writes docs/benchmarks.md."""

from __future__ import annotations

import argparse
import sys

from benchmarks.measuring import Skipped
from benchmarks.page import PAGE, show, write
from benchmarks.subjects import SUBJECTS, measure


def main() -> int:
    """Measure the subjects asked for, by default all; return 1 when a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"one of {', '.join(SUBJECTS)}; default: all")
    parser.add_argument("--dry", action="store_true", help=f"print only, and leave {PAGE} as it is")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.subjects if name not in SUBJECTS]:
        parser.error(f"there is no subject {unknown[0]!r}: choose from {', '.join(SUBJECTS)}")
    missed = 0
    for name in arguments.subjects or SUBJECTS:
        try:
            report = measure(name)
        except Skipped as why:
            print(f"\n{name}: skipped, {why}")
            continue
        show(report)
        missed += sum(each.missed for each in report.figures)
        if not arguments.dry:
            write(name, report)
    print(f"\n{missed} goals missed" if missed else "\nall goals reached")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
