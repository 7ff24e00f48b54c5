"""Knows what can be measured, and measures each subject in a process of its own."""

from __future__ import annotations

import multiprocessing
import tempfile
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path

from benchmarks.measuring import Report

SUBJECTS = {
    "engine": "benchmarks.engine",
    "alternatives": "benchmarks.alternatives",
    "command-line": "benchmarks.command_line",
    "model": "benchmarks.default_model",
    "companions": "benchmarks.companions",
    "samplers": "benchmarks.samplers",
    "server": "benchmarks.server",
    "sharing": "benchmarks.sharing",
    "editor": "benchmarks.editor",
}
"""By the name that the runner takes: a module with a function `measure`."""


def measure(name: str) -> Report:
    """Measure a subject in a fresh process: what one loads shall not weigh on the next one's time or memory."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measure, SUBJECTS[name]).result()


def _measure(module: str) -> Report:
    """Return what a subject finds; the files that it writes lie in a folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="graphflow-bench-") as work:
        report: Report = import_module(module).measure(Path(work))
        return report
