"""Lets `python -m graphflow.cli` do what `graphflow` does."""

import sys

from graphflow.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
