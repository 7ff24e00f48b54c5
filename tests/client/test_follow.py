"""A stream that breaks is taken up where it broke: nothing is missed and nothing comes twice."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from graphflow.client import ApiError, Unreachable
from graphflow.client.sse import Sent, read_sent
from graphflow.wire.events import ProgressMessage, Resync, Snapshot, StoredMessage
from tests.client.faulty import faulty, hangs_up, says, streams

GONE = '{"problems": [{"code": "unknown-job", "message": "gone", "node": null, "input": null, "hint": null}]}'
PROGRESS = json.dumps(
    {"job": "j1", "attempt": 1, "event": {"kind": "node.progress", "node": "a", "done": 1, "total": 9}}
)


def stored(n: int, **event: Any) -> str:
    """Write a stored event; by default a line that a node logged."""
    told = event or {"kind": "node.logged", "node": "a", "message": f"line {n}"}
    return json.dumps({"seq": 100 + n, "n": n, "job": "j1", "attempt": 1, "at": 1.5, "event": told})


def state(n: int, state: str) -> str:
    """Write a change of the job's state."""
    return stored(n, kind="job.state", state=state, attempt=1, problem=None)


async def numbers(messages: AsyncIterator[Any]) -> list[int]:
    return [message.n async for message in messages if isinstance(message, StoredMessage)]


def test_a_stream_that_breaks_twice_is_read_without_gap_or_double() -> None:
    async def read() -> None:
        answers = (
            streams(stored(1), PROGRESS, stored(2), cut=True),
            hangs_up,
            streams(stored(2), stored(3), cut=True),  # a server that repeats what it sent
            streams(stored(4), state(5, "done")),
        )
        async with faulty(*answers) as server, server.client() as client:
            assert await numbers(client.job("j1").events()) == [1, 2, 3, 4, 5]

            assert [each.query["after"] for each in server.asked] == ["0", "2", "2", "3"]

    asyncio.run(read())


def test_a_stream_goes_on_behind_the_end_of_an_attempt_that_was_tried_again() -> None:
    async def read() -> None:
        told = (state(1, "running"), state(2, "failed"), state(3, "queued"), state(4, "running"))
        async with faulty(streams(*told, cut=True), streams(state(5, "done"))) as server, server.client() as client:
            assert await numbers(client.job("j1").events()) == [1, 2, 3, 4, 5]

    asyncio.run(read())


def test_progress_comes_between_the_events_and_counts_for_none() -> None:
    async def read() -> None:
        async with faulty(streams(PROGRESS, state(1, "done"))) as server, server.client() as client:
            kinds = [type(message) async for message in client.job("j1").events()]

            assert kinds == [ProgressMessage, StoredMessage]

    asyncio.run(read())


def test_a_hole_is_told_with_how_everything_stands_and_the_stream_goes_on_behind_it() -> None:
    resync = json.dumps({"kind": "resync", "reason": "forgotten", "jobs": "all"})
    standing = [{"id": "j1", "state": "running", "attempt": 1, "n": 40}]
    snapshot = json.dumps({"kind": "snapshot", "jobs": standing, "more": False, "after": 140})

    async def read() -> None:
        answers = (streams(resync, snapshot, cut=True), streams(stored(41), cut=True), says(GONE, 404))
        async with faulty(*answers) as server, server.client() as client:
            messages = client.events(after=3)
            seen = [await anext(messages) for _ in range(3)]
            with pytest.raises(ApiError):
                await anext(messages)

            assert [type(each) for each in seen] == [Resync, Snapshot, StoredMessage]
            assert [each.query["after"] for each in server.asked] == ["3", "140", "141"]

    asyncio.run(read())


def test_a_stream_of_an_unknown_job_is_refused_at_once() -> None:
    async def read() -> None:
        async with faulty(says(GONE, 404)) as server, server.client() as client:
            with pytest.raises(ApiError, match="gone"):
                await numbers(client.job("j1").events())

            assert len(server.asked) == 1

    asyncio.run(read())


def test_a_server_that_ends_every_stream_is_not_asked_for_ever() -> None:
    async def read() -> None:
        async with faulty(streams()) as server, server.client(patience=0.4) as client:
            with pytest.raises(Unreachable, match="ended the stream"):
                await numbers(client.job("j1").events())

            assert 1 < len(server.asked) < 10

    asyncio.run(read())


def test_random_cuts_change_nothing_of_what_is_read() -> None:
    dice = random.Random(7)

    async def read() -> None:
        total, at, answers = 60, 0, []
        while at < total:
            until = min(total, at + dice.randrange(1, 9))
            told = [state(n, "done") if n == total else stored(n) for n in range(at + 1, until + 1)]
            answers.append(streams(*told, cut=until < total))
            at = until
        async with faulty(*answers) as server, server.client() as client:
            assert await numbers(client.job("j1").events()) == list(range(1, total + 1))
            assert len(server.asked) == len(answers) > 8

    asyncio.run(read())


async def lines(text: str) -> AsyncIterator[bytes]:
    for line in text.splitlines(keepends=True):
        yield line.encode()


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("data: a\n\n", [Sent("message", "a", None)]),
        ("id: 7\nevent: job\ndata: a\n\n", [Sent("job", "a", "7")]),
        ("data: a\ndata:b\r\n\r\n", [Sent("message", "a\nb", None)]),
        (": alive\n\ndata: a\n\n: alive\n\n", [Sent("message", "a", None)]),
        ("data: a\n\ndata: cut", [Sent("message", "a", None)]),
        ("event: job\n\ndata: a: b\n\n", [Sent("message", "a: b", None)]),
    ],
)
def test_server_sent_events_are_read_as_the_standard_says(text: str, sent: Iterable[Sent]) -> None:
    async def read() -> list[Sent]:
        return [each async for each in read_sent(lines(text))]

    assert asyncio.run(read()) == sent
