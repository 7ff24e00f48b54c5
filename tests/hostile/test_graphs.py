"""Graphs and bodies that are broken, contradictory or gigantic: each is refused by name, and none brings anything down."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.server.painting import REGISTRY
from tests.server.serving import A, Answer, Served, serving
from tests.toy import link, workflow

from .raw import MIB, complaints, resident

SECONDS = 5.0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("graphs") / "home", registry=REGISTRY) as served:
        yield served


def send(served: Served, graph: Any, **more: Any) -> Answer:
    return served.ask("POST", "/api/v1/jobs", user=A, body={"workflow": graph, "held": True, **more})


def fired(nodes: dict[str, Any], clay: Any) -> dict[str, Any]:
    """Return a workflow of these nodes whose output is `clay`."""
    return workflow({**nodes, "fire": ("Fire", {"clay": clay})})


def dug(**inputs: Any) -> dict[str, Any]:
    return fired({"dig": ("Dig", inputs)}, link("dig"))


def chain(length: int) -> dict[str, Any]:
    nodes: dict[str, Any] = {"n0": ("Dig", {})}
    nodes |= {f"n{at}": ("Knead", {"clay": link(f"n{at - 1}")}) for at in range(1, length)}
    return fired(nodes, link(f"n{length - 1}"))


def changed(**fields: Any) -> dict[str, Any]:
    return {**dug(), **fields}


def laughing(wide: int, deep: int) -> dict[str, Any]:
    """Return subgraphs that each hold `wide` of the next: together wide to the power of deep."""

    def instance(level: int, number: int) -> dict[str, Any]:
        return {"type": f"subgraph:s{level}", "inputs": {}} if level < deep else {"type": "Dig", "inputs": {}}

    subgraphs = {
        f"s{level}": {
            "inputs": {},
            "outputs": {"out": {"node": "i0", "output": "out"}},
            "nodes": {f"i{number}": instance(level + 1, number) for number in range(wide)},
        }
        for level in range(deep)
    }
    return {**fired({"top": ("subgraph:s0", {})}, link("top")), "subgraphs": subgraphs}


def two_that_wait() -> dict[str, Any]:
    return fired({"a": ("Knead", {"clay": link("b")}), "b": ("Knead", {"clay": link("a")})}, link("a"))


SOUND: dict[str, Any] = {
    "a lump": dug(),
    "the largest seed": dug(seed=2**64 - 1),
    "every script": dug(name="\u0000\u202e<script>\U0001f600" * 20),
    "a chain": chain(2_000),
    "a few subgraphs": laughing(2, 5),
    "a large text": dug(name="a" * MIB),
}
BROKEN: dict[str, tuple[Any, str]] = {
    "nothing": ({}, "wrong-format"),
    "another format": (changed(format="graphflow/2"), "wrong-format"),
    "an unknown field": (changed(exec="import os"), "unknown-key"),
    "no node": (changed(nodes=[]), "wrong-type"),
    "an unknown type": (fired({"a": ("__import__", {})}, link("a")), "unknown-type"),
    "a module as a type": (fired({"a": ("os.system", {"command": "touch canary"})}, link("a")), "unknown-type"),
    "a link to nowhere": (fired({}, link("nobody")), "unknown-node"),
    "a link to no output": (fired({"dig": ("Dig", {})}, link("dig", "__class__")), "unknown-output"),
    "a circle": (two_that_wait(), "cycle"),
    "a node that feeds itself": (fired({"a": ("Knead", {"clay": link("a")})}, link("a")), "cycle"),
    "another kind of clay": (fired({"a": ("NeedPot", {"pot": link("b")}), "b": ("Dig", {})}, link("a")), "type"),
    "a text for a number": (dug(seed="7"), "type"),
    "yes for a number": (dug(seed=True), "type"),
    "a number for a text": (dug(name=7), "type"),
    "a seed beyond the largest": (dug(seed=2**64), "number-too-large"),
    "a seed below the least": (dug(seed=-(2**63) - 1), "number-too-large"),
    "more than may be": (
        fired({"a": ("Knead", {"clay": link("b"), "times": 11}), "b": ("Dig", {})}, link("a")),
        "range",
    ),
    "no choice": (
        fired({"a": ("Join", {"a": link("b"), "b": link("b"), "glue": "*"}), "b": ("Dig", {})}, link("a")),
        "",
    ),
    "an unknown input": (dug(__class__="x"), "unknown-input"),
    "a subgraph in itself": (
        {
            **fired({"top": ("subgraph:s", {})}, link("top")),
            "subgraphs": {
                "s": {
                    "inputs": {},
                    "outputs": {"out": {"node": "i", "output": "out"}},
                    "nodes": {"i": {"type": "subgraph:s", "inputs": {}}},
                }
            },
        },
        "too-deep",
    ),
    "a billion nodes of a few": (laughing(10, 9), "too-many-nodes"),
    "two to the thirtieth": (laughing(2, 30), "too-many-nodes"),
    "too many nodes": (chain(20_001), "too-many-nodes"),
    "a name without end": (fired({"x" * 201: ("Dig", {})}, link("x" * 201)), "too-long"),
    "a list without end": (fired({"a": ("Heap", {"lumps": [link("a")] * 100_001})}, link("a")), "too-many"),
    "a file of the system": (fired({"a": ("Look", {"image": "/etc/passwd"})}, link("a")), "bad-file-name"),
    "a file above": (fired({"a": ("Look", {"image": "../../users.json"})}, link("a")), "bad-file-name"),
    "a file above, as Windows writes it": (
        fired({"a": ("Look", {"image": "..\\..\\a.png"})}, link("a")),
        "bad-file-name",
    ),
    "a file at an address": (fired({"a": ("Look", {"image": "http://127.0.0.1/a.png"})}, link("a")), "bad-file-name"),
    "a file with a zero byte": (fired({"a": ("Look", {"image": "a.png\0.txt"})}, link("a")), "bad-file-name"),
    "somebody's file by its hash": (
        fired({"a": ("Look", {"image": f"sha256:{'a' * 64}"})}, link("a")),
        "unknown-artifact",
    ),
}
BODIES: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"{'workflow': 1}",
    "cut off": b'{"workflow": {"nodes": {',
    "two at once": b"{}{}",
    "a key twice": b'{"workflow": "a", "workflow": "b"}',
    "a key twice, deep inside": b'{"workflow": {"nodes": {"a": 1, "\\u0061": 2}}}',
    "NaN": b'{"workflow": "a", "time_limit": NaN}',
    "infinity": b'{"workflow": "a", "time_limit": -Infinity}',
    "a number beyond all": b'{"workflow": "a", "time_limit": 1e999}',
    "digits without end": b'{"workflow": "a", "priority": ' + b"9" * 100_000 + b"}",
    "half a character": b'{"workflow": "\\ud800"}',
    "no UTF-8": b'{"workflow": "\xff"}',
    "UTF-16": '{"workflow": "a"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"workflow": "a"}',
    "a zero byte": b'{"workflow": "a\0b"}',
    "a list": b"[]",
    "null": b"null",
    "nested": b'{"workflow": ' + b'{"a":' * 101 + b"1" + b"}" * 102,
    "closed only": b"]" * 100_000,
    "an unknown field": b'{"workflow": "a", "__proto__": {}}',
    "pickled": b"\x80\x04\x95\x1c\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
    "packed": b"\x1f\x8b\x08\x00" + bytes(20),
}


@pytest.mark.parametrize("kind", SOUND)
def test_what_is_sound_is_taken(served: Served, kind: str) -> None:
    assert send(served, SOUND[kind]).status == 202


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_broken_is_refused_with_what_where_and_why(
    served: Served, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    graph, code = BROKEN[kind]
    before, begun = resident(), time.monotonic()

    answer = send(served, graph)
    checked = served.ask("POST", "/api/v1/workflows/validate", user=A, body={"workflow": graph})

    assert answer.status == 422, answer.body[:300]
    codes = {each["code"] for each in answer.json["problems"]}
    assert any(code in each for each in codes), codes
    assert all(each["message"] for each in answer.json["problems"])
    assert len(answer.body) < MIB
    assert checked.status in (200, 422)
    assert time.monotonic() - begun < 2 * SECONDS
    assert resident() - before < 64 * MIB
    assert complaints(caplog) == []


@pytest.mark.parametrize("path", ["jobs", "workflows/validate", "login", "workflows/a/run"])
@pytest.mark.parametrize("kind", BODIES)
def test_what_is_no_request_is_refused(served: Served, kind: str, path: str, caplog: pytest.LogCaptureFixture) -> None:
    answer = served.ask("POST", f"/api/v1/{path}", user=A, data=BODIES[kind])

    allowed = {400, 422} | ({404} if path.endswith("run") else set()) | ({413} if path == "login" else set())
    assert answer.status in allowed, answer.body
    assert answer.json["problems"][0]["message"]
    assert complaints(caplog) == []


def test_the_place_of_every_problem_is_told(served: Served) -> None:
    nodes: dict[str, Any] = {"dig": ("Dig", {"seed": "7"}), "knead": ("Knead", {"clay": link("nobody"), "times": 11})}
    nodes["join"] = ("Join", {"a": link("dig"), "b": link("knead")})

    problems = send(served, fired(nodes, link("join"))).json["problems"]

    assert {(each["node"], each["input"]) for each in problems} >= {
        ("dig", "seed"),
        ("knead", "clay"),
        ("knead", "times"),
    }


def test_a_graph_of_twenty_thousand_nodes_is_taken_in_time(served: Served) -> None:
    begun = time.monotonic()

    answer = send(served, chain(19_999))

    assert answer.status == 202, answer.body[:300]
    assert time.monotonic() - begun < 4 * SECONDS


def test_nothing_was_run_or_written_by_all_of_this(served: Served) -> None:
    root = served.server.home.root

    assert not list(root.rglob("canary*"))
    assert {each.state for each in served.server.store.list(limit=1000).jobs} == {"held"}
    json.dumps(served.ask("GET", "/api/v1/jobs", user=A).json)
