"""Old jobs leave with what only they had; what others have, and what is waited for, stays."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.dispatch import Dispatcher, Keeper, Retention
from graphflow.jobs.events import ArtifactKept
from graphflow.jobs.model import Deleted, JobState, NewJob
from graphflow.jobs.store import JobStore
from tests.jobs.dispatch.stage import play
from tests.jobs.stores import claim, in_state, now, submit


def old_blob(blobs: BlobFolder, data: bytes) -> str:
    """Keep bytes as if that was long ago."""
    digest = blobs.put(data)
    os.utime(blobs.root / digest[:2] / digest, (0, 0))
    return digest


def finished(store: JobStore, *hashes: str) -> str:
    submit(store)
    claimed = claim(store)
    kept = [
        ArtifactKept(node="a", purpose="output", sha256=each, media_type="image/png", size=1, name="a")
        for each in hashes
    ]
    now(store.finish(claimed.job.id, claimed.attempt, {}, kept))
    return claimed.job.id


def test_jobs_beyond_the_number_leave_with_bytes_and_journals_that_only_they_had(
    store: JobStore, tmp_path: Path
) -> None:
    blobs = BlobFolder(tmp_path / "artifacts")
    own, shared, wanted = (old_blob(blobs, each) for each in (b"own", b"shared", b"wanted"))
    first, second = finished(store, own, shared, wanted), finished(store, shared)
    waiting = submit(store, f'{{"inputs": {{"image": "sha256:{wanted}"}}}}')
    forgotten: list[str] = []

    def forget(deleted: Deleted) -> None:
        forgotten.extend(deleted.jobs)

    async def scene() -> None:
        keeper = Keeper(store, blobs, Retention(most=1), forget)

        assert await keeper.tidy() == 1

    play(scene())
    assert forgotten == [first]
    assert {each.id for each in store.list().jobs} == {second, waiting.id}
    assert [blobs.find(each) is not None for each in (own, shared, wanted)] == [False, True, True]


def test_a_sweep_takes_what_no_job_has_and_leaves_what_is_young(store: JobStore, tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path / "artifacts")
    used, lost, young = old_blob(blobs, b"used"), old_blob(blobs, b"lost"), blobs.put(b"young")
    finished(store, used)

    async def scene() -> None:
        assert await Keeper(store, blobs).sweep() == 1

    play(scene())
    assert [blobs.find(each) is not None for each in (used, lost, young)] == [True, False, True]


def test_more_jobs_than_are_deleted_at_once_all_leave_and_none_that_has_not_ended(
    store: JobStore, tmp_path: Path
) -> None:
    submitted = [store.submit(NewJob("{}")) for _ in range(1100)]
    for future in [store.cancel(now(each)[0].id) for each in submitted]:
        now(future)
    running, held = in_state(store, JobState.RUNNING), in_state(store, JobState.HELD)

    async def scene() -> None:
        assert await Keeper(store, BlobFolder(tmp_path / "artifacts"), Retention(most=0)).tidy() == 1100

    play(scene())
    assert {each.id for each in store.list().jobs} == {running.id, held.id}


def test_a_keeper_works_again_and_again_beside_the_dispatcher(store: JobStore, tmp_path: Path) -> None:
    async def scene() -> None:
        keeper = Keeper(store, BlobFolder(tmp_path / "artifacts"), Retention(most=0, every=0.02))
        dispatcher = Dispatcher(store, (), lambda *_: None, keeper=keeper)
        await dispatcher.start()
        for _ in range(2):
            job = await asyncio.to_thread(in_state, store, JobState.DONE)
            async with asyncio.timeout(60):
                while job.id in {each.id for each in store.list().jobs}:
                    await asyncio.sleep(0.01)
        await dispatcher.stop()

    play(scene())
