"""How streams end when the server stops, and when somebody's access is taken away."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, WSMsgType, web

from graphflow.server.streams import websocket as module
from tests.server.listening import PATIENCE, event_stream, hear, sent_events, until, websocket
from tests.server.serving import A, B, Served, serving


async def followed(line: Any) -> Any:
    await line.send_json({"kind": "subscribe", "jobs": "all"})
    assert (await hear(line))["kind"] == "subscribed"
    return line


async def code_of(line: Any) -> int | None:
    message = await line.receive(timeout=PATIENCE)
    assert message.type is WSMsgType.CLOSE
    return int(message.data)


def test_a_server_that_stops_ends_all_streams_and_those_that_come(tmp_path: Path) -> None:
    async def listen(served: Served) -> tuple[list[Any], list[int | None]]:
        hub = served.server.hub
        async with websocket(served, A) as first, event_stream(served, B, "events") as response:
            await followed(first)
            await until(lambda: hub.statistics().listeners == 2)
            served.loop.call_soon_threadsafe(hub.close)
            codes = [await code_of(first)]
            heard = [message["kind"] async for _, message in sent_events(response)]
        async with websocket(served, A) as late:
            codes.append(await code_of(late))
        await until(lambda: hub.statistics().listeners == 0)
        return heard, codes

    with serving(tmp_path) as served:
        heard, codes = asyncio.run(listen(served))

    assert heard == ["subscribed"]
    assert codes == [1001, 1001]


def test_a_users_streams_can_be_closed_at_once(tmp_path: Path) -> None:
    async def listen(served: Served) -> tuple[int | None, Any]:
        async with websocket(served, A) as theirs, websocket(served, B) as other:
            await followed(theirs)
            await followed(other)
            served.loop.call_soon_threadsafe(served.server.hub.close_user, A)
            code = await code_of(theirs)
            await other.send_json({"kind": "ping"})
            return code, await hear(other)

    with serving(tmp_path) as served:
        code, answer = asyncio.run(listen(served))

    assert code == 4401
    assert answer["kind"] == "pong"


@pytest.mark.parametrize("left", [True, False])
def test_only_a_client_that_has_left_is_no_fault_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, left: bool
) -> None:
    def begin(request: web.Request) -> None:
        if not left:
            raise ConnectionRefusedError("another line of ours")
        assert request.transport is not None
        request.transport.abort()

    async def come(served: Served) -> None:
        with pytest.raises(ClientError):
            async with websocket(served, A):
                pass

    monkeypatch.setattr(module, "prepare_line", begin)
    with serving(tmp_path) as served, caplog.at_level(logging.INFO, "graphflow.server"):
        asyncio.run(come(served))

    assert ("a client left before its answer" in caplog.text) == left
    assert any(each.levelno >= logging.ERROR for each in caplog.records) != left


def test_many_streams_leave_nothing_behind(tmp_path: Path) -> None:
    async def come_and_go(served: Served) -> None:
        for _ in range(30):
            async with websocket(served, A) as line, event_stream(served, A, "events") as response:
                await followed(line)
                await anext(sent_events(response))
        await until(lambda: served.server.hub.statistics().listeners == 0)

    with serving(tmp_path) as served:
        asyncio.run(come_and_go(served))
        left = served.server.hub.statistics()

    assert (left.queued, left.behind, left.preview_watchers, left.cut) == (0, 0, 0, 0)
