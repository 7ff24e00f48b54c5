"""What is submitted comes back as it was, once for each idempotency key."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from graphflow.errors import JobConflict, UnknownJob
from graphflow.jobs.model import JobState, NewJob
from graphflow.jobs.reading import Filter
from graphflow.jobs.store import JobStore
from tests.jobs.stores import claim, in_state, now, submit

SEEDS = '{"seed": 18446744073709551615, "small": 1e-320, "text": "\\u2603 ☃"}'


def test_the_request_reaches_the_worker_letter_by_letter(store: JobStore) -> None:
    job = submit(store, SEEDS)

    assert claim(store).body == store.body(job.id) == SEEDS


def test_a_job_remembers_what_was_asked_for_it(store: JobStore) -> None:
    job = submit(store, client="ann", priority=-3, labels=("cats", "evening"), time_limit=90.0)

    assert store.get(job.id) == job
    assert (job.client, job.priority, job.labels, job.time_limit) == ("ann", -3, ("cats", "evening"), 90.0)


def test_outputs_keep_numbers_of_64_bits(store: JobStore) -> None:
    job = in_state(store, JobState.RUNNING)

    now(store.finish(job.id, 1, {"seed": 2**64 - 1}))

    assert store.get(job.id).outputs == {"seed": 2**64 - 1}


def test_one_key_makes_one_job_however_often_it_is_sent_at_once(store: JobStore) -> None:
    new = NewJob(SEEDS, idempotency_key="once")

    with ThreadPoolExecutor(100) as threads:
        answers = list(threads.map(lambda _: now(store.submit(new)), range(100)))

    assert len({job.id for job, _ in answers}) == 1
    assert sum(made for _, made in answers) == 1
    assert len(store.list().jobs) == 1


def test_a_key_for_another_request_is_refused_and_the_first_stays(store: JobStore) -> None:
    job = submit(store, '{"a": 1}', idempotency_key="k")

    with pytest.raises(JobConflict, match="another request") as caught:
        submit(store, '{"a": 2}', idempotency_key="k")

    assert caught.value.problems[0].code == "idempotency-conflict"
    assert [each.id for each in store.list().jobs] == [job.id]


def test_clients_do_not_share_keys_and_no_key_means_a_new_job(store: JobStore) -> None:
    made = [
        submit(store, client="a", idempotency_key="k"),
        submit(store, client="b", idempotency_key="k"),
        *(submit(store) for _ in range(2)),
    ]

    assert len({each.id for each in made}) == 4


def test_a_refused_submit_takes_nothing_else_of_its_batch_with_it(store: JobStore) -> None:
    submit(store, '{"a": 1}', idempotency_key="k")

    futures = [store.submit(NewJob(f'{{"b": {n}}}', idempotency_key="k" if n % 2 else None)) for n in range(100)]
    refused = [isinstance(each.exception(60), JobConflict) for each in futures]

    assert refused == [bool(n % 2) for n in range(100)]
    assert len(store.list(limit=1000).jobs) == 51


def test_pages_hold_every_job_once_though_new_ones_come_between(store: JobStore) -> None:
    made = [submit(store).id for _ in range(25)]
    seen: list[str] = []
    page = store.list(limit=10)
    seen += [each.id for each in page.jobs]
    while page.before is not None:
        submit(store)
        page = store.list(before=page.before, limit=10)
        seen += [each.id for each in page.jobs]

    assert seen == made[::-1]


def test_filters_agree_in_every_field(store: JobStore) -> None:
    wanted = submit(store, client="ann", labels=("cats", "dogs"))
    submit(store, client="bob", labels=("cats",))
    submit(store, client="ann", labels=("cat",))
    submit(store, client="ann", labels=("cats",), held=True)

    found = store.list(Filter(client="ann", states={JobState.QUEUED, JobState.DONE}, label="cats"))

    assert [each.id for each in found.jobs] == [wanted.id]
    assert store.list(Filter(states=())).jobs == ()
    assert store.count("ann")[JobState.QUEUED] == 2


def test_a_question_about_no_job_is_answered_so(store: JobStore) -> None:
    for ask in (store.get, store.body, store.events_after):
        with pytest.raises(UnknownJob):
            ask("nobody")
