"""What jobs made is held within a number of bytes: the oldest leave; what is fresh, wanted or running stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.dispatch import Keeper, Retention
from graphflow.jobs.events import ArtifactKept
from graphflow.jobs.store import JobStore
from tests.jobs.dispatch.stage import play
from tests.jobs.stores import claim, now, submit

KB = 1000
"""Bytes that each file here has."""


@pytest.fixture
def blobs(tmp_path: Path) -> BlobFolder:
    return BlobFolder(tmp_path / "artifacts")


def old_file(blobs: BlobFolder, letter: str) -> str:
    """Keep a file of a letter as if that was long ago; return its hash."""
    digest = blobs.put(letter.encode() * KB)
    os.utime(blobs.root / digest[:2] / digest, (0, 0))
    return digest


def kept(digest: str) -> ArtifactKept:
    return ArtifactKept(node="a", purpose="output", sha256=digest, media_type="image/png", size=KB, name="a")


def made(store: JobStore, *digests: str) -> str:
    """Return a job that has ended and made these files."""
    submit(store)
    claimed = claim(store)
    now(store.finish(claimed.job.id, claimed.attempt, {}, [kept(each) for each in digests]))
    return claimed.job.id


def tidied(store: JobStore, blobs: BlobFolder, most: int, fresh: float = -1.0) -> int:
    """Tidy once, by default as if all jobs had ended long ago; return how many jobs went."""

    async def scene() -> int:
        return await Keeper(store, blobs, Retention(bytes=most, fresh=fresh)).tidy()

    return play(scene())


def jobs(store: JobStore) -> set[str]:
    return {each.id for each in store.list().jobs}


def there(blobs: BlobFolder, *digests: str) -> list[bool]:
    return [blobs.find(each) is not None for each in digests]


def test_the_oldest_jobs_leave_with_their_files_until_the_rest_fits(store: JobStore, blobs: BlobFolder) -> None:
    files = [old_file(blobs, each) for each in "abcd"]
    ids = [made(store, each) for each in files]

    assert tidied(store, blobs, 2 * KB) == 2
    assert jobs(store) == set(ids[2:])
    assert there(blobs, *files) == [False, False, True, True]


def test_what_fits_stays_and_without_a_limit_all_does(store: JobStore, blobs: BlobFolder) -> None:
    ids = [made(store, old_file(blobs, each)) for each in "abcd"]

    assert tidied(store, blobs, 4 * KB) == 0
    assert jobs(store) == set(ids)


def test_a_file_that_two_jobs_made_counts_once_and_goes_with_the_last(store: JobStore, blobs: BlobFolder) -> None:
    shared, own = old_file(blobs, "s"), old_file(blobs, "o")
    first, second, third = made(store, shared), made(store, own), made(store, shared)

    assert tidied(store, blobs, 2 * KB) == 0
    assert tidied(store, blobs, KB) == 2, "the first alone would free nothing"
    assert jobs(store) == {third}
    assert {first, second}.isdisjoint(jobs(store))
    assert there(blobs, shared, own) == [True, False]


def test_jobs_that_just_ended_stay_for_their_files_to_be_fetched(store: JobStore, blobs: BlobFolder) -> None:
    file = old_file(blobs, "f")
    job = made(store, file)

    assert tidied(store, blobs, 0, fresh=3600) == 0
    assert (jobs(store), there(blobs, file)) == ({job}, [True])
    assert tidied(store, blobs, 0) == 1


def test_what_a_waiting_job_wants_stays_with_the_job_that_made_it(store: JobStore, blobs: BlobFolder) -> None:
    wanted, other = old_file(blobs, "w"), old_file(blobs, "o")
    maker, idle = made(store, wanted), made(store, other)
    waiting = submit(store, f'{{"inputs": {{"image": "sha256:{wanted}"}}}}')

    assert tidied(store, blobs, 0) == 1
    assert jobs(store) == {maker, waiting.id}
    assert there(blobs, wanted, other) == [True, False]
    now(store.cancel(waiting.id))
    assert tidied(store, blobs, 0) == 1
    assert maker not in jobs(store)
    assert idle not in jobs(store)


def test_what_runs_waits_or_is_held_stays_with_what_it_made(store: JobStore, blobs: BlobFolder) -> None:
    file = old_file(blobs, "r")
    submit(store)
    running = claim(store)
    now(store.append(running.job.id, running.attempt, [kept(file)]))
    queued, held = submit(store), submit(store, held=True)

    assert tidied(store, blobs, 0) == 0
    assert jobs(store) == {running.job.id, queued.id, held.id}
    assert there(blobs, file) == [True]


def test_a_job_that_is_tried_again_between_the_look_and_the_deed_stays(store: JobStore) -> None:
    submit(store)
    claimed = claim(store)
    now(store.append(claimed.job.id, claimed.attempt, [kept("0" * 64)]))
    now(store.cancel(claimed.job.id))
    now(store.stopped(claimed.job.id, claimed.attempt))
    surplus = store.surplus(0, 1e12)
    now(store.retry(claimed.job.id))

    deleted = now(store.discard(surplus))

    assert (surplus, deleted.jobs) == ((claimed.job.id,), ())
    assert jobs(store) == {claimed.job.id}
