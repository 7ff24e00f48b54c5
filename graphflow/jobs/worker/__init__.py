"""Those who run jobs: one seam, whatever stands behind it."""

from __future__ import annotations

from graphflow.jobs.worker.seam import (
    Ending,
    GaveBack,
    JobDone,
    JobFailed,
    JobStopped,
    Report,
    Task,
    Worker,
    WorkerDied,
    WorkerInfo,
    WorkerStatus,
)

__all__ = [
    "Ending",
    "GaveBack",
    "JobDone",
    "JobFailed",
    "JobStopped",
    "Report",
    "Task",
    "Worker",
    "WorkerDied",
    "WorkerInfo",
    "WorkerStatus",
]
