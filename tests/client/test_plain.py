"""The plain client is the asynchronous one, asked from programs without a loop."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from graphflow.client import ApiError, AsyncClient, AsyncJob, Client, Job
from graphflow.client.client import Queue, Workflows
from graphflow.client.queue import AsyncQueue
from graphflow.client.workflows import AsyncWorkflows
from graphflow.wire.events import StoredMessage
from tests.client.faulty import TOKEN, Answerer, Faulty, faulty, says, streams
from tests.client.test_connection import BUSY, TICKET
from tests.client.test_follow import PROGRESS, state, stored


@contextmanager
def served(*answerers: Answerer) -> Iterator[Faulty]:
    """Serve on a loop of its own, beside the plain program."""
    loop = asyncio.new_event_loop()
    context = faulty(*answerers)
    server = loop.run_until_complete(context.__aenter__())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def public(kind: type) -> set[str]:
    return {name for name in vars(kind) if not name.startswith("_")}


@pytest.mark.parametrize(
    ("plain", "other"), [(Client, AsyncClient), (Job, AsyncJob), (Workflows, AsyncWorkflows), (Queue, AsyncQueue)]
)
def test_both_clients_can_do_the_same(plain: type, other: type) -> None:
    assert public(plain) - {"id"} == public(other) - {"id"}


def test_a_plain_method_has_the_words_and_the_signature_of_the_other() -> None:
    with Client("http://127.0.0.1:1", TOKEN) as client:
        assert client.fetch.__doc__ == AsyncClient.fetch.__doc__
        theirs = list(inspect.signature(AsyncClient.upload).parameters)
        assert list(inspect.signature(client.upload).parameters) == theirs


def test_submit_and_follow_without_a_loop() -> None:
    answers = (says(TICKET, 202), streams(stored(1), PROGRESS, state(2, "done")))
    with served(*answers) as server, Client(server.url, TOKEN) as client:
        job = client.submit("txt2img", {"prompt": "a house"}, labels=["try"])
        told = [each.n for each in job.events() if isinstance(each, StoredMessage)]

    assert told == [1, 2]
    assert b'"labels":["try"]' in server.asked[0].body


def test_a_stream_that_is_left_is_closed_and_the_client_goes_on() -> None:
    answers = (streams(*(stored(n) for n in range(1, 50))), says(TICKET, 202))
    with served(*answers) as server, Client(server.url, TOKEN) as client:
        first = next(client.job("j1").events())

        assert isinstance(first, StoredMessage)
        assert client.submit("txt2img").id == "j1"


def test_errors_come_through_as_they_are() -> None:
    busy = says(BUSY, 429, Retry_After="3600")
    with served(busy) as server, Client(server.url, TOKEN) as client, pytest.raises(ApiError) as caught:
        client.submit("txt2img")

    assert caught.value.status == 429


def test_closing_ends_the_thread_and_may_be_done_twice() -> None:
    before = set(threading.enumerate())
    client = Client("http://127.0.0.1:1", TOKEN)
    (made,) = set(threading.enumerate()) - before
    client.close()
    client.close()

    assert not made.is_alive()


def test_many_threads_may_share_a_client() -> None:
    with served(says(TICKET, 202)) as server, Client(server.url, TOKEN) as client:
        got: list[Any] = []
        threads = [threading.Thread(target=lambda: got.append(client.submit("txt2img").id)) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    assert got == ["j1"] * 8
    assert len({each.headers["Idempotency-Key"] for each in server.asked}) == 8
