"""The application's frame: strict bodies, one shape for all errors, headers on everything."""

from __future__ import annotations

import json
import socket
import zlib
from collections.abc import Iterator

import pytest
from pydantic import Field

from graphflow.errors import JobConflict, StorageError, UnknownJob, WorkflowError
from graphflow.errors import Problem as AProblem
from graphflow.server.limits import Limits
from graphflow.server.route import Access, Call, Reply, Route
from graphflow.server.routes import ROUTES
from graphflow.wire.base import Message
from tests.server.serving import ADMIN, A, Served, serving

LIMITS = Limits(body_bytes=1000, depth=5, name=20)


class Order(Message):
    """What the toy route takes."""

    count: int
    names: list[str] = Field(default_factory=list)
    share: float = 0.0


class Page(Message):
    """What the toy route asks for."""

    limit: int = 10
    state: list[str] = Field(default_factory=list)


async def echo(call: Call) -> Message:
    """Give back what came."""
    assert call.body is not None
    return call.body


async def page(call: Call) -> Message:
    """Give back what was asked."""
    assert call.query is not None
    return call.query


RAISED: dict[str, Exception] = {
    "workflow": WorkflowError([AProblem("bad", "one", node="a", input="b"), AProblem("bad", "two")]),
    "unknown": UnknownJob("x"),
    "conflict": JobConflict("no", code="wrong-state"),
    "storage": StorageError("no space"),
    "full": OSError(28, "No space left on device"),
    "mistake": KeyError("secret detail"),
}


async def fail(call: Call) -> Message:
    """Raise what the path names."""
    raise RAISED[call.path("kind")]


async def make(call: Call) -> Reply:
    """Answer with a status of its own."""
    return Reply(Order(count=1), 201, {"Location": "/here"})


TOYS = (
    Route("POST", "/api/v1/echo", echo, body=Order, answer=Order),
    Route("POST", "/api/v1/make", make, answer=Order),
    Route("GET", "/api/v1/page", page, query=Page, answer=Page),
    Route("GET", "/api/v1/fail/{kind}", fail, answer=Order),
    Route("GET", "/api/v1/admin", page, access=Access.ADMIN, query=Page),
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home"), routes=(*ROUTES, *TOYS), limits=LIMITS) as running:
        yield running


def echoed(served: Served, data: bytes, **headers: str) -> tuple[int, str]:
    """Send raw bytes, and return the status and the first problem's code."""
    answer = served.ask("POST", "/api/v1/echo", data=data, headers=headers)
    return answer.status, answer.json["problems"][0]["code"] if answer.status != 200 else "fine"


def test_a_body_comes_in_as_its_model_and_goes_out_as_json(served: Served) -> None:
    answer = served.ask("POST", "/api/v1/echo", body={"count": 3, "names": ["a"], "share": 1})

    assert (answer.status, answer.json) == (200, {"count": 3, "names": ["a"], "share": 1.0})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b'{"count": 1, "count": 2}', "duplicate-key"),
        (b'{"count": 1, "share": NaN}', "not-json"),
        (b'{"count": 1, "share": Infinity}', "not-json"),
        (b'{"count": 1, "share": 1e999}', "not-json"),
        (b'{"count": \xff}', "not-utf8"),
    ],
)
def test_a_body_with_no_meaning_or_two_is_refused(served: Served, data: bytes, code: str) -> None:
    status, found = echoed(served, data)

    assert (status, found) == (400, code)


def test_depth_is_counted_outside_of_texts(served: Served) -> None:
    deep = b'{"count": 1, "names": ' + b"[" * 4 + b"]" * 4 + b"}"

    assert echoed(served, deep) == (422, "wrong-value"), "five levels are read, and then found wrong"
    assert echoed(served, deep.replace(b"[[", b"[[[").replace(b"]]", b"]]]")) == (400, "too-deep")
    assert echoed(served, b'{"count": 1, "names": ["[[[[[[[[\\"[[[["]}') == (200, "fine")


def test_the_bytes_of_a_body_are_counted(served: Served) -> None:
    bare = b'{"count": 1}'

    assert echoed(served, bare + b" " * (LIMITS.body_bytes - len(bare))) == (200, "fine")
    assert echoed(served, bare + b" " * (LIMITS.body_bytes - len(bare) + 1)) == (413, "too-large")


def test_a_packed_body_counts_as_large_as_it_is_unpacked(served: Served) -> None:
    small, large = b'{"count": 1}', b'{"count": 1}' + b" " * 500_000
    packed = {"Content-Encoding": "deflate"}

    assert echoed(served, zlib.compress(small), **packed) == (200, "fine")
    assert len(zlib.compress(large)) < LIMITS.body_bytes, "or the test shows nothing"
    assert echoed(served, zlib.compress(large), **packed) == (413, "too-large")


def test_each_field_that_does_not_fit_is_told_once_in_plain_words(served: Served) -> None:
    answer = served.ask("POST", "/api/v1/echo", body={"count": "3", "names": "a", "colour": 1})

    assert answer.status == 422
    assert {each["input"]: each["message"] for each in answer.json["problems"]} == {
        "count": "this must be a whole number",
        "names": "this must be a list",
        "colour": "there is no such field",
    }


def test_a_query_turns_texts_into_numbers_and_refuses_what_stands_twice(served: Served) -> None:
    assert served.ask("GET", "/api/v1/page?limit=3&state=a&state=b").json == {"limit": 3, "state": ["a", "b"]}
    assert served.ask("GET", "/api/v1/page?limit=x").status == 422
    assert served.ask("GET", "/api/v1/page?limit=1&limit=2").code == "duplicate-key"
    assert served.ask("GET", "/api/v1/page?lmit=1").status == 422


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("workflow", 422, "bad"),
        ("unknown", 404, "unknown-job"),
        ("conflict", 409, "wrong-state"),
        ("storage", 507, "storage"),
        ("full", 507, "disk-full"),
        ("mistake", 500, "internal"),
    ],
)
def test_every_error_becomes_the_same_shape(served: Served, kind: str, status: int, code: str) -> None:
    answer = served.ask("GET", f"/api/v1/fail/{kind}")

    assert (answer.status, answer.code) == (status, code)
    assert all(each.keys() == {"code", "message", "node", "input", "hint"} for each in answer.json["problems"])
    assert b"secret detail" not in answer.body
    assert b"Traceback" not in answer.body


def test_all_problems_of_a_workflow_come_at_once(served: Served) -> None:
    problems = served.ask("GET", "/api/v1/fail/workflow").json["problems"]

    assert [(each["node"], each["input"], each["message"]) for each in problems] == [
        ("a", "b", "one"),
        (None, None, "two"),
    ]


def test_an_unknown_path_and_a_wrong_method_are_told_as_problems(served: Served) -> None:
    lost, wrong = served.ask("GET", "/api/v1/nowhere"), served.ask("DELETE", "/api/v1/page")

    assert (lost.status, lost.code) == (404, "not-found")
    assert (wrong.status, wrong.code, wrong.headers["Allow"]) == (405, "method-not-allowed", "GET,HEAD")


def test_a_head_is_a_get_without_its_body(served: Served) -> None:
    answer = served.ask("HEAD", "/api/v1/page")

    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 0


def test_a_handler_may_choose_its_status_and_headers(served: Served) -> None:
    answer = served.ask("POST", "/api/v1/make")

    assert (answer.status, answer.headers["Location"], answer.json["count"]) == (201, "/here", 1)


def test_a_body_where_none_is_taken_is_refused(served: Served) -> None:
    assert served.ask("POST", "/api/v1/make", body={"a": 1}).code == "unwanted-body"
    assert served.ask("POST", "/api/v1/make", body={}).status == 201


@pytest.mark.parametrize("body", [b"\t", b" \r\n", b"}{", b"{", b"{}{}", b"{{}}"])
def test_where_no_body_is_taken_what_is_no_json_is_refused_too(served: Served, body: bytes) -> None:
    answer = served.ask("POST", "/api/v1/make", data=body, headers={"Content-Type": "application/json"})

    assert (answer.status, answer.code) == (400, "unwanted-body")


def test_names_in_a_path_have_a_longest(served: Served) -> None:
    assert served.ask("GET", f"/api/v1/fail/{'x' * 20}").status == 500
    assert served.ask("GET", f"/api/v1/fail/{'x' * 21}").code == "name-too-long"


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/page", "/api/v1/fail/mistake", "/nowhere"])
def test_every_answer_tells_browsers_to_be_careful(served: Served, path: str) -> None:
    headers = served.ask("GET", path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Server"] == "GraphFlow", "which library answers is nobody's business"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in headers


def test_what_administrators_may_do_others_may_not(served: Served) -> None:
    assert served.ask("GET", "/api/v1/admin", user=ADMIN).status == 200
    assert (
        served.ask("GET", "/api/v1/admin", user=A).status,
        served.ask("GET", "/api/v1/admin", user=None).status,
    ) == (403, 401)


def test_json_is_what_is_answered(served: Served) -> None:
    answer = served.ask("GET", "/healthz", user=None)

    assert answer.headers["Content-Type"] == "application/json"
    assert json.loads(answer.body) == {"status": "ok"}


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer se\x00cret\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_in_our_words(served: Served, data: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_connection((served.host, served.port), timeout=30) as line:
        line.sendall(data)
        head, _, body = line.makefile("rb").read().partition(b"\r\n\r\n")

    assert b" 400 " in head.splitlines()[0]
    assert json.loads(body)["problems"][0]["code"] == "malformed-request"
    assert b"aiohttp" not in head
    assert b"nosniff" in head
    assert "cret" not in caplog.text
    assert "Traceback" not in caplog.text
