"""The worker in a process of its own keeps to the seam."""

from __future__ import annotations

from tests.jobs.worker.conformance import WorkConformance
from tests.jobs.worker.conformance_life import LifeConformance
from tests.jobs.worker.rig import process


class TestWork(WorkConformance):
    make = staticmethod(process)


class TestLife(LifeConformance):
    make = staticmethod(process)
