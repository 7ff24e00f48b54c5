"""Where a run's files go and whether its results could be kept: told before it begins and after it has ended."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from graphflow.cli.terminal import warn
from graphflow.engine import Engine
from graphflow.errors import Problem, WorkflowError


def warn_of_cache(parsed: Namespace, engine: Engine) -> None:
    """Tell that results could not be kept: the next run takes longer than it need."""
    engine.cache.flush()
    disk = engine.cache.disk
    if disk is not None and disk.last_error is not None and not parsed.json:
        warn([Problem("cache", f"results could not be kept: {disk.last_error}")])


def usable_folder(out: Path) -> Path:
    """Refuse a folder that cannot take files before hours are spent on making them."""
    existing = next(each for each in (out, *out.absolute().parents) if each.exists())
    if not existing.is_dir():
        problem = Problem("bad-folder", f"--out {out}: {existing} is a file", hint="name a folder")
    elif not os.access(existing, os.W_OK):
        problem = Problem("bad-folder", f"--out {out}: {existing} cannot be written", hint="choose another folder")
    else:
        return out
    raise WorkflowError([problem])
