"""Which state follows which, whatever is asked in which state; and that asking twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graphflow.errors import JobConflict, JobError, StaleAttempt, UnknownJob
from graphflow.jobs.model import TRANSITIONS, JobState
from graphflow.jobs.store import JobStore
from tests.jobs.stores import BROKEN, claim, in_state, now, submit, told

ASK: dict[str, Callable[[JobStore, str], object]] = {
    "hold": lambda store, id: now(store.hold(id)),
    "release": lambda store, id: now(store.release(id)),
    "claim": lambda store, id: now(store.claim("w")),
    "cancel": lambda store, id: now(store.cancel(id)),
    "finish": lambda store, id: now(store.finish(id, 1, {})),
    "fail": lambda store, id: now(store.fail(id, 1, BROKEN)),
    "stopped": lambda store, id: now(store.stopped(id, 1)),
    "give back": lambda store, id: now(store.give_back(id, 1)),
    "worker died": lambda store, id: now(store.worker_died("w")),
    "retry": lambda store, id: now(store.retry(id)),
}

LEADS = {
    "queued": {"hold": "held", "claim": "running", "cancel": "cancelled"},
    "held": {"release": "queued", "cancel": "cancelled"},
    "running": {
        "finish": "done",
        "fail": "failed",
        "stopped": "cancelled",
        "give back": "queued",
        "worker died": "queued",
    },
    "done": {},
    "failed": {"retry": "queued"},
    "cancelled": {"retry": "queued"},
}
"""Written by hand: all that may lead from a state to another. Everything else must leave it as it is."""


@pytest.mark.parametrize("state", list(JobState))
@pytest.mark.parametrize("asked", list(ASK))
def test_each_request_in_each_state_leads_where_the_table_says(store: JobStore, state: JobState, asked: str) -> None:
    job = in_state(store, state)

    try:
        ASK[asked](store, job.id)
    except JobError as error:
        assert error.problems[0].code in ("wrong-state", "stale-attempt")  # noqa: PT017  not all of them are refused
        refused = True
    else:
        refused = False

    assert store.get(job.id).state == LEADS[state].get(asked, state)
    assert not (refused and asked in LEADS[state])


def test_the_table_of_transitions_is_what_the_requests_lead_through() -> None:
    assert {state: set(LEADS[state].values()) for state in JobState} == {
        state: {each.value for each in after} for state, after in TRANSITIONS.items()
    }


def test_an_end_that_is_said_again_adds_no_event(store: JobStore) -> None:
    job = in_state(store, JobState.RUNNING)

    for _ in range(3):
        now(store.finish(job.id, 1, {"images": [1]}))

    assert told(store, job) == ["queued", "running", "done"]
    assert store.get(job.id).outputs == {"images": [1]}


def test_another_end_of_a_finished_attempt_is_refused(store: JobStore) -> None:
    job = in_state(store, JobState.DONE)

    with pytest.raises(StaleAttempt):
        now(store.fail(job.id, 1, BROKEN))

    assert store.get(job.id).state is JobState.DONE


def test_a_running_job_is_asked_to_stop_once_and_cancelled_when_its_worker_has_stopped(store: JobStore) -> None:
    job = in_state(store, JobState.RUNNING)

    asked = [now(store.cancel(job.id)) for _ in range(3)]
    events = [each.event.kind for each in store.events_after(job.id)]
    ended = now(store.stopped(job.id, 1))

    assert [(each.state, each.cancelling) for each in asked] == [(JobState.RUNNING, True)] * 3
    assert events == ["job.state", "job.state", "job.cancelling"]
    assert (ended.state, ended.cancelling) == (JobState.CANCELLED, False)


def test_a_failed_job_says_why_until_it_is_tried_again(store: JobStore) -> None:
    job = in_state(store, JobState.FAILED)
    assert store.get(job.id).problem == BROKEN

    now(store.retry(job.id))

    assert store.get(job.id).problem is None
    assert claim(store).attempt == 2
    assert [each.ending for each in store.attempts(job.id)] == ["failed", None]


def test_cancelling_all_spares_other_clients_and_what_has_ended(store: JobStore) -> None:
    done = in_state(store, JobState.DONE)
    mine = [submit(store, client="me"), submit(store, client="me", held=True)]
    theirs = submit(store, client="you")

    now(store.cancel_all("me"))

    assert [store.get(each.id).state for each in mine] == [JobState.CANCELLED] * 2
    assert store.get(theirs.id).state is JobState.QUEUED
    assert store.get(done.id).state is JobState.DONE


def test_only_what_has_ended_can_be_deleted(store: JobStore) -> None:
    job = submit(store)
    with pytest.raises(JobConflict, match="cancel it before"):
        now(store.delete(job.id))
    now(store.cancel(job.id))

    deleted = now(store.delete(job.id))

    assert deleted.jobs == (job.id,)
    with pytest.raises(UnknownJob):
        store.get(job.id)


def test_clearing_deletes_what_has_ended_and_nothing_else(store: JobStore) -> None:
    ended = {in_state(store, state).id for state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)}
    kept = submit(store)

    assert set(now(store.clear()).jobs) == ended
    assert [each.id for each in store.list().jobs] == [kept.id]


@pytest.mark.parametrize("asked", [each for each in ASK if each not in ("claim", "worker died")])
def test_an_unknown_job_is_said_to_be_unknown(store: JobStore, asked: str) -> None:
    with pytest.raises(UnknownJob, match="there is no job 'nobody'"):
        ASK[asked](store, "nobody")
