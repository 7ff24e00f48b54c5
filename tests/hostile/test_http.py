"""What is no HTTP, half of it, or two meanings of it, is refused in time and without an error of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graphflow.server import bodies, connections
from graphflow.server.limits import Limits
from tests.server.serving import A, Served, serving

from .raw import MIB, Heard, complaints, request, resident, say

JSON = b"Content-Type: application/json"
CHUNKED = b"Transfer-Encoding: chunked"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("http") / "home") as served:
        yield served


def chunks(body: bytes) -> Callable[[Served], bytes]:
    return lambda served: request(served, "POST", "/api/v1/jobs", JSON, CHUNKED, length=False, body=body)


def counted(*lengths: bytes, body: bytes = b"{}") -> Callable[[Served], bytes]:
    lines = [b"Content-Length: " + each for each in lengths]
    return lambda served: request(served, "POST", "/api/v1/jobs", JSON, *lines, length=False, body=body)


def asked(*lines: bytes) -> Callable[[Served], bytes]:
    return lambda served: request(served, "GET", "/api/v1/me", *lines)


def line(start: bytes) -> Callable[[Served], bytes]:
    return lambda served: start + f"\r\nHost: {served.host}:{served.port}\r\nConnection: close\r\n\r\n".encode()


SOUND: dict[str, tuple[Callable[[Served], bytes], int]] = {
    "asked": (asked(), 200),
    "counted": (counted(b"2"), 422),  # the body is JSON, and lacks a workflow
    "in chunks": (chunks(b"2\r\n{}\r\n0\r\n\r\n"), 422),
    "in small chunks": (chunks(b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"), 422),
    "a strange header": (asked(b"X-Strange: \xff\xfe"), 200),
    "a strange cookie": (asked(b"Cookie: \xff=\x80; =; ;;; a"), 200),
    "an upgrade we do not know": (asked(b"Upgrade: h2c", b"HTTP2-Settings: AAMA"), 200),
}
SMUGGLED: dict[str, Callable[[Served], bytes]] = {
    "a length and chunks": lambda served: request(
        served, "POST", "/api/v1/jobs", CHUNKED, body=b"0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n"
    ),
    "two lengths": counted(b"2", b"3"),
    "a list of lengths": counted(b"2, 2"),
    "a negative length": counted(b"-2"),
    "a length with a sign": counted(b"+2"),
    "a length in hexadecimals": counted(b"0x2"),
    "a length without end": counted(b"9" * 40),
    "an encoding that is not chunked": lambda served: request(
        served, "POST", "/api/v1/jobs", JSON, b"Transfer-Encoding: xchunked", length=False, body=b"2\r\n{}\r\n0\r\n\r\n"
    ),
    "a blank before the colon": lambda served: request(
        served, "POST", "/api/v1/jobs", b"Transfer-Encoding : chunked", body=b"{}"
    ),
    "a size that is none": chunks(b"zz\r\n{}\r\n0\r\n\r\n"),
    "a negative size": chunks(b"-2\r\n{}\r\n0\r\n\r\n"),
    "a size with 0x": chunks(b"0x2\r\n{}\r\n0\r\n\r\n"),
    "a size without end": chunks(b"f" * 18 + b"\r\n{}\r\n0\r\n\r\n"),
    "a chunk longer than its size": chunks(b"2\r\n{}GET / HTTP/1.1\r\n0\r\n\r\n"),
    "bare line ends": chunks(b"2\n{}\n0\n\n"),
    "trailers without end": chunks(b"2\r\n{}\r\n0\r\n" + b"X: y\r\n" * 5000 + b"\r\n"),
    "a giant header": asked(b"X: " + b"a" * 100_000),
    "headers without end": asked(*(b"X-%d: a" % number for number in range(5000))),
    "a header without a colon": asked(b"nocolon"),
    "a header with a zero byte": asked(b"X: a\0b"),
    "another version": line(b"GET / HTTP/9.9"),
    "a method without end": line(b"A" * 5000 + b" / HTTP/1.1"),
    "bytes in the path": line(b"GET /\xff\xfe HTTP/1.1"),
    "an escape sequence in the path": line(b"GET /\x1b[31m HTTP/1.1"),
    "an address that is none": line(b"GET http://[::1/ HTTP/1.1"),
    "a port that is none": line(b"GET http://a:99999999/ HTTP/1.1"),
    "the preface of HTTP/2": lambda _: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": lambda _: bytes.fromhex("16030100a5010000a10303") + bytes(160),
}
ODD = {
    "origin": b"Origin: http://\xff.example",
    "sites": b"Sec-Fetch-Site: \xff",
    "token": b"Authorization: Bearer \xff\xfe",
    "cookie": b"Cookie: graphflow-1=\xff\xfe; graphflow-1=\xff",
    "many cookies": b"Cookie: " + b"a=b;" * 1500,
    "range": b"Range: bytes=" + b"9" * 60 + b"-",
    "ranges": b"Range: bytes=" + b",".join([b"0-1"] * 1000),
    "tags": b"If-None-Match: " + b'"a",' * 1500,
    "a broken tag": b'If-None-Match: "',
    "a date": b"If-Modified-Since: Fri, 99 Foo 9999999 99:99:99 GMT",
    "quality": b"Accept-Encoding: gzip;q=foo, *;q=9e99",
    "a last event": "Last-Event-ID: \u0663".encode(),
    "a large last event": b"Last-Event-ID: " + b"9" * 30,
    "a charset": b"Content-Type: application/json; charset=\xff",
    "no boundary": b"Content-Type: multipart/form-data; boundary=",
    "a packing": b"Content-Encoding: gzip",
    "two packings": b"Content-Encoding: deflate, gzip",
    "no packing": b"Content-Encoding: \xff",
    "a key": b"Idempotency-Key: \xff\xfe",
    "a long key": b"Idempotency-Key: " + b"k" * 6000,
    "expectations": b"Expect: 200-maybe",
    "a revision": b"If-Match: \xff",
}
TARGETS = (
    ("GET", "/"),
    ("GET", "/login/login.js"),
    ("GET", "/api/v1/events"),
    ("GET", "/api/v1/workflows"),
    ("GET", "/api/v1/docs"),
    ("POST", "/api/v1/login"),
    ("POST", "/api/v1/jobs"),
    ("POST", "/api/v1/uploads"),
    ("PUT", "/api/v1/workflows/a"),
)


def assert_refused(heard: Heard, *allowed: int) -> None:
    """Hold an answer to its status, to its shape, and to a time."""
    assert len(heard.statuses) == 1, heard
    assert heard.statuses[0] in allowed, heard
    assert b'"problems":[{"code":' in heard.data
    assert heard.seconds < 5


@pytest.mark.parametrize("kind", SOUND)
def test_what_is_sound_is_served(served: Served, kind: str) -> None:
    make, status = SOUND[kind]

    assert say(served, make(served)).statuses == (status,)


@pytest.mark.parametrize("kind", SMUGGLED)
def test_what_has_no_meaning_or_two_is_refused_once(served: Served, kind: str) -> None:
    heard = say(served, SMUGGLED[kind](served), patience=10)

    assert_refused(heard, 400, 403)


@pytest.mark.parametrize("kind", ODD)
def test_no_header_brings_the_server_out_of_step(served: Served, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    for method, path in TARGETS:
        [status] = say(served, request(served, method, path, ODD[kind], body=b"{}")).statuses
        assert status < 500, (method, path)

    assert complaints(caplog) == []


def test_whoever_sends_nothing_or_one_letter_at_a_time_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "IDLE", 0.5)
    monkeypatch.setattr(connections, "LINGER", 0.5)
    monkeypatch.setattr(bodies, "SECONDS", 0.5)
    with serving(tmp_path / "home") as served:
        silent = say(served, b"", patience=10)
        halfway = say(served, b"GET / HTTP/1.1\r\nHo", patience=10)
        waiting = say(served, counted(b"50")(served), patience=10)
        broken_off = say(served, chunks(b"2\r\n{}\r\n")(served), patience=10)

    assert [each.statuses for each in (silent, halfway)] == [(), ()]
    assert max(silent.seconds, halfway.seconds) < 9
    for heard in (waiting, broken_off):
        assert_refused(heard, 408)


def test_strangers_may_send_little(served: Served) -> None:
    secret = b'{"secret":"%s"}'

    small = request(served, "POST", "/api/v1/login", body=secret % (b"x" * 100), user=None)
    large = request(served, "POST", "/api/v1/login", body=secret % (b"x" * bodies.OPEN_BYTES), user=None)

    assert_refused(say(served, small), 401)
    assert_refused(say(served, large), 413)


@pytest.mark.parametrize(
    ("most", "status"), [(bodies.OPEN_BYTES, 401), (bodies.OPEN_BYTES + 1, 413)], ids=["at the limit", "one more"]
)
def test_a_strangers_limit_is_exact(served: Served, most: int, status: int) -> None:
    body = b'{"secret":"x"}'.ljust(most)

    assert_refused(say(served, request(served, "POST", "/api/v1/login", body=body, user=None)), status)


GIANTS = {
    "brackets": b"[" * (32 * MIB),
    "empty lists": b"[" + b"[]," * (10 * MIB) + b"[]]",
    "nests": (b"[" * 99 + b"]" * 99 + b",") * (32 * MIB // 199),
    "ones": b"[" + b"1," * (15 * MIB) + b"1]",
    "one text": b'{"workflow":"' + b"a" * (31 * MIB) + b'"}',
    "backslashes": b'{"workflow":"' + b"\\\\" * (15 * MIB) + b'"}',
    "blanks": b"{}".ljust(32 * MIB),
}


@pytest.mark.parametrize("kind", GIANTS)
def test_a_giant_body_is_refused_soon_and_leaves_no_memory_behind(served: Served, kind: str) -> None:
    giant = request(served, body=GIANTS[kind], user=A)
    assert_refused(say(served, giant), 400, 413, 422)  # what the allocator keeps for itself, it has from now on
    before = resident()

    for _ in range(3):
        say(served, giant)

    assert resident() - before < 64 * MIB, (resident() - before) // MIB  # three bodies are 90


@pytest.mark.parametrize(("values", "code"), [(10, b"missing"), (11, b"too-many-values")])
def test_the_values_in_a_body_are_counted(tmp_path: Path, values: int, code: bytes) -> None:
    with serving(tmp_path / "home", limits=Limits(values=10)) as served:
        body = b'{"inputs":{"a":[%s]}}' % b",".join([b"1"] * (values - 2))  # an object, an object, a list, and commas

        assert code in say(served, request(served, body=body)).data
