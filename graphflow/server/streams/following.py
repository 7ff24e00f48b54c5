"""Who may follow what: what a client asks of its stream, checked and done."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

from graphflow.errors import UnknownJob
from graphflow.jobs import Job, JobStore
from graphflow.server.problems import Refused, not_found
from graphflow.server.streams.frames import Item
from graphflow.server.streams.subscription import Subscription
from graphflow.server.wall.users import User
from graphflow.wire.base import Message
from graphflow.wire.events import Ping, Pong, Subscribe, Subscribed, Unsubscribe, Unsubscribed

MOST_JOBS = 1000
"""Jobs that one WebSocket follows by name. `too-many-subscriptions`."""


async def obey(asked: Subscribe | Unsubscribe | Ping, listener: Subscription, user: User, store: JobStore) -> None:
    """Do what a client asks, and answer it before anything that follows from it; raise Refused."""
    if isinstance(asked, Ping):
        listener.answer(written(Pong(id=asked.id)))
    elif isinstance(asked, Unsubscribe):
        listener.leave(None if asked.jobs == "all" else asked.jobs)
        listener.answer(written(Unsubscribed(jobs=asked.jobs, id=asked.id)))
    elif asked.jobs == "all":
        await _follow_all(asked, listener, user, store)
    else:
        await _follow(asked, list(dict.fromkeys(asked.jobs)), listener, user, store)


def written(message: Message, number: int | None = None) -> Item:
    """Return a message as it is sent."""
    return Item(message.model_dump_json().encode(), number=number)


def whose(user: User, client: str | None) -> str | None:
    """Return whose jobs are meant, None for everybody's: what an administrator chose, else one's own; raise Refused."""
    if user.admin:
        return client
    if client not in (None, user.name):
        message = "only an administrator follows other clients' jobs"
        raise Refused(HTTPStatus.FORBIDDEN, "not-admin", message, input="client", hint="leave `client` out")
    return user.name


def standing(store: JobStore, user: User, id: str) -> tuple[str, int, Job | None]:
    """Return a job's client, the number of its last event, and the job, None for a deleted one.

    Raise Refused, 404, for a job of somebody else as for one that never was.
    """
    job: Job | None = None
    try:
        job = store.get(id)
        client, last = job.client, job.events
    except UnknownJob:
        try:
            left = store.events_after(id)[-1]
        except UnknownJob:
            raise _unknown(id) from None
        client, last = left.client, left.n
    if not (user.admin or client == user.name):
        raise _unknown(id)
    return client, last, job


async def _follow_all(asked: Subscribe, listener: Subscription, user: User, store: JobStore) -> None:
    client = whose(user, asked.client)
    if isinstance(asked.after, dict):
        raise _wrong("after", "to follow all jobs, `after` is one number, a seq")
    after = await asyncio.to_thread(store.last_seq) if asked.after is None else asked.after
    listener.answer(written(Subscribed(jobs="all", after=after, previews=asked.previews, id=asked.id)))
    listener.follow_all(client, after, previews=asked.previews)


async def _follow(asked: Subscribe, jobs: list[str], listener: Subscription, user: User, store: JobStore) -> None:
    if asked.client is not None:
        raise _wrong("client", "`client` narrows a subscription to all jobs, and these are named")
    if isinstance(asked.after, int):
        raise _wrong("after", 'to follow named jobs, `after` says an n for each: {"JOB": n}')
    if len(listener.names | set(jobs)) > MOST_JOBS:
        message = f"more than {MOST_JOBS:,} jobs are followed by name"
        hint = "follow all of them, or leave some"
        raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "too-many-subscriptions", message, input="jobs", hint=hint)
    if stray := sorted(set(asked.after or ()) - set(jobs)):
        raise _wrong("after", f"`after` names {stray[0]!r}, which is not among the jobs to follow")
    found = await asyncio.to_thread(_standings, store, user, jobs)
    after = {
        id: last if asked.after is None else asked.after.get(id, 0) for id, (_, last) in zip(jobs, found, strict=True)
    }
    listener.answer(written(Subscribed(jobs=jobs, after=after, previews=asked.previews, id=asked.id)))
    for id, (client, _) in zip(jobs, found, strict=True):
        listener.follow(id, client, after[id], previews=asked.previews)


def _standings(store: JobStore, user: User, jobs: Sequence[str]) -> list[tuple[str, int]]:
    return [standing(store, user, id)[:2] for id in jobs]


def _unknown(id: str) -> Refused:
    return not_found(f"there is no job {id!r}", code="unknown-job")


def _wrong(input: str, message: str) -> Refused:
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "wrong-value", message, input=input)
