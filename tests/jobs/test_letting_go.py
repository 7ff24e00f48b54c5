"""Deleted jobs leave a trace in the log, and say which bytes nobody has any more."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest import mock

import pytest

from graphflow.errors import JobConflict, UnknownArtifact
from graphflow.jobs.database import FILE, connect
from graphflow.jobs.events import ArtifactDeleted, ArtifactKept
from graphflow.jobs.gallery import Wanted
from graphflow.jobs.model import Deleted, Job, JobState, KeptArtifact
from graphflow.jobs.store import JobStore
from graphflow.jobs.submitting import retain
from graphflow.jobs.transaction import Transaction
from tests.jobs.stores import claim, in_state, now, submit

DAY = 86_400.0


def finished(store: JobStore, *hashes: str) -> Job:
    """Return a done job that kept these bytes."""
    submit(store)
    claimed = claim(store)
    kept = [
        ArtifactKept(node="save", purpose="output", sha256=each, media_type="image/png", size=1, name="a")
        for each in hashes
    ]
    now(store.append(claimed.job.id, claimed.attempt, kept))
    return now(store.finish(claimed.job.id, claimed.attempt, {}))


def artifacts_of(store: JobStore, job: Job) -> list[KeptArtifact]:
    return [each.artifact for each in store.artifacts(Wanted(job=job.id), None, 10).artifacts]


@contextmanager
def days_later(days: float) -> Iterator[None]:
    later = time.time() + days * DAY
    with mock.patch("graphflow.jobs.writer.time.time", return_value=later):
        yield


def test_deleting_says_which_bytes_nobody_has_any_more(store: JobStore) -> None:
    shared, own = "aa" * 32, "bb" * 32
    first, second = finished(store, shared, own), finished(store, shared)

    assert now(store.delete(first.id)).orphans == {own}
    assert now(store.delete(second.id)).orphans == {shared}


def test_a_file_is_deleted_alone_and_its_job_stays_with_the_rest(store: JobStore) -> None:
    shared, own = "aa" * 32, "bb" * 32
    first, second = finished(store, shared, own), finished(store, shared)

    assert now(store.delete_artifact(first.id, shared)).orphans == set()
    assert now(store.delete_artifact(second.id, shared)) == Deleted((), frozenset({shared}))
    assert [each.sha256 for each in artifacts_of(store, first)] == [own]
    assert store.get(first.id).state is JobState.DONE
    last = store.events_after(first.id)[-1]
    assert (last.n, last.event) == (store.get(first.id).events, ArtifactDeleted(sha256=shared))


def test_a_file_is_deleted_once_and_only_when_its_job_has_ended(store: JobStore) -> None:
    job = finished(store, "aa" * 32)
    now(store.delete_artifact(job.id, "aa" * 32))
    with pytest.raises(UnknownArtifact):
        now(store.delete_artifact(job.id, "aa" * 32))
    submit(store)
    running = claim(store).job
    with pytest.raises(JobConflict):
        now(store.delete_artifact(running.id, "aa" * 32))


def test_a_common_stream_tells_of_a_deletion_and_a_jobs_own_events_are_gone(store: JobStore) -> None:
    job = finished(store, "aa" * 32)
    seen = store.last_seq()
    now(store.delete(job.id))

    (told,) = store.events_after_seq(seen).events
    assert (told.job, told.event.kind) == (job.id, "job.deleted")
    assert [each.event.kind for each in store.events_after(job.id)] == ["job.deleted"]
    assert not store.events_after_seq(0).resync


def test_numbers_of_deleted_events_are_never_given_again(store: JobStore) -> None:
    job = finished(store)
    now(store.delete(job.id))
    last = store.last_seq()

    later = submit(store)

    assert store.events_after(later.id)[0].seq == last + 1


def test_old_jobs_leave_and_young_waiting_and_running_ones_stay(store: JobStore) -> None:
    old = [in_state(store, each).id for each in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)]
    running, waiting = in_state(store, JobState.RUNNING), submit(store)
    with days_later(8):
        young = in_state(store, JobState.CANCELLED)

        deleted = now(store.retain(7 * DAY, most=100))

    assert set(deleted.jobs) == set(old)
    assert {each.id for each in store.list().jobs} == {running.id, waiting.id, young.id}


def test_beyond_a_number_the_oldest_leave(store: JobStore) -> None:
    jobs = [finished(store) for _ in range(6)]

    deleted = now(store.retain(7 * DAY, most=4))

    assert set(deleted.jobs) == {each.id for each in jobs[:2]}


def test_where_nothing_is_too_old_no_job_and_no_event_is_read_to_see_it(tmp_path: Path) -> None:
    with closing(JobStore(tmp_path / "jobs")) as store:
        for _ in range(300):
            finished(store, "aa" * 32)
        now(store.delete(finished(store).id))
    steps = []

    with closing(connect(tmp_path / "jobs" / FILE)) as connection:
        connection.set_progress_handler(lambda: steps.append(1), 1)
        deleted = retain(Transaction(connection, time.time()), 7 * DAY, 1000, 100)
        connection.set_progress_handler(None, 1)

    assert deleted.jobs == ()
    assert len(steps) < 3 * 300  # of SQLite's machine: two count an ended job, in an index


def test_who_asks_for_events_that_were_forgotten_is_told_to_start_anew(store: JobStore) -> None:
    job = finished(store)
    seen = store.last_seq()
    now(store.delete(job.id))
    submit(store)
    with days_later(8):
        now(store.retain(7 * DAY, most=100))

    assert store.events_after_seq(seen).resync
    assert not store.events_after_seq(seen + 1).resync
