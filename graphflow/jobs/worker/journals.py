"""Where a job's journals lie: in a folder of its own, so that they vanish with the job."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from graphflow.home import Home


def journals_of(home: Home, job: str) -> Path:
    """Return the folder of a job's journals."""
    return home.journals / job


def forget_journals(home: Home, jobs: Iterable[str]) -> None:
    """Remove the journals of jobs that nobody will go on with."""
    for job in jobs:
        folder = f"{home.journals}/{job}"
        if os.path.isdir(folder):  # noqa: PTH112  most jobs have none, and a Path takes longer than the look
            shutil.rmtree(folder, ignore_errors=True)  # what cannot be removed costs only its place
