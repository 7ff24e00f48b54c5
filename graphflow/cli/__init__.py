"""The `graphflow` command. Only what the chosen command needs is imported: `--help` answers at once."""

from graphflow.cli.main import main

__all__ = ["main"]
