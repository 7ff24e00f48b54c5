"""Where a job's journals lie: in a folder of its own, so that they vanish with the job."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from graphflow.home import Home


def journals_of(home: Home, job: str) -> Path:
    """Return the folder of a job's journals."""
    return home.cache / "journals" / job


def forget_journals(home: Home, jobs: Iterable[str]) -> None:
    """Remove the journals of jobs that nobody will go on with."""
    for job in jobs:
        folder = journals_of(home, job)
        if folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)  # what cannot be removed costs only its place
