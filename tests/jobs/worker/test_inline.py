"""The worker in this process keeps to the seam."""

from __future__ import annotations

from tests.jobs.worker.conformance import WorkConformance
from tests.jobs.worker.rig import inline


class TestWork(WorkConformance):
    make = staticmethod(inline)
