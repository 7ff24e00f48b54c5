"""What happens to jobs: as pages, as Server-Sent Events, and on a WebSocket, all over the one log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, cast

from aiohttp import web
from pydantic import Field

from graphflow.jobs import JobStore
from graphflow.jobs.events import StoredEvent
from graphflow.jobs.model import ENDED
from graphflow.server.problems import Refused
from graphflow.server.route import Call, Route
from graphflow.server.streams.eventstream import MEDIA_TYPE, send_events
from graphflow.server.streams.following import standing, whose, written
from graphflow.server.streams.frames import stored_json
from graphflow.server.streams.websocket import talk
from graphflow.wire.base import Message
from graphflow.wire.events import EventList, Number, Subscribed

LAST_ID = "Last-Event-ID"
_LARGEST = 2**63 - 1


class EventsQuery(Message):
    """Which events: those behind `after`; a page has at most `limit`."""

    after: Number | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 500


class AllEventsQuery(EventsQuery):
    """Which events of all jobs: an administrator may choose one client's."""

    client: Annotated[str, Field(min_length=1, max_length=200)] | None = None


async def job_events(call: Call) -> web.StreamResponse:
    """Return a job's events behind its `after`-th: a page, or with `Accept: text/event-stream` a stream of them.

    The stream first tells how far a running job is, then what it missed, then what happens. It ends when the job has
    ended; who comes back then gets 204. `after` counts the job's own events; a browser that reconnects sends it as
    Last-Event-ID, which goes first. Without it all events are meant.
    """
    query, id = cast(EventsQuery, call.query), call.path("id")
    store = call.server.store
    client, last, job = await asyncio.to_thread(standing, store, call.user, id)
    if not _wants_stream(call.request):
        return await asyncio.to_thread(_job_page, store, id, query.after or 0, query.limit)
    after = _last_id(call.request, query.after) or 0
    if after == last and (job is None or job.state in ENDED):
        return web.Response(status=HTTPStatus.NO_CONTENT)
    hub = call.server.hub
    with hub.subscribe(call.user.name) as listener:
        listener.until_settled = True
        listener.answer(written(Subscribed(jobs=[id], after={id: after}, previews=False), number=after))
        listener.follow(id, client, after)
        return await send_events(call.request, listener, hub)


async def all_events(call: Call) -> web.StreamResponse:
    """Return the events of all one's jobs behind a `seq`: a page, or with `Accept: text/event-stream` a stream of them.

    The stream first tells how far running jobs are, then what it missed, then what happens, without an end. A browser
    that reconnects sends its number as Last-Event-ID, which goes first. Without one a page begins with the first event,
    and a stream now.
    """
    query = cast(AllEventsQuery, call.query)
    client = whose(call.user, query.client)
    store = call.server.store
    if not _wants_stream(call.request):
        return await asyncio.to_thread(_page, store, client, query.after or 0, query.limit)
    after = _last_id(call.request, query.after)
    if after is None:
        after = await asyncio.to_thread(store.last_seq)
    hub = call.server.hub
    with hub.subscribe(call.user.name) as listener:
        listener.answer(written(Subscribed(jobs="all", after=after, previews=False), number=after))
        listener.follow_all(client, after)
        return await send_events(call.request, listener, hub)


async def socket(call: Call) -> web.StreamResponse:
    """Open a WebSocket that carries events, progress and previews of the jobs to which its messages subscribe."""
    return await talk(call.request, call.user, call.server.hub, call.server.limits)


_REFUSALS = (HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)

ROUTES = (
    Route(
        "GET",
        "/api/v1/jobs/{id}/events",
        job_events,
        query=EventsQuery,
        answer=EventList,
        media_types=(MEDIA_TYPE,),
        also=(HTTPStatus.NO_CONTENT,),
        problems=(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
    ),
    Route(
        "GET",
        "/api/v1/events",
        all_events,
        query=AllEventsQuery,
        answer=EventList,
        media_types=(MEDIA_TYPE,),
        problems=_REFUSALS,
    ),
    Route("GET", "/api/v1/ws", socket, status=HTTPStatus.SWITCHING_PROTOCOLS, problems=(HTTPStatus.UPGRADE_REQUIRED,)),
)


def _wants_stream(request: web.Request) -> bool:
    return any(MEDIA_TYPE in each for each in request.headers.getall("Accept", ()))


def _last_id(request: web.Request, after: int | None) -> int | None:
    """Return where a stream begins: what the browser saw last, or else what the query says."""
    given = request.headers.get(LAST_ID)
    if not given:
        return after
    if not (given.isascii() and given.isdigit() and len(given) < 20 and int(given) <= _LARGEST):
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "wrong-value",
            f"{LAST_ID} must be a number that a stream gave",
            input=LAST_ID,
        )
    return int(given)


def _job_page(store: JobStore, id: str, after: int, limit: int) -> web.Response:
    events = store.events_after(id, after, limit + 1)
    if events:
        return _written(events, after, limit, resync=events[0].n != after + 1, by_seq=False)
    last = store.events_after(id)[-1].n
    return _written((), min(after, last), limit, resync=after > last, by_seq=False)


def _page(store: JobStore, client: str | None, after: int, limit: int) -> web.Response:
    page = store.events_after_seq(after, limit + 1, client)
    if page.events:
        return _written(page.events, after, limit, resync=page.resync, by_seq=True)
    last = store.last_seq()
    return _written((), min(after, last), limit, resync=page.resync or after > last, by_seq=True)


def _written(events: Sequence[StoredEvent], after: int, limit: int, *, resync: bool, by_seq: bool) -> web.Response:
    """Return a page as its JSON: an EventList of events that are JSON already."""
    shown = events[:limit]
    if shown:
        after = shown[-1].seq if by_seq else shown[-1].n
    listed = ",".join(stored_json(each) for each in shown)
    facts = json.dumps({"after": after, "more": len(events) > limit, "resync": resync})
    text = f'{{"events":[{listed}],{facts[1:]}'
    return web.Response(text=text, content_type="application/json", headers={"Vary": "Accept"})
