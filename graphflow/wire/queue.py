"""The queue as clients see it."""

from __future__ import annotations

from graphflow.jobs.model import JobState
from graphflow.wire.base import Message
from graphflow.wire.jobs import Job


class Queue(Message):
    """Whether jobs are handed out, how many there are in each state, and those that run now.

    Administrators see everybody's, others their own.
    """

    paused: bool
    counts: dict[JobState, int]
    running: list[Job]
