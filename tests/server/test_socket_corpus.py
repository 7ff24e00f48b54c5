"""Malformed WebSocket frames on a raw socket: each is answered as the protocol says, costs nobody else anything, and
leaves nothing behind."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass

import pytest

from graphflow.jobs.dispatch import WorkerState
from graphflow.server.streams.websocket import LARGEST
from tests.server.serving import A, B, Served, serving

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
PING_MESSAGE = b'{"kind":"ping","id":"7"}'
LONG = 30.0


def frame(
    opcode: int,
    data: bytes = b"",
    *,
    fin: bool = True,
    reserved: int = 0,
    masked: bool = True,
    length: int | None = None,
) -> bytes:
    """Write a client's frame by RFC 6455, section 5.2; `length` is what it announces, by default what it has."""
    size = len(data) if length is None else length
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    bit = 0x80 if masked else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 2**16:
        head += bytes([bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", size)
    if not masked:
        return head + data
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))


class Line:
    """A raw connection to the server's WebSocket."""

    def __init__(self, served: Served, user: str, extensions: str | None = None) -> None:
        self.socket = socket.create_connection((served.host, served.port), timeout=LONG)
        key = base64.b64encode(os.urandom(16)).decode()
        headers = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            **served.headers(user),
        }
        headers |= {"Sec-WebSocket-Key": key} | ({"Sec-WebSocket-Extensions": extensions} if extensions else {})
        lines = [f"{name}: {value}" for name, value in headers.items()]
        self.socket.sendall("\r\n".join(["GET /api/v1/ws HTTP/1.1", *lines, "", ""]).encode())
        self._read = b""
        while b"\r\n\r\n" not in self._read:
            self._read += self._more()
        self.answer, _, self._read = self._read.partition(b"\r\n\r\n")
        assert self.answer.startswith(b"HTTP/1.1 101"), self.answer

    def close(self) -> None:
        self.socket.close()

    def send(self, *frames: bytes) -> None:
        self.socket.sendall(b"".join(frames))

    def next(self) -> tuple[int, bytes]:
        """Return the opcode and the data of the server's next frame that is no ping; an ended line is opcode -1."""
        end = time.monotonic() + LONG
        while time.monotonic() < end:
            try:
                head = self._take(2)
                size = head[1] & 0x7F
                if size > 125:
                    size = int.from_bytes(self._take(2 if size == 126 else 8), "big")
                found = head[0] & 0x0F, self._take(size)
            except (EOFError, ConnectionError):
                return -1, b""
            if found[0] != PING:
                return found
            with suppress(ConnectionError):
                self.send(frame(PONG, found[1]))
        raise AssertionError("nothing comes but pings")

    def ends(self) -> int | None:
        """Return the code with which the server closes the line, None where it says nothing, and see it end."""
        code, end = None, time.monotonic() + LONG
        while (found := self.next())[0] != -1:
            assert time.monotonic() < end, "the line lives on"
            if found[0] == CLOSE:
                code = int.from_bytes(found[1][:2], "big")
                with suppress(OSError):  # it may have gone already
                    self.socket.shutdown(socket.SHUT_WR)
        return code

    def _take(self, count: int) -> bytes:
        while len(self._read) < count:
            self._read += self._more()
        taken, self._read = self._read[:count], self._read[count:]
        return taken

    def _more(self) -> bytes:
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        return data


@dataclass(frozen=True, slots=True)
class Traces:
    """What a client could leave behind in the server."""

    tasks: int
    connections: int
    listeners: int

    @classmethod
    def of(cls, served: Served) -> Traces:
        async def count() -> Traces:
            server = served.server
            return cls(len(asyncio.all_tasks()) - 1, server.lifecycle.connections(), server.hub.statistics().listeners)

        return asyncio.run_coroutine_threadsafe(count(), served.loop).result(LONG)

    def within(self, before: Traces) -> bool:
        return (
            self.tasks <= before.tasks and self.connections <= before.connections and self.listeners <= before.listeners
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home")) as served:
        until(lambda: served.server.dispatcher.workers[0].state is WorkerState.IDLE)
        until(lambda: _stands_still(served))
        yield served


def _stands_still(served: Served) -> bool:
    """Say whether nothing begins or ends for a while: what belongs to the server's own start has begun."""
    seen = set()
    for _ in range(10):
        seen.add(Traces.of(served))
        time.sleep(0.05)
    return len(seen) == 1


@pytest.fixture
def watched(served: Served) -> Iterator[Served]:
    """Serve a well-behaved client beside the test all the time, and see that nothing is left behind in the end."""
    until(lambda: Traces.of(served).connections == 0)
    before = Traces.of(served)
    done = threading.Event()
    with closing(Line(served, B)) as calm, ThreadPoolExecutor(1) as beside:
        answers = beside.submit(_ping_until, done, calm)
        try:
            yield served
        finally:
            done.set()
        assert answers.result(LONG) > 0
    assert served.ask("GET", "/healthz", user=None).status == 200
    until(lambda: Traces.of(served).within(before))


def _ping_until(done: threading.Event, calm: Line) -> int:
    """Ask again and again, as a client that does all right; return how often that was answered."""
    count = 0
    while True:
        calm.send(frame(TEXT, PING_MESSAGE))
        assert json.loads(calm.next()[1]) == {"kind": "pong", "id": "7"}
        count += 1
        if done.wait(0.1):
            return count


def until(so: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not so():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


BROKEN: dict[str, tuple[int, bytes]] = {
    "reserved bit 1": (1002, frame(TEXT, PING_MESSAGE, reserved=4)),
    "reserved bit 2": (1002, frame(TEXT, PING_MESSAGE, reserved=2)),
    "reserved bit 3": (1002, frame(TEXT, PING_MESSAGE, reserved=1)),
    **{f"reserved opcode {code}": (1002, frame(code, b"data")) for code in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "unmasked text": (1002, frame(TEXT, PING_MESSAGE, masked=False)),
    "unmasked behind a masked one": (1002, frame(PONG, b"x") + frame(TEXT, PING_MESSAGE, masked=False)),
    "unmasked ping": (1002, frame(PING, b"hello", masked=False)),
    "unmasked close": (1002, frame(CLOSE, b"\x03\xe8", masked=False)),
    "long ping": (1002, frame(PING, b"x" * 126)),
    "long close": (1002, frame(CLOSE, b"\x03\xe8" + b"x" * 126)),
    "fragmented ping": (1002, frame(PING, b"x", fin=False)),
    "fragmented close": (1002, frame(CLOSE, b"\x03\xe8", fin=False)),
    "continuation without a start": (1002, frame(0, PING_MESSAGE)),
    "a message within another": (1002, frame(TEXT, b'{"kind":', fin=False) + frame(TEXT, b'"ping"}')),
    "no UTF-8": (1007, frame(TEXT, b"\xff\xfe{}")),
    "a surrogate": (1007, frame(TEXT, b'"\xed\xa0\x80"')),
    "half a letter at the end": (1007, frame(TEXT, b'{"kind": "ping\xc3')),
    "a huge length": (1009, frame(TEXT, b"{", length=2**62)),
    "the hugest length": (1009, frame(TEXT, b"{", length=2**64 - 1)),
    "too many bytes": (1009, frame(TEXT, b" " * (LARGEST + 1))),
    "too many bytes in parts": (1009, frame(TEXT, b" " * 40_000, fin=False) + frame(0, b" " * 40_000, fin=False)),
    "binary": (1003, frame(BINARY, PING_MESSAGE)),
    "an empty binary": (1003, frame(BINARY)),
    **{
        f"close code {code}": (1002, frame(CLOSE, struct.pack(">H", code))) for code in (0, 999, 1004, 1005, 1015, 2999)
    },
    "half a close code": (1002, frame(CLOSE, b"\x03")),
    "a close reason that is no UTF-8": (1007, frame(CLOSE, b"\x03\xe8\xff")),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_websocket_ends_the_line_with_the_protocols_code(watched: Served, name: str) -> None:
    code, data = BROKEN[name]
    with closing(Line(watched, A)) as line:
        line.send(data)

        assert line.ends() == code


@pytest.mark.parametrize("name", ["unmasked text", "reserved bit 2", "no UTF-8", "a huge length", "long ping"])
def test_it_is_the_same_when_it_comes_byte_by_byte(watched: Served, name: str) -> None:
    code, data = BROKEN[name]
    with closing(Line(watched, A)) as line:
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for byte in data[:64]:
                line.send(bytes([byte]))
        except ConnectionError:
            pass  # it did not wait for the rest

        assert line.ends() in (code, None)  # what is sent to a closed line may take its last words away


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("this is no JSON", "not-json"),
        ('{"kind": "ping"', "not-json"),
        ("[1, 2]", "wrong-value"),
        ("17", "wrong-value"),
        ('{"kind": "dance"}', "wrong-value"),
        ('{"kind": "subscribe", "jobs": 17}', "wrong-value"),
        ('{"kind": "subscribe", "jobs": "all", "after": -1}', "wrong-value"),
        ("[" * 200 + "]" * 200, "too-deep"),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, "too-deep"),
        ("[" * 60_000, "too-deep"),
    ],
)
def test_a_message_that_makes_no_sense_is_answered_and_the_line_goes_on(watched: Served, text: str, code: str) -> None:
    with closing(Line(watched, A)) as line:
        line.send(frame(TEXT, text.encode()))
        refusal = json.loads(line.next()[1])
        line.send(frame(TEXT, PING_MESSAGE))

        assert (refusal["kind"], refusal["problems"][0]["code"]) == ("problem", code)
        assert json.loads(line.next()[1])["kind"] == "pong"


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999, 5000, 65_535])
def test_a_client_that_says_goodbye_is_told_goodbye(watched: Served, code: int) -> None:
    with closing(Line(watched, A)) as line:
        line.send(frame(CLOSE, struct.pack(">H", code) + b"bye"))

        assert line.ends() in (1000, code)


def test_messages_in_parts_with_control_frames_between_are_understood(watched: Served) -> None:
    """The control: what looks odd and is right."""
    with closing(Line(watched, A)) as line:
        parts = (frame(TEXT, PING_MESSAGE[:5], fin=False), frame(PING, b"are you there"), frame(0, b"", fin=False))
        line.send(*parts, frame(PONG), frame(0, PING_MESSAGE[5:]))

        answers = {line.next() for _ in range(2)}

    assert answers == {(PONG, b"are you there"), (TEXT, b'{"kind":"pong","id":"7"}')}


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, LARGEST - 1])
def test_frames_of_every_length_are_told_from_those_behind_them(watched: Served, size: int) -> None:
    with closing(Line(watched, A)) as line:
        line.send(frame(TEXT, b" " * size), frame(TEXT, PING_MESSAGE))

        assert json.loads(line.next()[1])["kind"] == "problem"
        assert json.loads(line.next()[1])["kind"] == "pong"


@pytest.mark.parametrize("cut", [1, 3, 9])
def test_half_a_frame_and_then_silence_ends_the_line_after_a_while(
    watched: Served, cut: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphflow.server.streams.websocket.BEAT_SECONDS", 1.0)
    with closing(Line(watched, A)) as line:
        line.send(frame(TEXT, PING_MESSAGE)[:cut])

        line.ends()  # it waits for its end, for LONG at most


def test_compression_is_not_agreed_on_so_that_there_are_no_bombs(watched: Served) -> None:
    packer = zlib.compressobj(wbits=-15)
    bomb = (packer.compress(b" " * 10_000_000) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
    assert len(bomb) < LARGEST
    with closing(Line(watched, A, "permessage-deflate; client_max_window_bits")) as line:
        line.send(frame(TEXT, bomb, reserved=4))

        assert b"permessage-deflate" not in line.answer
        assert line.ends() == 1002


def test_a_crowd_of_broken_clients_leaves_nothing_behind(watched: Served) -> None:
    lines = [Line(watched, A) for _ in range(40)]
    for line, (_, data) in zip(lines, list(BROKEN.values()) * 2, strict=False):
        line.send(data)
        line.close()
