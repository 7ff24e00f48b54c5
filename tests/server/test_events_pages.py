"""Events as JSON pages, and who sees which."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from graphflow.jobs.model import Job
from graphflow.wire.events import EventList
from tests.jobs.stores import BROKEN, now
from tests.server.listening import SSE, event_stream, hear, log, run, running, sent_events, told, websocket
from tests.server.serving import ADMIN, A, B, Served, serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home")) as served:
        yield served


@pytest.fixture(scope="module")
def jobs(served: Served) -> dict[str, Job]:
    return {user: run(served.server.store, user) for user in (A, B, A)}


def paged(served: Served, path: str, limit: int, user: str = ADMIN) -> list[Any]:
    """Return all events there are, page by page."""
    found: list[Any] = []
    after, more = 0, True
    while more:
        page = served.ask("GET", f"/api/v1/{path}?after={after}&limit={limit}", user=user)
        EventList.model_validate_json(page.body)
        found += page.json["events"]
        after, more = page.json["after"], page.json["more"]
        assert len(page.json["events"]) <= limit
        assert not page.json["resync"]
    return found


@pytest.mark.parametrize("limit", [1, 7, 13, 1000])
def test_pages_join_to_the_whole_log(served: Served, jobs: dict[str, Job], limit: int) -> None:
    job = jobs[A].id

    assert paged(served, "events", limit) == told(log(served.server.store))
    assert paged(served, f"jobs/{job}/events", limit, A) == told(served.server.store.events_after(job))


def test_everybody_sees_their_own_and_an_administrator_all(served: Served, jobs: dict[str, Job]) -> None:
    store = served.server.store

    assert paged(served, "events", 1000, A) == told(log(store, A))
    assert paged(served, "events", 1000, B) == told(log(store, B))
    assert served.ask("GET", f"/api/v1/events?client={B}&limit=1000").json["events"] == told(log(store, B))
    assert served.ask("GET", f"/api/v1/events?client={A}&limit=1000", user=A).json["events"] == told(log(store, A))


def test_anothers_job_is_no_job(served: Served, jobs: dict[str, Job]) -> None:
    theirs, none = f"/api/v1/jobs/{jobs[A].id}/events", "/api/v1/jobs/nothing/events"

    for headers in ({}, SSE):
        answers = [served.ask("GET", path, user=B, headers=headers) for path in (theirs, none)]
        assert [(each.status, each.code) for each in answers] == [(404, "unknown-job")] * 2
    refused = served.ask("GET", f"/api/v1/events?client={A}", user=B)
    assert (refused.status, refused.code) == (403, "not-admin")


def test_a_page_behind_the_end_is_empty_and_one_beyond_it_says_so(served: Served, jobs: dict[str, Job]) -> None:
    last = served.server.store.last_seq()

    assert served.ask("GET", f"/api/v1/events?after={last}").json == {
        "events": [],
        "after": last,
        "more": False,
        "resync": False,
    }
    assert served.ask("GET", f"/api/v1/events?after={last + 5}").json == {
        "events": [],
        "after": last,
        "more": False,
        "resync": True,
    }
    assert served.ask("GET", f"/api/v1/jobs/{jobs[A].id}/events?after=99").json["resync"]


def test_a_deleted_jobs_page_says_that_its_events_are_gone(served: Served) -> None:
    store = served.server.store
    job = run(store, B)
    now(store.delete(job.id))

    page = served.ask("GET", f"/api/v1/jobs/{job.id}/events?after=3", user=B).json
    elsewhere = served.ask("GET", f"/api/v1/jobs/{job.id}/events", user=A)

    assert [each["event"]["kind"] for each in page["events"]] == ["job.deleted"]
    assert page["resync"]
    assert elsewhere.status == 404


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "after=1.5", "limit=0", "limit=1001", "afte=1", f"after={2**63}"]
)
def test_a_wrong_query_is_refused(served: Served, query: str) -> None:
    assert served.ask("GET", f"/api/v1/events?{query}").status == 422


@pytest.mark.parametrize("given", ["-1", "x", "1.5", "9" * 30, "١"])
def test_a_last_id_that_no_stream_gave_is_refused(served: Served, given: str) -> None:
    sent = {**SSE, "Last-Event-ID": given.encode().decode("latin-1")}

    assert served.ask("GET", "/api/v1/events", headers=sent).status == 422


def test_the_stream_of_a_job_ends_with_it_and_there_is_nothing_to_come_back_for(
    served: Served, jobs: dict[str, Job]
) -> None:
    path = f"jobs/{jobs[B].id}/events"

    async def listen() -> list[Any]:
        async with event_stream(served, B, f"{path}?after=2", **{"Last-Event-ID": "10"}) as response:
            heard = [each async for each in sent_events(response)]
        async with event_stream(served, B, path, **{"Last-Event-ID": "13"}) as response:
            assert response.status == 204
        return heard

    hello, *events = asyncio.run(listen())

    assert hello[0] == 10
    assert hello[1]["kind"] == "subscribed"
    assert events == list(zip((11, 12, 13), told(served.server.store.events_after(jobs[B].id, 10)), strict=True))


def test_streams_hold_what_their_user_may_see(served: Served) -> None:
    store = served.server.store

    async def listen(user: str, client: str | None = None) -> list[Any]:
        async with websocket(served, user) as line:
            wanted = {} if client is None else {"client": client}
            await line.send_json({"kind": "subscribe", "jobs": "all", "after": 0, **wanted})
            assert (await hear(line))["kind"] == "subscribed"
            return [await hear(line) for _ in log(store, client or (None if user == ADMIN else user))]

    assert asyncio.run(listen(A)) == told(log(store, A))
    assert asyncio.run(listen(ADMIN, B)) == told(log(store, B))
    assert asyncio.run(listen(ADMIN)) == told(log(store))


def test_events_of_others_never_come_live_either(served: Served) -> None:
    store = served.server.store

    async def listen() -> list[Any]:
        async with event_stream(served, A, "events") as response, websocket(served, A) as line:
            await line.send_json({"kind": "subscribe", "jobs": "all"})
            await hear(line)
            messages = sent_events(response)
            await anext(messages)
            await asyncio.to_thread(run, store, B)
            mine = await asyncio.to_thread(running, store, A)
            heard = [(await anext(messages))[1], await hear(line)]
            await asyncio.to_thread(store.fail(mine.id, 1, BROKEN).result)
            return heard

    assert [each["job"] for each in asyncio.run(listen())] == [log(store, A)[-1].job] * 2


def test_a_stranger_is_refused_before_the_line_opens(served: Served) -> None:
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "eA==",
    }
    foreign = {**upgrade, "Origin": "https://evil.example"}

    assert served.ask("GET", "/api/v1/ws", user=None, headers=upgrade).status == 401
    assert served.ask("GET", f"/api/v1/ws?token={served.tokens[A]}", user=None, headers=upgrade).status == 401
    assert served.ask("GET", "/api/v1/ws", headers=foreign).code == "wrong-origin"
    assert served.ask("GET", "/api/v1/ws").status == 426
