"""Who asks how far a job is, hears which node works now: from its start, and only until it has ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from graphflow.events import NodeFinished, NodeProgress, NodeStarted
from graphflow.jobs.dispatch import Progress
from graphflow.jobs.worker import Report, Task
from tests.jobs.dispatch.scripted import ScriptedWorker
from tests.jobs.dispatch.stage import play, stage


def shown_after(folder: Path, *reports: Report) -> Progress:
    """Return what is shown of a job that has said so much and works on."""

    async def script(worker: ScriptedWorker, task: Task) -> AsyncIterator[Report]:
        for each in reports:
            yield each
        yield NodeProgress(node="told", done=0, total=1)
        yield NodeFinished(node="told", how="ran")
        yield await worker.work_until_stopped(task)

    async def scene() -> Progress | None:
        async with stage(folder, ScriptedWorker(script)) as s:
            job = await s.submit('{"workflow": {}}')
            await s.until(lambda: any(each[3].node == "told" for each in s.told))
            shown = s.dispatcher.progress_of(job.id)
            s.store.cancel(job.id)
            await s.until_state(job.id, "cancelled")
            return shown

    shown = play(scene())
    assert shown is not None
    return shown


def test_a_node_is_named_as_soon_as_it_has_started(tmp_path: Path) -> None:
    shown = shown_after(tmp_path, NodeStarted(node="a", type="A"))

    assert (shown.node, shown.last) == ("a", None)


def test_a_node_that_has_ended_is_not_named(tmp_path: Path) -> None:
    step = NodeProgress(node="a", done=4, total=4)
    shown = shown_after(tmp_path, NodeStarted(node="a", type="A"), step, NodeFinished(node="a", how="ran"))

    assert (shown.node, shown.last) == (None, None)


def test_of_two_nodes_the_one_that_said_something_last_is_named(tmp_path: Path) -> None:
    step = NodeProgress(node="a", done=1, total=4)
    shown = shown_after(tmp_path, NodeStarted(node="a", type="A"), NodeStarted(node="b", type="B"), step)

    assert (shown.node, shown.last) == ("a", step)
