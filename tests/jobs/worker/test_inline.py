"""The worker in this process keeps to the seam."""

from __future__ import annotations

from tests.jobs.worker.conformance import WorkConformance
from tests.jobs.worker.conformance_life import LifeConformance
from tests.jobs.worker.rig import inline


class TestWork(WorkConformance):
    make = staticmethod(inline)


class TestLife(LifeConformance):
    make = staticmethod(inline)
