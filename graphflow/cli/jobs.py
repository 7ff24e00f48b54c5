"""`graphflow jobs`: copy a server's jobs into a file, or put such a copy back."""

from __future__ import annotations

import os
from argparse import Namespace

from graphflow.cli.terminal import harmless, print_json, print_line
from graphflow.home import find_home
from graphflow.jobs.backup import back_up, restore


def run(parsed: Namespace) -> int:
    """Take or put back a copy, and say where it lies."""
    folder = find_home(parsed.home, os.environ).jobs
    aside = None
    if parsed.act == "backup":
        back_up(folder, parsed.file)
    else:
        aside = restore(folder, parsed.file)
    if parsed.json:
        print_json({"kind": f"jobs.{parsed.act}", "file": str(parsed.file), "old": str(aside) if aside else None})
        return 0
    what = "copied the jobs to" if parsed.act == "backup" else "put back the jobs of"
    print_line(f"{what} {harmless(str(parsed.file))}")
    if aside is not None:
        print_line(f"what was there lies in {harmless(str(aside))}")
    return 0
