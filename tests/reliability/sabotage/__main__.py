"""Runs the command line with changes: `python -m tests.reliability.sabotage NAME[,NAME...] serve ...`."""

from __future__ import annotations

import sys

from graphflow.cli import main
from tests.reliability.sabotage import CHANGES

if __name__ == "__main__":
    for name in sys.argv[1].split(","):
        change, _, value = name.partition("=")
        CHANGES[change](value)
    sys.exit(main(sys.argv[2:]))
