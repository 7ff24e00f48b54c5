"""Tests of other folders in their long form, as scenarios: what they tell are figures, and tests that fail are faults."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.reliability.house import REPOSITORY
from tests.reliability.report import Report
from tests.sizes import FIGURE

_BAD = re.compile(r"^(?:FAILED|ERROR) (.+)$", re.MULTILINE)
_END = re.compile(r"^(?:=+ )?(\d+ (?:passed|failed|skipped|error).*?) in [\d.]+s", re.MULTILINE)
_FIGURE = re.compile(rf"{re.escape(FIGURE)}(.+?): (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Suite:
    """Tests that hang on no times, so that they may run beside others.

    `share` of their full numbers is asked for; after `patience` seconds they are ended.
    """

    promise: str
    paths: Sequence[str]
    share: float
    patience: float


def tests_of(folder: Path, suite: Suite) -> Report:
    """Run the tests in a process of their own, to their end whatever fails; end them when their patience is over."""
    # Tests that are full of real faults write to the disk that the report names, and leave nothing behind.
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-rfE", "-p", "no:cacheprovider", *suite.paths]
    command += ["--basetemp", str(folder / "tests"), "--timeout", f"{suite.patience:g}"]
    command += ["--durations=0", "--durations-min=9999"]
    environment = {**os.environ, "GRAPHFLOW_LONG": f"{suite.share:g}" if suite.share else "", "OMP_NUM_THREADS": "1"}
    report, log = Report(suite.promise), folder / "tests.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            process.wait(suite.patience)
        except subprocess.TimeoutExpired:
            report.expect(False, f"the tests did not end in {suite.patience:g} s")
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    _read(report, log.read_text(errors="replace"), process.returncode)
    if suite.share:
        report.say(share_of_the_full_numbers=f"{suite.share:.0%}")
    return report


def _read(report: Report, text: str, code: int) -> None:
    """Take figures and faults from what pytest wrote."""
    report.figures |= {found[1]: found[2] for found in _FIGURE.finditer(text)}
    report.faults += [found[1] for found in _BAD.finditer(text)]
    end = _END.findall(text)
    report.say(tests=end[-1] if end else "no end")
    report.expect(code == 0 or report.faults, f"pytest ended with {code}: {text[-400:]}")
