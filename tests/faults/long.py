"""The long figures of these tests: `python -m tests.faults.long`, or `figures()` for a page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
_FIGURE = re.compile(r"^\.?([A-Za-z0-9].*\d.*: .*)$")
_END = re.compile(r"^(\d+ (?:passed|failed|error).*?) in ")


def figures() -> list[str]:
    """Run the tests of this folder in their long form, and return what they measured, one sentence a line.

    Raise RuntimeError with the end of the output when one of them fails.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", str(FOLDER)]
    environment = {**os.environ, "GRAPHFLOW_LONG": "1", "OMP_NUM_THREADS": "1"}
    ran = subprocess.run(command, cwd=FOLDER.parents[1], env=environment, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise RuntimeError(ran.stdout[-4000:])
    return [found[1] for line in ran.stdout.splitlines() if (found := _FIGURE.match(line) or _END.match(line))]


if __name__ == "__main__":
    print(*figures(), sep="\n")
