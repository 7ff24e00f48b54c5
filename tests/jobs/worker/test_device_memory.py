"""A worker tells which device it really uses, once a job has used it."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphflow.api import DeviceMemory, Held, Resources, resource
from graphflow.home import Home
from graphflow.jobs.worker import WorkerStatus
from tests.jobs.worker.rig import MakeWorker, inline, process, reports_of, run_in_time, started, task


@pytest.mark.parametrize("make", [inline, process])
def test_the_device_is_known_once_a_job_has_used_it(tmp_path: Path, make: MakeWorker) -> None:
    async def scenario() -> tuple[WorkerStatus, WorkerStatus]:
        async with started(make(Home(tmp_path / "home"))) as worker:
            before = await worker.status()
            await reports_of(worker, task({"use": ("UseShelf", {})}))
            return before, await worker.status()

    before, after = run_in_time(scenario())

    assert before.memory is None
    assert after.memory == DeviceMemory("shelf:0", 4000, 3000)


@resource
class Drawer:
    """Holds nothing, anywhere."""

    def __init__(self, device: str) -> None:
        self.device = device

    def held(self) -> list[Held]:
        return []

    def release(self, wanted: int, /) -> int:
        return 0

    def close(self) -> None:
        """Hold nothing still."""


def test_a_resource_need_not_know_its_device() -> None:
    resources = Resources("cpu")
    resources.use(Drawer)

    assert resources.device_memory() is None
