"""What was asked, what happened, in order: the durable job store."""

from __future__ import annotations

from graphflow.jobs.model import Claim, Job, JobState, NewJob
from graphflow.jobs.store import JobStore

__all__ = ["Claim", "Job", "JobState", "JobStore", "NewJob"]
