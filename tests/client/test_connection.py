"""What a client does when the line or the server fails it."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from graphflow.client import ApiError, Unreachable
from tests.client.faulty import TOKEN, faulty, hangs_up, says

TICKET = '{"id": "j1", "state": "queued"}'
BUSY = '{"problems": [{"code": "queue-full", "message": "too many wait", "node": null, "input": null, "hint": null}]}'


def test_a_submit_whose_answer_got_lost_is_sent_again_under_the_same_key() -> None:
    async def submit() -> None:
        async with faulty(hangs_up, hangs_up, says(TICKET, 202)) as server, server.client() as client:
            job = await client.submit("txt2img")

            assert job.id == "j1"
            keys = [each.headers["Idempotency-Key"] for each in server.asked]
            assert len(keys) == 3
            assert len(set(keys)) == 1
            assert len({each.body for each in server.asked}) == 1

    asyncio.run(submit())


def test_two_submits_have_two_keys() -> None:
    async def submit() -> None:
        async with faulty(says(TICKET, 202)) as server, server.client() as client:
            await client.submit("txt2img")
            await client.submit("txt2img")
            await client.submit("txt2img", key="mine")

            keys = [each.headers["Idempotency-Key"] for each in server.asked]
            assert len(set(keys)) == 3
            assert keys[2] == "mine"

    asyncio.run(submit())


def test_what_would_be_done_twice_is_not_sent_again() -> None:
    async def retry() -> None:
        async with faulty(hangs_up, says("{}")) as server, server.client() as client:
            with pytest.raises(Unreachable, match="cannot reach"):
                await client.job("j1").retry()

            assert len(server.asked) == 1

    asyncio.run(retry())


def test_retry_after_is_obeyed() -> None:
    async def submit() -> None:
        async with faulty(says(BUSY, 429, Retry_After="1"), says(TICKET, 202)) as server, server.client() as client:
            begun = time.monotonic()
            await client.submit("txt2img")

            assert time.monotonic() - begun >= 1
            assert len(server.asked) == 2

    asyncio.run(submit())


def test_a_server_that_asks_for_more_patience_than_there_is_is_told_of() -> None:
    async def submit() -> None:
        async with faulty(says(BUSY, 429, Retry_After="3600")) as server, server.client() as client:
            with pytest.raises(ApiError) as caught:
                await client.submit("txt2img")

            assert caught.value.status == 429
            assert caught.value.retry_after == 3600
            assert [each.code for each in caught.value.problems] == ["queue-full"]
            assert len(server.asked) == 1

    asyncio.run(submit())


def test_all_problems_of_a_refusal_arrive() -> None:
    problems = [
        {"code": "bad-range", "message": "too many", "node": "sampler", "input": "steps", "hint": None},
        {"code": "no-file", "message": "no such file", "node": "load", "input": "ckpt_name", "hint": "look again"},
    ]

    async def submit() -> None:
        async with faulty(says(json.dumps({"problems": problems}), 422)) as server, server.client() as client:
            with pytest.raises(ApiError) as caught:
                await client.submit("txt2img")

            assert caught.value.status == 422
            assert [each.to_json() for each in caught.value.problems] == problems
            assert str(caught.value) == "sampler.steps: too many\nload.ckpt_name: no such file (look again)"

    asyncio.run(submit())


def test_the_token_is_sent_to_the_server_that_was_named_and_to_no_other() -> None:
    async def submit() -> None:
        async with faulty(says(TICKET, 202)) as stranger:
            moved = says("", 307, Location=f"{stranger.url}/api/v1/jobs")
            async with faulty(moved) as server, server.client() as client:
                with pytest.raises(ApiError) as caught:
                    await client.submit("txt2img")

                assert caught.value.status == 307
                assert server.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"
                assert stranger.asked == []

    asyncio.run(submit())


def test_an_answer_of_another_program_is_told_as_such() -> None:
    async def submit() -> None:
        async with faulty(says("<html>")) as server, server.client() as client:
            with pytest.raises(Unreachable, match="something unknown"):
                await client.submit("txt2img")

    asyncio.run(submit())


def test_a_server_that_is_not_there_is_tried_until_the_patience_ends() -> None:
    async def submit() -> None:
        async with faulty(says(TICKET, 202)) as server:
            pass  # it is gone now, and its port with it
        async with server.client(patience=0.5) as client:
            with pytest.raises(Unreachable) as caught:
                await client.submit("txt2img")
        assert caught.value.problems[0].hint == "is `graphflow serve` running there?"

    asyncio.run(submit())
