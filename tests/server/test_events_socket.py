"""What a client may say on a WebSocket, what it gets for it, and why it is closed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from aiohttp import ClientPayloadError, ClientWebSocketResponse, WSMsgType

from graphflow.events import NodePreview, NodeProgress
from graphflow.jobs.model import Job
from graphflow.server.streams import following
from graphflow.server.streams.websocket import BURST, LARGEST
from graphflow.wire.events import SERVER_MESSAGE, Refusal
from tests.jobs.stores import now
from tests.server.listening import (
    PATIENCE,
    event_stream,
    hear,
    line,
    picture,
    preview,
    progress,
    run,
    running,
    sent_events,
    told,
    until,
    websocket,
)
from tests.server.serving import ADMIN, A, B, Served, serving

Talk = Callable[[ClientWebSocketResponse], Awaitable[Any]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home")) as served:
        yield served


@pytest.fixture
def job(served: Served) -> Iterator[Job]:
    """A job of A that runs."""
    job = running(served.server.store, A)
    yield job
    now(served.server.store.finish(job.id, job.attempt, {}))


def talk(served: Served, user: str, say: Talk) -> Any:
    async def begin() -> Any:
        async with websocket(served, user) as line:
            return await say(line)

    return asyncio.run(begin())


def tell(served: Served, job: Job, report: NodeProgress | NodePreview) -> None:
    """Have the hub hear what a worker tells, on its own loop."""
    served.loop.call_soon_threadsafe(served.server.hub.tell, job.id, job.client, job.attempt, report)


async def ask(line: ClientWebSocketResponse, **message: Any) -> Any:
    await line.send_json(message)
    return await hear(line)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("{", "not-json", None),
        ("", "not-json", None),
        ("[]", "wrong-value", None),
        ("null", "wrong-value", None),
        ("{}", "wrong-value", None),
        ('{"kind":"ping","kind":"ping"}', "duplicate-key", None),
        ('{"kind":"subscribe","after":NaN}', "not-json", None),
        ("[" * 500 + "]" * 500, "too-deep", None),
        ('{"kind":"shout"}', "wrong-value", None),
        ('{"kind":"ping","loud":true}', "unknown-field", "loud"),
        ('{"kind":"subscribe","after":"7"}', "wrong-value", "after"),
        ('{"kind":"subscribe","after":-1}', "wrong-value", "after"),
        ('{"kind":"subscribe","after":true}', "wrong-value", "after"),
        ('{"kind":"subscribe","previews":1}', "wrong-value", "previews"),
        ('{"kind":"subscribe","jobs":[]}', "wrong-value", "jobs"),
        ('{"kind":"subscribe","jobs":"some"}', "wrong-value", "jobs"),
        ('{"kind":"subscribe","after":{"a":1}}', "wrong-value", "after"),
        ('{"kind":"subscribe","jobs":["a"],"after":3}', "wrong-value", "after"),
        ('{"kind":"subscribe","jobs":["a"],"after":{"b":3}}', "wrong-value", "after"),
        ('{"kind":"subscribe","jobs":["a"],"client":"ada"}', "wrong-value", "client"),
        ('{"kind":"subscribe","jobs":["nothing"]}', "unknown-job", None),
        ('{"kind":"subscribe","client":"bob"}', "not-admin", "client"),
    ],
)
def test_what_cannot_be_done_is_answered_and_the_line_stays(
    served: Served, text: str, code: str, place: str | None
) -> None:
    async def say(line: ClientWebSocketResponse) -> Any:
        await line.send_str(text)
        return await hear(line), await ask(line, kind="ping", id="still here")

    refusal, pong = talk(served, A, say)

    assert refusal["kind"] == "problem"
    assert isinstance(SERVER_MESSAGE.validate_json(json.dumps(refusal)), Refusal)
    assert refusal["problems"][0]["code"] == code
    assert refusal["problems"][0]["input"] == place
    assert pong == {"kind": "pong", "id": "still here"}


def test_anothers_job_cannot_be_followed_not_even_among_own_ones(served: Served, job: Job) -> None:
    theirs = run(served.server.store, B)

    async def say(line: ClientWebSocketResponse) -> Any:
        refusal = await ask(line, kind="subscribe", jobs=[job.id, theirs.id], previews=True)
        tell(served, job, progress(1))
        return refusal, await ask(line, kind="ping")

    refusal, after = talk(served, A, say)

    assert refusal["problems"][0]["code"] == "unknown-job"
    assert after["kind"] == "pong"


def test_a_job_is_followed_behind_its_own_number_until_it_is_left(served: Served, job: Job) -> None:
    store = served.server.store
    other = run(store, A)

    async def say(ws: ClientWebSocketResponse) -> list[Any]:
        heard = [await ask(ws, kind="subscribe", jobs=[other.id, job.id], after={other.id: 11}, id="mine")]
        heard += [await hear(ws) for _ in range(4)]
        heard.append(await ask(ws, kind="unsubscribe", jobs=[job.id]))
        await asyncio.to_thread(store.append(job.id, 1, [line()]).result)
        heard.append(await ask(ws, kind="ping"))
        return heard

    hello, *events, left, pong = talk(served, A, say)

    assert hello == {
        "kind": "subscribed",
        "jobs": [other.id, job.id],
        "after": {other.id: 11, job.id: 0},
        "previews": False,
        "id": "mine",
    }
    assert [each for each in events if each["job"] == other.id] == told(store.events_after(other.id, 11))
    assert [each for each in events if each["job"] == job.id] == told(store.events_after(job.id))[:2]
    assert (left["kind"], pong["kind"]) == ("unsubscribed", "pong")


def test_progress_comes_first_on_every_stream(served: Served, job: Job) -> None:
    for done in range(1, 8):
        tell(served, job, progress(done))

    async def listen() -> list[Any]:
        async with websocket(served, A) as ws, event_stream(served, A, f"jobs/{job.id}/events") as response:
            messages = sent_events(response)
            heard = [await ask(ws, kind="subscribe", jobs="all", after=0), (await anext(messages))[1]]
            return [*heard, await hear(ws), (await anext(messages))[1], await hear(ws), (await anext(messages))[1]]

    *hellos, first, also, _, event = asyncio.run(listen())

    assert [each["kind"] for each in hellos] == ["subscribed"] * 2
    assert first == also
    assert (first["job"], first["event"]["kind"], first["event"]["done"]) == (job.id, "node.progress", 7)
    assert event["n"] == 1


def test_a_picture_is_a_binary_frame_for_those_who_want_it(served: Served, job: Job) -> None:
    async def listen() -> tuple[list[Any], int]:
        async with websocket(served, A) as looking, websocket(served, A) as reading, websocket(served, B) as other:
            await ask(looking, kind="subscribe", jobs=[job.id], after={job.id: 2}, previews=True)
            await ask(reading, kind="subscribe", jobs=[job.id], after={job.id: 2})
            await ask(other, kind="subscribe", jobs="all", previews=True)
            watchers = served.server.hub.preview_watchers
            tell(served, job, preview(b"\x00\xffpicture"))
            message = await looking.receive(timeout=PATIENCE)
            return [message, await ask(reading, kind="ping"), await ask(other, kind="ping")], watchers

    (message, *pongs), watchers = asyncio.run(listen())

    assert message.type is WSMsgType.BINARY
    assert picture(message.data) == (
        {"job": job.id, "attempt": 1, "node": "sampler", "media_type": "image/jpeg"},
        b"\x00\xffpicture",
    )
    assert [each["kind"] for each in pongs] == ["pong", "pong"]
    assert watchers == 2


def test_the_server_knows_when_nobody_looks_any_more(served: Served, job: Job) -> None:
    async def look() -> None:
        async with websocket(served, A) as ws:
            await ask(ws, kind="subscribe", jobs="all", previews=True)
            assert served.server.hub.preview_watchers == 1
        await until(lambda: served.server.hub.preview_watchers == 0)

    asyncio.run(look())


async def closed(line: ClientWebSocketResponse) -> int | None:
    """Return the code with which a socket is closed."""
    while not line.closed:
        message = await line.receive(timeout=PATIENCE)
        if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING):
            break
    return line.close_code


def test_too_many_messages_close_the_line(served: Served) -> None:
    async def say(line: ClientWebSocketResponse, count: int) -> int | None:
        for _ in range(count):
            await line.send_json({"kind": "ping"})
        if count <= BURST:
            assert [(await hear(line))["kind"] for _ in range(count)] == ["pong"] * count
            return None
        return await closed(line)

    assert talk(served, A, lambda line: say(line, BURST)) is None
    assert talk(served, A, lambda line: say(line, 50 * BURST)) == 4429


def test_too_large_a_message_closes_the_line(served: Served) -> None:
    async def say(line: ClientWebSocketResponse, size: int) -> Any:
        await line.send_str(" " * (size - 15) + '{"kind":"ping"}')
        return await closed(line) if size > LARGEST else await hear(line)

    assert talk(served, A, lambda line: say(line, LARGEST - 1))["kind"] == "pong"
    assert talk(served, A, lambda line: say(line, LARGEST + 1)) == 1009


def test_bytes_close_the_line(served: Served) -> None:
    async def say(line: ClientWebSocketResponse) -> int | None:
        await line.send_bytes(b"{}")
        return await closed(line)

    assert talk(served, A, say) == 1003


def test_too_many_jobs_by_name_are_refused(served: Served, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MOST_JOBS", 2)
    jobs = [run(served.server.store, A, nodes=0).id for _ in range(3)]

    async def say(line: ClientWebSocketResponse) -> list[Any]:
        return [await ask(line, kind="subscribe", jobs=each) for each in (jobs[:2], jobs[:1], jobs[2:])]

    within, again, beyond = talk(served, A, say)

    assert (within["kind"], again["kind"]) == ("subscribed", "subscribed")
    assert beyond["problems"][0]["code"] == "too-many-subscriptions"


def test_who_loses_access_is_closed(served: Served) -> None:
    token = served.server.users.file.add("eve")
    served.server.users.refresh()
    eve = {"Authorization": f"Bearer {token}"}

    async def listen() -> int | None:
        async with event_stream(served, ADMIN, "events", **eve) as response, websocket(served, A) as stays:
            async with websocket(served, ADMIN, **eve) as ws:
                await ask(ws, kind="subscribe", jobs="all", previews=True)
                messages = sent_events(response)
                await anext(messages)
                await asyncio.to_thread(served.server.users.file.remove, "eve")
                async with asyncio.timeout(PATIENCE):
                    code = await closed(ws)
                    with pytest.raises(ClientPayloadError):  # it is cut, for to end it well would be to say more
                        await anext(messages)
            assert (await ask(stays, kind="ping"))["kind"] == "pong"
            return code

    assert asyncio.run(listen()) == 4401
