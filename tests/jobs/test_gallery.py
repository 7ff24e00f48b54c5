"""Whose artifacts are whose, newest first; jobs by name and time; the job that an idempotency key stands for."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from graphflow.errors import JobConflict
from graphflow.jobs.events import ArtifactKept
from graphflow.jobs.gallery import Wanted
from graphflow.jobs.model import NewJob
from graphflow.jobs.reading import Filter
from graphflow.jobs.schema import MIGRATIONS, migrate
from graphflow.jobs.store import JobStore

from .stores import claim, now, submit


def keep(store: JobStore, client: str, *digits: str, media_type: str = "image/png", purpose: str = "output") -> str:
    """Run a job of a client that keeps an artifact per digit, and return its id."""
    submit(store, client=client)
    job = claim(store).job
    facts = {"purpose": purpose, "media_type": media_type, "size": 1}
    kept = [
        ArtifactKept.model_validate({**facts, "node": "save", "sha256": each * 64, "name": f"{each}.png"})
        for each in digits
    ]
    now(store.append(job.id, 1, kept))
    now(store.finish(job.id, 1, {}))
    return job.id


def test_an_artifact_is_found_only_by_whose_job_made_it(store: JobStore) -> None:
    keep(store, "ada", "a")

    found = store.artifact("a" * 64, "ada")

    assert found is not None
    assert (found.client, found.artifact.name) == ("ada", "a.png")
    assert store.artifact("a" * 64, "bob") is None
    assert store.artifact("b" * 64, "ada") is None


def test_equal_bytes_belong_to_everybody_who_made_them(store: JobStore) -> None:
    keep(store, "ada", "a")
    keep(store, "bob", "a")

    found = store.artifact("a" * 64, "ada")

    assert found is not None
    assert found.client == "ada"


def test_artifacts_are_listed_newest_first_page_by_page(store: JobStore) -> None:
    keep(store, "ada", "1", "2")
    keep(store, "bob", "3")
    keep(store, "ada", "4")

    first = store.artifacts(Wanted(client="ada"), limit=2)
    rest = store.artifacts(Wanted(client="ada"), first.before, limit=2)

    assert [each.artifact.sha256[0] for each in first.artifacts] == ["4", "2"]
    assert [each.artifact.sha256[0] for each in rest.artifacts] == ["1"]
    assert rest.before is None
    assert [each.artifact.sha256[0] for each in store.artifacts(Wanted()).artifacts] == ["4", "3", "2", "1"]


def test_artifacts_are_listed_by_kind_and_by_job(store: JobStore) -> None:
    job = keep(store, "ada", "1")
    keep(store, "ada", "2", media_type="text/plain")
    keep(store, "ada", "3", purpose="preview")

    def listed(wanted: Wanted) -> list[str]:
        return [each.artifact.sha256[0] for each in store.artifacts(wanted).artifacts]

    assert listed(Wanted(media_type="image/*")) == ["3", "1"]
    assert listed(Wanted(media_type="text/plain")) == ["2"]
    assert listed(Wanted(purpose="output")) == ["2", "1"]
    assert listed(Wanted(job=job)) == ["1"]


def test_jobs_are_listed_by_name_and_by_when_they_came(store: JobStore) -> None:
    cat = submit(store, name="cat")
    dog = submit(store, name="dog")

    assert [job.id for job in store.list(Filter(name="cat")).jobs] == [cat.id]
    assert [job.id for job in store.list(Filter(created_from=dog.created)).jobs] == [dog.id]
    assert [job.id for job in store.list(Filter(created_before=dog.created)).jobs] == [cat.id]
    assert store.get(cat.id).name == "cat"


def test_a_key_stands_for_the_request_and_not_for_what_was_stored(store: JobStore) -> None:
    job = submit(store, "one", idempotency_key="k", fingerprint="as asked", client="ada")
    asked = NewJob("two", client="ada", idempotency_key="k", fingerprint="as asked")

    assert store.submitted(asked) == store.get(job.id)
    assert now(store.submit(asked)) == (store.get(job.id), False)
    assert store.submitted(NewJob("one", client="bob", idempotency_key="k")) is None
    with pytest.raises(JobConflict, match="another request"):
        store.submitted(NewJob("one", client="ada", idempotency_key="k", fingerprint="else"))


def test_jobs_that_wait_are_counted_by_client(store: JobStore) -> None:
    submit(store, client="ada")
    submit(store, client="ada", held=True)
    submit(store, client="bob")
    claim(store)

    assert (store.waiting("ada"), store.waiting("bob")) == (1, 1)


def test_artifacts_from_before_they_had_a_time_get_that_of_their_attempt(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "jobs.db")) as old:
        migrate(old, MIGRATIONS[:1])
        old.execute(
            "INSERT INTO jobs (id, client, state, priority, place, labels, created) "
            "VALUES ('j', 'ada', 'done', 0, 1, '[]', 5)"
        )
        old.execute("INSERT INTO attempts VALUES ('j', 1, 'w', 7, 8, 'done')")
        old.execute("INSERT INTO artifacts VALUES ('j', 1, 'save', 'a.png', 'output', 'aa', 'image/png', 1, 2, 3)")
        old.commit()

    with closing(JobStore(tmp_path)) as store:
        found = store.artifacts(Wanted()).artifacts

    assert [(each.created, each.artifact.name) for each in found] == [(7.0, "a.png")]
