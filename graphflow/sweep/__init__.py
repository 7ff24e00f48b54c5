"""Sweeps: one workflow, run for many values of its inputs, sharing all that does not depend on them."""

from graphflow.sweep.axes import MAX_RUNS, Axis, Combination, Dimension, combine
from graphflow.sweep.planned import PlannedRun, Sweep, count_work, plan_sweep
from graphflow.sweep.results import SweepResults, SweepRun
from graphflow.sweep.run import run_sweep

__all__ = [
    "MAX_RUNS",
    "Axis",
    "Combination",
    "Dimension",
    "PlannedRun",
    "Sweep",
    "SweepResults",
    "SweepRun",
    "combine",
    "count_work",
    "plan_sweep",
    "run_sweep",
]
