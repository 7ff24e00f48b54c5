"""Hands out the stored jobs to workers and writes down what comes of them."""

from __future__ import annotations

from graphflow.jobs.dispatch.dispatcher import Dispatcher
from graphflow.jobs.dispatch.keeper import Keeper, Retention
from graphflow.jobs.dispatch.rules import Rules
from graphflow.jobs.dispatch.tally import Histogram, Tally
from graphflow.jobs.dispatch.views import Progress, Tell, Transient, WorkerState, WorkerView

__all__ = [
    "Dispatcher",
    "Histogram",
    "Keeper",
    "Progress",
    "Retention",
    "Rules",
    "Tally",
    "Tell",
    "Transient",
    "WorkerState",
    "WorkerView",
]
