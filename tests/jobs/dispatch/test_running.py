"""Jobs are handed out as soon as there is room, their reports are stored in order, and few commits do for many jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from graphflow.events import NodeFinished, NodeLogged, NodePreview, NodeProgress, NodeStarted
from graphflow.jobs.dispatch import WorkerState
from graphflow.jobs.events import ArtifactKept
from graphflow.jobs.store import JobStore
from graphflow.jobs.worker import JobDone, Report, Task
from tests.jobs.dispatch.scripted import ScriptedWorker, done_at_once, endless
from tests.jobs.dispatch.stage import play, stage
from tests.jobs.stores import states

PICTURE = ArtifactKept(
    node="save", purpose="output", sha256="ab" * 32, media_type="image/png", size=7, name="cat.png", width=64, height=32
)
BODY = (
    '{"workflow": {"nodes": {"a": {"type": "A"}, "b": {"type": "subgraph:s"}},'
    ' "subgraphs": {"s": {"nodes": {"c": {"type": "C"}, "d": {"type": "D"}}}}}}'
)


async def paint(worker: ScriptedWorker, task: Task) -> AsyncIterator[Report]:
    """Report of everything once."""
    yield NodeStarted(node="a", type="KSampler")
    yield NodeProgress(node="a", done=1, total=4)
    yield NodePreview(node="a", media_type="image/png", data=b"picture")
    yield NodeFinished(node="a", how="ran", seconds=0.5)
    yield PICTURE
    yield JobDone(outputs={"seed": 2**64 - 1})


def test_a_job_is_run_and_all_that_lasts_of_it_is_stored_in_order(tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage(tmp_path, ScriptedWorker(paint)) as s:
            job = await s.submit(client="ann")
            done = await s.until_state(job.id, "done")

            assert done.outputs == {"seed": 2**64 - 1}
            assert s.kinds(job.id) == ["queued", "running", "node.started", "node.finished", "artifact.kept", "done"]
            assert [each.sha256 for each in s.store.artifacts_of(job.id)] == ["ab" * 32]
            assert [(id, client, attempt, told.kind) for id, client, attempt, told in s.told] == [
                (job.id, "ann", 1, "node.progress"),
                (job.id, "ann", 1, "node.preview"),
            ]

    play(scene())


def test_progress_is_known_while_a_job_runs_and_no_longer(tmp_path: Path) -> None:
    async def halfway(worker: ScriptedWorker, task: Task) -> AsyncIterator[Report]:
        yield NodeFinished(node="a", how="ran", seconds=0.5)
        yield NodeProgress(node="b/c", done=3, total=4)
        yield await worker.work_until_stopped(task)

    async def scene() -> None:
        async with stage(tmp_path, ScriptedWorker(halfway)) as s:
            job = await s.submit(BODY)
            await s.until(lambda: bool(s.told))

            progress = s.dispatcher.progress_of(job.id)
            assert progress is not None
            assert (progress.nodes_done, progress.nodes_total) == (1, 3)
            assert progress.last == NodeProgress(node="b/c", done=3, total=4)
            s.store.cancel(job.id)
            await s.until_state(job.id, "cancelled")
            await s.until(lambda: s.dispatcher.progress_of(job.id) is None)

    play(scene())


def count_commits(store: JobStore) -> list[str]:
    """Return a list that grows with each commit."""
    commits: list[str] = []

    def trace(statement: str) -> None:
        if statement == "COMMIT":
            commits.append(statement)

    store._connection.set_trace_callback(trace)
    return commits


def test_in_a_burst_the_end_of_a_job_and_the_next_claim_are_one_commit(tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage(tmp_path, ScriptedWorker(paint)) as s:
            await asyncio.wrap_future(s.store.pause())
            await s.submit_many(200)
            commits = count_commits(s.store)
            await asyncio.wrap_future(s.store.resume())
            await s.until_ended()

            assert len(commits) <= 1.2 * 200

    play(scene())


def test_an_idle_worker_claims_a_job_in_the_commit_that_stores_it(tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage(tmp_path, ScriptedWorker(done_at_once)) as s:
            await s.until(lambda: s.dispatcher.workers[0].state is WorkerState.IDLE)
            await s.submit()
            await s.until_ended()
            commits = count_commits(s.store)
            for _ in range(10):
                await s.submit()
                await s.until_ended()

            assert len(commits) == 20

    play(scene())


def test_many_events_share_commits_and_keep_their_order(tmp_path: Path) -> None:
    async def talk(worker: ScriptedWorker, task: Task) -> AsyncIterator[Report]:
        for n in range(600):
            yield NodeLogged(node="a", message=str(n))
            if n % 100 == 99:
                await asyncio.sleep(0.02)  # so that some are appended before the end
        yield JobDone(outputs={})

    async def scene() -> None:
        async with stage(tmp_path, ScriptedWorker(talk)) as s:
            commits = count_commits(s.store)
            job = await s.submit()
            await s.until_state(job.id, "done")

            events = s.store.events_after(job.id)
            assert [each.n for each in events] == list(range(1, 604))
            assert [each.event.message for each in events if each.event.kind == "node.logged"] == [
                str(n) for n in range(600)
            ]
            assert 3 < len(commits) < 60

    play(scene())


def test_a_worker_gets_as_many_jobs_as_it_has_slots_and_no_more(tmp_path: Path) -> None:
    async def scene() -> None:
        worker = ScriptedWorker(endless, slots=3)
        async with stage(tmp_path, worker) as s:
            ids = await s.submit_many(5)
            await s.until(lambda: worker.in_flight == 3)
            await asyncio.sleep(0.05)
            assert states(s.store) == {"running": worker.in_flight, "queued": 2}
            assert s.dispatcher.workers[0].state is WorkerState.BUSY
            assert set(s.dispatcher.workers[0].jobs) == set(ids[:3])

            for id in ids:
                s.store.cancel(id)
            await s.until_ended()

            assert max(worker.beside.values()) == 3

    play(scene())


def test_idle_workers_share_the_queue(tmp_path: Path) -> None:
    async def scene() -> None:
        one, two = ScriptedWorker(endless, "one"), ScriptedWorker(endless, "two")
        async with stage(tmp_path, one, two) as s:
            await s.submit_many(2)

            await s.until(lambda: one.in_flight == two.in_flight == 1)

    play(scene())


def test_a_paused_queue_and_held_jobs_go_on_when_they_are_let(tmp_path: Path) -> None:
    async def scene() -> None:
        worker = ScriptedWorker(done_at_once)
        async with stage(tmp_path, worker) as s:
            await asyncio.wrap_future(s.store.pause())
            waiting, held = await s.submit(), await s.submit(held=True)
            await asyncio.sleep(0.05)
            assert worker.ran == []

            await asyncio.wrap_future(s.store.resume())
            await s.until_state(waiting.id, "done")
            assert s.store.get(held.id).state == "held"
            await asyncio.wrap_future(s.store.release(held.id))
            await s.until_state(held.id, "done")

    play(scene())


def test_a_client_with_a_thousand_jobs_delays_anothers_first_by_one_at_most(tmp_path: Path) -> None:
    async def scene() -> None:
        worker = ScriptedWorker(done_at_once)
        async with stage(tmp_path, worker) as s:
            await asyncio.wrap_future(s.store.pause())
            await s.submit_many(1000, client="busy")
            await asyncio.wrap_future(s.store.resume())
            await s.until(lambda: len(worker.ran) > 20)
            late = await s.submit(client="late")
            before = len(worker.ran)
            await s.until_state(late.id, "done")

            place = [each.job for each in worker.ran].index(late.id)
            assert place <= before + 1  # one runs, one at most goes before

    play(scene())


def test_previews_are_drawn_while_somebody_looks_also_after_a_restart(tmp_path: Path) -> None:
    async def scene() -> None:
        worker = ScriptedWorker(done_at_once)
        async with stage(tmp_path, worker) as s:
            await s.until(lambda: s.dispatcher.workers[0].state is WorkerState.IDLE)
            assert not worker.previews
            s.dispatcher.show(True)
            assert worker.previews

            worker.kill()
            await s.until(lambda: worker.started == 2 and s.dispatcher.workers[0].state is WorkerState.IDLE)

            assert worker.previews

    play(scene())


def test_what_happened_is_counted(tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage(tmp_path, ScriptedWorker(done_at_once)) as s:
            await s.submit_many(5)
            await s.until_ended()

            tally = s.dispatcher.tally
            assert (tally.attempts, dict(tally.ended), tally.deaths, tally.stale) == (5, {"done": 5}, 0, 0)
            assert tally.ran.count == tally.waited.count == sum(tally.waited.numbers) == 5

    play(scene())
